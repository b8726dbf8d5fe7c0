// A key service on a real store in a folder of its own, with a clock that the test sets, and bytes instead of buffers.

import CoreBridge
import KeyService
import Storage
import StorageAuthentication
import StorageSQLite
import TestKit
import Testing
import Threading

final class Fixture: Sendable {
    let folder: TemporaryFolder
    let root: RootKey
    let store: any Store
    /// What `store` keeps its records in.
    let records: SQLiteStore
    let clock = Locked<Int64>(1_700_000_000)
    let service: KeyService

    /// - Parameter wrap: puts something between the service and its store.
    init(
        openKeys: Int = 100, cachedKeys: Int = 100, wrap: (any Store) -> any Store = { $0 }
    ) throws {
        folder = try TemporaryFolder()
        root = try TestCore.rootKey()
        records = try SQLiteStore(folder: folder.file("data"))
        store = AuthenticatedStore(records)
        let clock = clock
        service = KeyService(
            core: TestCore.shared, root: root, store: wrap(store), openKeys: openKeys, cachedKeys: cachedKeys,
            now: { clock.withLock { $0 } })
    }

    deinit { try? store.close() }

    /// Another service on the same store, that has nothing in memory.
    func coldService() -> KeyService {
        let clock = clock
        return KeyService(
            core: TestCore.shared, root: root, store: store, openKeys: 100, cachedKeys: 100,
            now: { clock.withLock { $0 } })
    }

    func pass(seconds: Int64) { clock.withLock { $0 += seconds } }

    /// A new key with default rights.
    @discardableResult
    func create(_ name: String) throws -> StoredKey {
        try service.createKey(NewKey(name: name, algorithm: .xaes256GCM))
    }

    /// A key that nothing protects from deletion.
    func createUnprotected(_ name: String) throws {
        try create(name)
        var change = KeyChange()
        change.deletionProtected = false
        _ = try service.changeKey(name, change)
    }
}

/// A ciphertext and the version that made it.
struct Ciphertext: Sendable {
    let version: Int
    let bytes: [UInt8]
}

extension KeyService {
    func encrypt(_ text: String, with name: String, version: Int? = nil) throws -> Ciphertext {
        let key = try keyToEncrypt(name, version: version, waiting: .allowed)
        let plaintext = Array(text.utf8)
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count + key.handle.ciphertextOverhead)
        let length = try ciphertext.withUnsafeMutableBytes { room in
            try plaintext.withUnsafeBytes {
                try key.handle.encrypt($0, associatedData: UnsafeRawBufferPointer(start: nil, count: 0), into: room)
            }
        }
        return Ciphertext(version: key.version, bytes: Array(ciphertext.prefix(length)))
    }

    func decrypt(_ ciphertext: Ciphertext, with name: String) throws -> String {
        let key = try keyToDecrypt(name, version: ciphertext.version, waiting: .allowed)
        var plaintext = [UInt8](repeating: 0, count: ciphertext.bytes.count)
        let length = try plaintext.withUnsafeMutableBytes { room in
            try ciphertext.bytes.withUnsafeBytes {
                try key.handle.decrypt($0, associatedData: UnsafeRawBufferPointer(start: nil, count: 0), into: room)
            }
        }
        return String(decoding: plaintext.prefix(length), as: UTF8.self)
    }
}

extension StoredKey {
    func id(version: Int) -> KeyVersionID {
        KeyVersionID(key: KeyIdentity(high: key.id.high, low: key.id.low), version: UInt32(version))
    }
}

/// Runs `body` on `count` threads at once, and gives what they threw.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws -> [any Error] {
    let errors = Locked<[any Error]>([])
    var threads: [Threading.Thread] = []
    for index in 0..<count {
        threads.append(
            try Threading.Thread(name: "test-\(index)") {
                do { try body(index) } catch { errors.withLock { $0.append(error) } }
            })
    }
    for thread in threads { thread.join() }
    return errors.withLock { $0 }
}
