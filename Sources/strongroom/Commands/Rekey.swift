// `strongroom rekey`: the same root key under another key file, passphrase or set of shares.

internal import ArgumentParser
internal import CoreBridge
internal import KeyService
internal import Storage

struct Rekey: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Exchange the key file, passphrase or shares that unseal a data folder.",
        discussion: """
            The old ones unseal it no more. Whoever held them, with a copy of the data folder of before, could still open \
            that: where they may have leaked, follow with rotate-root.
            """)

    @OptionGroup var folder: DataFolderOptions
    @OptionGroup var input: UnsealInput
    @OptionGroup var unseal: UnsealOptions

    func run() throws {
        try folder.open { store, _ in
            guard let installation = try store.installation() else { throw RootRotation.Failure.notInitialised }
            guard installation.rotation == nil else { throw StartError.rotationUnfinished }
            let wrapped = WrappedRoot(bytes: installation.wrappedRoot)
            let old = try input.key(of: wrapped, keyFile: folder.keyFile)
            let (key, shares) = try unseal.makeKey { () throws(CoreError) in try folder.keyFile.createNext() }
            let rewrapped = try wrapped.rewrapped(from: old, to: key)
            // With people before they are all that unseals: a failure or a crash leaves shares that are of no use, and the old
            // ones in force.
            if let shares { try unseal.giveOut(shares, of: rewrapped) }
            try store.setWrappedRoot(rewrapped.bytes, expected: installation.wrappedRoot)
            if unseal.unsealBy == .file { try folder.keyFile.replace() } else { folder.keyFile.remove() }
            printError("The old ones unseal nothing of \(folder.data) any more.")
        }
    }
}
