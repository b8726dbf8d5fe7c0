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
            _ = try Installation.initialise(
                store: store, core: core, key: key, tokenFile: tokenFile, now: Timestamp.now())
            if let shares { UnsealOptions.giveOut(shares, threshold: unseal.threshold) }
            printError("The administrator's token is in \(tokenFile), for you to take away.")
        }
    }
}
