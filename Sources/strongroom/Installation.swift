// Opening what is kept in the data folder: the store, the root key it is sealed under, and on the first start the making
// of both, with the administrator's token.

internal import CoreBridge
internal import Glibc
internal import KeyService
internal import Storage

/// An opened installation.
struct Installation {
    let root: RootKey
    /// The administrator's token, on the first start only.
    let firstToken: TokenText?

    /// A crash at any point of a first start leaves either no installation, and the next start is the first again, or a
    /// whole one: the token's file is written before the store knows the token.
    static func open(
        store: any Store, core: Core, rootKeyFile: String, tokenFile: String, now: Int64
    ) throws(StartError) -> Installation {
        let existing: InstallationRecord?
        do { existing = try store.installation() } catch { throw .storage(error) }
        guard let existing else {
            return try initialise(store: store, core: core, rootKeyFile: rootKeyFile, tokenFile: tokenFile, now: now)
        }
        let root: RootKey
        let identity: [UInt8]
        do throws(CoreError) {
            root = try RootKey.open(file: rootKeyFile)
            identity = try root.identity()
        } catch {
            throw .rootKey(error, file: rootKeyFile)
        }
        guard identity == existing.rootIdentity else { throw .anotherRootKey(rootKeyFile) }
        return Installation(root: root, firstToken: nil)
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

    private static func initialise(
        store: any Store, core: Core, rootKeyFile: String, tokenFile: String, now: Int64
    ) throws(StartError) -> Installation {
        let root: RootKey
        let identity: [UInt8]
        let token: TokenText
        let record: TokenRecord
        do throws(CoreError) {
            do throws(CoreError) {
                root = try RootKey.create(file: rootKeyFile)
            } catch  where error.code == .rootKeyFileExists {
                // From a first start that was cut short, or put there by the operator.
                root = try RootKey.open(file: rootKeyFile)
            }
            identity = try root.identity()
            token = try AccessToken.make(from: core)
            record = try TokenAuthority.record(
                of: token, id: "administrator", name: "first administrator", role: "administrator", root: root,
                createdAt: now)
        } catch {
            throw .rootKey(error, file: rootKeyFile)
        }
        try writeSecretFile(tokenFile, token)
        do {
            try store.createInstallation(
                InstallationRecord(rootIdentity: identity, createdAt: now), firstToken: record)
        } catch {
            throw .storage(error)
        }
        return Installation(root: root, firstToken: token)
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
