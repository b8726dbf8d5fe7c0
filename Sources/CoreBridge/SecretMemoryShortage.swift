// What happens when secret memory is used up: pools close keys that nobody uses, and the call is made again.

internal import CStrongroomCore
internal import Synchronization
internal import Threading

/// Makes a call again that ended with `status`, where that says that there was no secret memory: after keys were closed, for twice
/// as much each time, until there is room or no key is left that nobody uses. Gives the status that it ended with.
///
/// One call at a time: of many that close keys and then open one, each would take what the others have freed.
@inline(never)
func relieve(_ status: UInt32, _ call: () -> UInt32) -> UInt32 {
    let exhausted = CoreError.Code.secretMemoryExhausted.rawValue
    guard status == exhausted else { return status }
    let lenders = SecretMemoryLenders.shared
    lenders.exhausted.add(1, ordering: .relaxed)
    let turn = lenders.turn.load(ordering: .relaxed)
    return lenders.oneAtATime.withLock {
        // What others left suffices perhaps, that had their turn while this call waited for its own.
        var latest = lenders.turn.add(1, ordering: .relaxed).oldValue == turn ? status : call()
        var wanted = 512
        while latest == exhausted {
            // Callers that were not refused yet may take the room that was made; they do not for ever.
            guard wanted < 1 << 31, lenders.closeKeys(taking: wanted) else {
                lenders.refused.add(1, ordering: .relaxed)
                lenders.isShort.store(true, ordering: .relaxed)
                break
            }
            wanted *= 2
            latest = call()
        }
        return latest
    }
}

/// The pools of this process, which all share the core's secret memory, and what came of asking them.
final class SecretMemoryLenders: Sendable {
    static let shared = SecretMemoryLenders()

    /// Held while a call is made again. No other lock is held while it is waited for that the core or a pool waits for.
    fileprivate let oneAtATime = Lock()
    /// How many calls had their turn.
    fileprivate let turn = Atomic<Int>(0)
    fileprivate let exhausted = Atomic<Int>(0)
    fileprivate let refused = Atomic<Int>(0)
    /// A call was refused, and nobody has found since that there is room again.
    fileprivate let isShort = Atomic<Bool>(false)
    private let lenders = Locked<[Lender]>([])

    private struct Lender: Sendable {
        weak var memory: HandlePoolMemory?
    }

    /// From here on the pool is asked, until it is gone.
    func add(_ memory: HandlePoolMemory) {
        lenders.withLock { lenders in
            lenders.removeAll { $0.memory == nil }
            lenders.append(Lender(memory: memory))
        }
    }

    /// Has the pools close keys that nobody uses. False where there are none.
    fileprivate func closeKeys(taking wanted: Int) -> Bool {
        var freed = 0
        for memory in living where freed < wanted { freed += memory.closeUnused(taking: wanted - freed) }
        return freed > 0
    }

    fileprivate var canCloseKeys: Bool { living.contains { $0.hasUnused } }

    /// A list of its own: nothing is closed, nor a pool's lock waited for, with this one's held.
    private var living: [HandlePoolMemory] { lenders.withLock { $0.compactMap(\.memory) } }
}

extension Core {
    /// How often there was no room in secret memory.
    public struct Shortages: Equatable, Sendable {
        /// Calls that found none at first.
        public let exhausted: Int
        /// Calls that found none either after every key was closed that nobody used.
        public let refused: Int
    }

    public var shortages: Shortages {
        let lenders = SecretMemoryLenders.shared
        return Shortages(
            exhausted: lenders.exhausted.load(ordering: .relaxed), refused: lenders.refused.load(ordering: .relaxed))
    }

    /// Whether keys can be opened: false from the moment that one was refused for want of secret memory, until there are keys
    /// again that can be closed, or half of the memory for keys is free.
    public func hasRoomForKeys() throws(CoreError) -> Bool {
        let lenders = SecretMemoryLenders.shared
        guard lenders.isShort.load(ordering: .relaxed) else { return true }
        let (taken, most) = (try liveHandles().keyBytes, try secretMemory().keyBytes)
        guard lenders.canCloseKeys || taken < most / 2 else { return false }
        lenders.isShort.store(false, ordering: .relaxed)
        return true
    }
}
