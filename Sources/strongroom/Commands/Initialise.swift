// `strongroom init`: a new data folder, unsealed as the operator chooses.

internal import ArgumentParser
internal import CoreBridge
internal import Observability
internal import Storage

struct Initialise: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a data folder, and choose how it is unsealed.",
        discussion: "`serve` makes one by itself where there is none, with a key file.")

    @OptionGroup var folder: DataFolderOptions
    @OptionGroup var unseal: UnsealOptions

    func run() throws {
        try folder.open(creating: true) { store, core in
            guard try store.installation() == nil else {
                throw ValidationError("\(folder.data) holds an installation already; nothing was changed")
            }
            let (key, shares) = try unseal.makeKey { () throws(CoreError) in
                try UnsealKey.create(file: folder.keyFile.path)
            }
            let tokenFile = folder.data + "/admin-token"
            let installation = try Installation.prepare(store: store, core: core, key: key, now: Timestamp.now())
            // With people before the store knows that nothing else unseals it.
            if let shares { try unseal.giveOut(shares, of: installation.wrapped) }
            _ = try installation.commit(to: store, tokenFile: tokenFile)
            printError("The administrator's token is in \(tokenFile), for you to take away.")
        }
    }
}
