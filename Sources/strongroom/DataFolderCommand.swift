// What the commands that work on a data folder have in common: while one runs, no service has the folder.

internal import ArgumentParser
internal import CoreBridge
internal import Glibc
internal import KeyService
internal import Storage
internal import StorageAuthentication
internal import StorageSQLite

struct DataFolderOptions: ParsableArguments {
    @Option(help: "The folder that keeps the keys; no service may be running on it.")
    var data = "./data"

    @Option(help: "The key file that unseals, where one does. (default: root.key in the data folder)")
    var rootKeyFile: String?

    var keyFile: KeyFile { KeyFile(path: rootKeyFile ?? data + "/root.key") }

    /// Opens store and core for `body`, and puts what goes wrong in words. A failure ends the command with 1.
    /// - Parameter creating: whether a folder that is missing is made; else it is refused.
    func open(creating: Bool = false, _ body: (any Store, Core) throws -> Void) throws {
        Signals.prepare()
        umask(0o077)
        do {
            guard creating || access(data + "/strongroom.db", F_OK) == 0 else {
                throw Failure(description: "there is no installation in \(data)")
            }
            let store: AuthenticatedStore<SQLiteStore>
            do { store = AuthenticatedStore(try SQLiteStore(folder: data)) } catch { throw StartError.store(error) }
            defer { try? store.close() }
            let core: Core
            do { core = try Core.start(secretMemoryBytes: 256 * 1024) } catch { throw StartError.core(error) }
            try body(store, core)
        } catch let error as ValidationError {
            throw error
        } catch let code as ExitCode {
            throw code
        } catch let error as CoreError {
            throw Failure(description: Self.describe(error, keyFile.path))
        } catch let error as RootRotation.Failure {
            throw Failure(description: Self.describe(error, keyFile.path))
        } catch {
            throw Failure(description: "\(error)")
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func describe(_ error: RootRotation.Failure, _ file: String) -> String {
        switch error {
        case .notInitialised: "the data folder is empty: start the service on it once"
        case .altered(let records):
            """
            \(records.map(\.description).joined(separator: ", ")): changed by other means than this service; restore the \
            data folder from a backup (nothing was changed now)
            """
        case .damaged(let id, let version):
            """
            version \(version) of the key with the id \(hexadecimal(id.bytes)) is damaged: destroy it, then try again \
            (nothing was changed)
            """
        case .core(let error): describe(error, file)
        case .storage(let error): "the store failed: \(error)"
        }
    }

    private static func describe(_ error: CoreError, _ file: String) -> String {
        switch error.code {
        case .unsealKeyWrong: "the key file, passphrase or shares are not the ones that unseal this data folder"
        case .shareMalformed: "that is no share, or one mistyped"
        case .shareOfAnotherSet: "the share belongs to another set: of another installation, or of before a rekey"
        case .shareWrong: "the share was altered since it was given out"
        case .sharesMissing: "more shares are needed"
        case .wrappedRootMalformed: "the wrapped root key is damaged: restore the data folder from a backup"
        default: StartError.rootKey(error, file: file).description
        }
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
