// The domain: keys by name, their versions and their life. It knows nothing of HTTP, JSON, SQL or C.

public import CoreBridge
public import Storage

/// Everything that can be done with keys. Any thread; a function that takes `waiting` waits only where it is allowed to, and
/// every other one that throws `ServiceError` blocks on the store.
public final class KeyService: Sendable {
    public let core: Core
    public let pool: HandlePool
    let root: RootKey
    let store: any Store
    let directory: KeyDirectory
    /// Seconds since 1970.
    let now: @Sendable () -> Int64

    public init(
        core: Core, root: RootKey, store: any Store, openKeys: Int, cachedKeys: Int,
        now: @escaping @Sendable () -> Int64
    ) {
        self.core = core
        self.root = root
        self.store = store
        self.now = now
        pool = HandlePool(capacity: openKeys)
        directory = KeyDirectory(store: store, capacity: cachedKeys)
    }

    /// Fills `bytes` (1 to 65,536) with random bytes.
    public func random(into bytes: UnsafeMutableRawBufferPointer) throws(ServiceError) {
        do { try core.random(into: bytes) } catch { throw .core(error) }
    }

    /// Whether the store answers.
    public func checkReady() throws(ServiceError) {
        do { try store.checkReady() } catch { throw .storage(error) }
    }
}
