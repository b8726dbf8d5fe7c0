// Whether the service can serve, looked at now and then by a thread of its own: a store that hangs, or that others keep busy,
// holds up nobody who asks.

internal import Synchronization
public import Threading

/// What the last look at the store found. Asking never waits. Any thread.
public final class Readiness: Sendable {
    private let lock = Lock()
    private let wake = Condition()
    private let isStopping = Atomic(false)
    private let hasEnded = Atomic(false)
    /// The raw value of what was found; 0: nothing amiss.
    private let found = Atomic(0)
    /// When the look began that is under way, in nanoseconds of the monotonic clock; 0: none is.
    private let began = Atomic<Int64>(0)
    private let start = ContinuousClock.now
    private let thread = Locked<Thread?>(nil)

    /// Milliseconds from one look to the next, and those after which a store that has not answered hangs.
    private static let interval = 500
    private static let patience: Int64 = 2_000_000_000

    /// Looks at the unsealed service of `seal`; while it is sealed there is nothing to look at.
    public init(_ seal: Seal) throws(ThreadError) {
        let looking = try Thread(name: "readiness") { [self] in
            while !isStopping.load(ordering: .acquiring) {
                began.store(max(elapsed, 1), ordering: .relaxed)
                found.store(seal.current.flatMap { Self.look(at: $0) }?.rawValue ?? 0, ordering: .relaxed)
                began.store(0, ordering: .relaxed)
                lock.lock()
                if !isStopping.load(ordering: .relaxed) { _ = wake.wait(lock, milliseconds: Self.interval) }
                lock.unlock()
            }
            lock.withLock {
                hasEnded.store(true, ordering: .relaxed)
                wake.broadcast()
            }
        }
        thread.withLock { $0 = looking }
    }

    public enum Fault: Int, Sendable {
        /// It does not answer.
        case store = 1
        /// A panic has left it unusable, and only a new start helps.
        case rootKey
    }

    /// Why the service cannot serve; nil where it can.
    public var fault: Fault? {
        let since = began.load(ordering: .relaxed)
        if since != 0, elapsed - since >= Self.patience { return .store }
        return Fault(rawValue: found.load(ordering: .relaxed))
    }

    private static func look(at unsealed: Unsealed) -> Fault? {
        do throws(ServiceError) {
            try unsealed.service.checkReady()
            return nil
        } catch .storage {
            return .store
        } catch {
            return .rootKey
        }
    }

    /// Ends the thread; one that the store does not answer is left behind.
    public func stop() {
        lock.withLock {
            isStopping.store(true, ordering: .releasing)
            wake.broadcast()
            while !hasEnded.load(ordering: .relaxed), wake.wait(lock, milliseconds: 1000) {}
        }
        guard hasEnded.load(ordering: .relaxed) else { return }
        let ended = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        ended?.join()
    }

    private var elapsed: Int64 {
        let elapsed = (ContinuousClock.now - start).components
        return elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
    }
}
