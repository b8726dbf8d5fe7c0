// How often versions encrypt: under 96-bit nonces no more than 2^32 times (NIST SP 800-38D, 8.3). The core counts; the
// store keeps the count ahead of it, in blocks that are reserved before they are used, so that a crash counts too high and
// never too low.

internal import CoreBridge
internal import Storage
internal import Threading

extension KeyService {
    /// Gives an open key more encryptions, which no other opened key, here or in another replica, is ever given. The first
    /// block is small, for a key that is opened for little; each further one doubles, so that a busy key seldom waits for
    /// the store. Where another thread came first, its block is enough.
    ///
    /// Errors: `wouldBlock`; `rotationRequired` where all are used up.
    public func reserveUses(of key: KeyInUse, waiting: Waiting) throws(ServiceError) {
        guard let limit = key.pooled.algorithm.useLimit else { return }
        guard waiting == .allowed else { throw .wouldBlock }
        // One at a time: blocks must reach a handle in the order in which they are reserved.
        reservations.lock()
        defer { reservations.unlock() }
        let blocks = key.pooled.blocks
        guard blocks == key.blocks else { return }
        let block: Range<Int64>?
        do {
            block = try store.reserveUses(
                keyID: KeyID(high: key.identity.high, low: key.identity.low), version: key.version,
                count: min(Self.firstBlock << Int64(min(blocks, 32)), Self.largestBlock), limit: Int64(clamping: limit))
        } catch .notFound {
            throw .keyNotFound
        } catch .conflict {
            throw .versionDestroyed
        } catch {
            throw .storage(error)
        }
        guard let block else { throw .rotationRequired }
        do {
            try key.pooled.reserveUses(start: UInt64(block.lowerBound), count: UInt64(block.count))
        } catch {
            throw .core(error)
        }
    }

    /// A batch encrypts 1,000 times at most: it fits a block.
    private static let firstBlock: Int64 = 1 << 12
    private static let largestBlock: Int64 = 1 << 20
}
