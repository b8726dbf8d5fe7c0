// The domain: keys by name, their versions and their life. It knows nothing of HTTP, JSON, SQL or C.

public import CoreBridge
public import Storage
internal import Threading

/// What a caller asks of a key before it is changed: asked of the very record that is changed.
public typealias KeyCondition = (KeyRecord) -> Bool

/// Everything that can be done with keys. Any thread; a function that takes `waiting` waits only where it is allowed to, and
/// every other one that throws `ServiceError` blocks on the store.
public final class KeyService: Sendable {
    public let core: Core
    public let pool: HandlePool
    let root: RootKey
    /// What backups are made for, where another installation is to restore them: a root key of its own, which both have.
    let backupRoot: RootKey?
    let store: any Store
    let directory: KeyDirectory
    /// Held while a block of encryptions goes from the store to an open key.
    let reservations = Lock()
    /// Held while an import key is made.
    let importKeys = Lock()
    /// Held while a key is changed in the store. True once the service is sealed.
    private let changes = Locked(false)
    /// Keys that one may have made.
    let keysOfOne: Int
    /// Seconds since 1970.
    let now: @Sendable () -> Int64

    public init(
        core: Core, root: RootKey, backupRoot: RootKey? = nil, store: any Store, openKeys: Int, cachedKeys: Int,
        keysOfOne: Int = 100_000, now: @escaping @Sendable () -> Int64
    ) {
        self.keysOfOne = keysOfOne
        self.core = core
        self.root = root
        self.backupRoot = backupRoot
        self.store = store
        self.now = now
        pool = HandlePool(capacity: openKeys, bytes: (try? core.secretMemory().keptBytes) ?? 0)
        directory = KeyDirectory(store: store, capacity: cachedKeys)
    }

    /// Ends all changes of keys: none begins once this returns. After another unsealing the next service would not know of them.
    func endChanges() { changes.withLock { $0 = true } }

    /// Changes the store, which changes one thing at a time in any case.
    func change<Value>(_ work: (any Store) throws(StorageError) -> Value) throws(StorageError) -> Value {
        try changes.withLock { isClosed throws(StorageError) in
            if isClosed { throw .recordKeyUnavailable }
            return try work(store)
        }
    }

    /// The same, where a key is what `condition` asks for just then. Nil where it is not.
    func change<Value>(
        _ name: String, if condition: KeyCondition?, _ work: (any Store) throws(StorageError) -> Value
    ) throws(StorageError) -> Value? {
        try change { store throws(StorageError) in
            if let condition {
                guard let stored = try store.key(named: name) else { throw .notFound }
                guard condition(stored.key) else { return nil }
            }
            return try work(store)
        }
    }

    /// Lets go of the root key, and of that for backups: what needs them fails from then on.
    func closeRoots() {
        root.close()
        backupRoot?.close()
    }

    /// The algorithm of a key. Nil for one that this build does not know.
    public func algorithm(of name: String) throws(ServiceError) -> Algorithm? {
        Algorithm(name: try directory.key(name, waiting: .allowed).stored.key.algorithm)
    }

    /// Fills `bytes` (1 to 65,536) with random bytes.
    public func random(into bytes: UnsafeMutableRawBufferPointer) throws(ServiceError) {
        do { try core.random(into: bytes) } catch { throw .core(error) }
    }

    /// Whether the store answers, and the root key can be used: a panic may have left it unusable, and only a new start helps.
    public func checkReady() throws(ServiceError) {
        do { _ = try root.identity() } catch { throw .core(error) }
        do { try store.checkReady() } catch { throw .storage(error) }
    }
}

extension KeyService {
    /// Has records reported that were removed or put back whole since this was last asked. What the store cannot tell now it is
    /// asked again.
    func reportMissingRecords() { try? store.checkSets() }
}
