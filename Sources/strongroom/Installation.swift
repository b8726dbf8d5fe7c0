// Opening what is kept in the data folder: its store, its wrapped root key, and on the first start the making of both, with the
// administrator's token.

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
            return try initialise(store: store, core: core, key: key, tokenFile: tokenFile, now: now)
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

    /// Makes an installation in an empty store. A crash at any point leaves either no installation, and the next start is the
    /// first again, or a whole one: the token's file is written before the store knows the token.
    static func initialise(
        store: any Store, core: Core, key: UnsealKey, tokenFile: String, now: Int64
    ) throws(StartError) -> Installation {
        let wrapped: WrappedRoot
        let token: TokenText
        let record: TokenRecord
        let installation: InstallationRecord
        do throws(CoreError) {
            let root: RootKey
            (root, wrapped) = try RootKey.create(under: key)
            token = try AccessToken.make(from: core)
            record = try TokenAuthority.record(
                of: token, id: "administrator", name: "first administrator", roles: ["administrator"], root: root,
                createdAt: now)
            installation = InstallationRecord(
                rootIdentity: try StoredRecords.identity(of: root), createdAt: now, wrappedRoot: wrapped.bytes)
            // For the token's record.
            store.authenticateRecords(with: StoredRecords.authentication(with: root) { _ in })
        } catch {
            throw .core(.refused(error))
        }
        try writeSecretFile(tokenFile, token)
        do { try store.createInstallation(installation, firstToken: record) } catch { throw .storage(error) }
        return Installation(record: installation, wrapped: wrapped, key: key, firstToken: token)
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

    /// A new file of mode 0600 in place of any there was, on disk when this returns.
    private static func writeSecretFile(_ path: String, _ token: TokenText) throws(StartError) {
        unlink(path)
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .tokenFile(path, code: errno) }
        defer { close(file) }
        let written = token.withBytes { text in write(file, text.baseAddress, text.count) == text.count }
        guard written, write(file, "\n", 1) == 1, fsync(file) == 0 else { throw .tokenFile(path, code: errno) }
    }
}
