// The bound on what unfinished requests' bodies take in all: without it, the connections' number times the largest body
// would be the bound.

internal import Synchronization

final class BodyMemory: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    /// Bodies up to this many bytes are not counted: the atomic would cost more than they do.
    static let free = 16_384

    init(limit: Int) {
        self.limit = limit
    }

    /// Counts `bytes` more. False, and nothing counted, when that is beyond the limit.
    func take(_ bytes: Int) -> Bool {
        let after = used.wrappingAdd(bytes, ordering: .relaxed).newValue
        if after <= limit { return true }
        used.wrappingSubtract(bytes, ordering: .relaxed)
        return false
    }

    func give(back bytes: Int) {
        used.wrappingSubtract(bytes, ordering: .relaxed)
    }
}
