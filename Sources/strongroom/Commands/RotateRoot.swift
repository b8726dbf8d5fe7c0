// `strongroom rotate-root`: another root key, under which everything is sealed anew.

internal import ArgumentParser
internal import CoreBridge
internal import KeyService
internal import Storage

struct RotateRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Exchange the root key: every key is sealed anew, and the old root key is gone.",
        discussion: """
            What unseals stays as it is, tokens stay valid, and backups of before can still be restored. Killed at any point, \
            it goes on where it was when it is run again; until then the service does not start.
            """)

    @OptionGroup var folder: DataFolderOptions
    @OptionGroup var input: UnsealInput

    func run() throws {
        try folder.open { store, _ in
            guard let bytes = try store.installation()?.wrappedRoot else { throw RootRotation.Failure.notInitialised }
            let key = try input.key(of: WrappedRoot(bytes: bytes), keyFile: folder.keyFile)
            let progress = Progress("Sealed anew")
            defer { progress.end() }
            let count = try RootRotation.run(store, with: key) { progress.show($0) }
            progress.end()
            printError("The root key is another now; \(count) versions were sealed anew.")
        }
    }
}
