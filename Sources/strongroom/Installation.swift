// Opening what is kept in the data folder: its store, its wrapped root key, and on the first start the making of both, with the
// administrator's token.

internal import Bytes
internal import CoreBridge
internal import Glibc
internal import KeyService
internal import Storage

/// An opened installation.
struct Installation {
    let record: InstallationRecord
    let wrapped: WrappedRoot
    /// What unseals it, where that is a file; else the service starts sealed.
    let key: UnsealKey?
    /// The administrator's token, on the first start only.
    let firstToken: TokenText?

    /// A first start makes an installation that its key file unseals.
    static func open(
        store: any Store, core: Core, rootKeyFile: String, tokenFile: String, now: Int64
    ) throws(StartError) -> Installation {
        let existing: InstallationRecord?
        do { existing = try store.installation() } catch { throw .storage(error) }
        guard let existing else {
            let key: UnsealKey
            do throws(CoreError) {
                // From a first start that was cut short, or put there by the operator, where nothing else may be made.
                key =
                    access(rootKeyFile, F_OK) == 0
                    ? try UnsealKey.open(file: rootKeyFile) : try UnsealKey.create(file: rootKeyFile)
            } catch {
                throw .rootKey(error, file: rootKeyFile)
            }
            return try prepare(store: store, core: core, key: key, now: now).commit(to: store, tokenFile: tokenFile)
        }
        guard existing.rotation == nil else { throw .rotationUnfinished }
        let wrapped = WrappedRoot(bytes: existing.wrappedRoot)
        var key: UnsealKey?
        do throws(CoreError) {
            if try wrapped.method() == .file { key = try KeyFile(path: rootKeyFile).open(wrapped) }
        } catch {
            throw error.code == .unsealKeyWrong ? .anotherRootKey(rootKeyFile) : .rootKey(error, file: rootKeyFile)
        }
        return Installation(record: existing, wrapped: wrapped, key: key, firstToken: nil)
    }

    /// What is to be an installation, in memory alone.
    struct New {
        let wrapped: WrappedRoot
        fileprivate let key: UnsealKey
        fileprivate let token: TokenText
        fileprivate let tokenRecord: TokenRecord
        fileprivate let record: InstallationRecord

        /// Makes it that of an empty store. A crash at any point leaves either no installation, and the next start is the first
        /// again, or a whole one: the token's file is written before the store knows the token.
        func commit(to store: any Store, tokenFile: String) throws(StartError) -> Installation {
            let line = ByteBuffer(minimumCapacity: 128)
            token.withBytes { line.append($0) }
            line.append("\n")
            do { try NewFile.write(line, to: tokenFile) } catch { throw .tokenFile(error) }
            do { try store.createInstallation(record, firstToken: tokenRecord) } catch { throw .storage(error) }
            return Installation(record: record, wrapped: wrapped, key: key, firstToken: token)
        }
    }

    /// Makes what an installation begins with; the store still has nothing of it.
    static func prepare(
        store: any Store, core: Core, key: UnsealKey, now: Int64
    ) throws(StartError) -> New {
        do throws(CoreError) {
            let (root, wrapped) = try RootKey.create(under: key)
            let token = try AccessToken.make(from: core)
            let record = try TokenAuthority.record(
                of: token, id: "administrator", name: "first administrator", roles: ["administrator"], root: root,
                createdAt: now)
            let installation = InstallationRecord(
                rootIdentity: try StoredRecords.identity(of: root), createdAt: now, wrappedRoot: wrapped.bytes)
            // For the token's record.
            store.authenticateRecords(with: StoredRecords.authentication(with: root) { _ in })
            return New(wrapped: wrapped, key: key, token: token, tokenRecord: record, record: installation)
        } catch {
            throw .core(.refused(error))
        }
    }

    /// The key that backups are made for, where one is configured; made where its file is missing.
    static func backupRoot(_ file: String?) throws(StartError) -> RootKey? {
        guard let file else { return nil }
        do {
            return try RootKey.open(file: file)
        } catch {
            guard error.code == .rootKeyFileMissing else { throw .rootKey(error, file: file) }
        }
        do { return try RootKey.create(file: file) } catch { throw .rootKey(error, file: file) }
    }
}
