// Borrowing an open key from the pool and giving it back: alone, and beside another thread that does the same.

import CoreBridge
import Glibc
import Synchronization
import Threading

extension BoundaryBench {
    private static let keys: UInt64 = 64

    static func poolMeasurements(_ root: RootKey) throws -> [Measurement] {
        let pool = HandlePool(capacity: 4096)
        for number in 0..<keys {
            let (id, sealed) = try sealedKey(root, .aes256GCM, 1000 + number)
            _ = try pool.borrow(id) { () throws(CoreError) in try root.open(sealed, as: id) }
        }
        return [
            Measurement("borrow and return, one key", goal: 80, count: 20_000) { borrow(pool, $0, from: 0, among: 1) },
            Measurement("borrow and return, 64 keys", goal: 80, count: 20_000) {
                borrow(pool, $0, from: 0, among: keys)
            },
            Measurement("two threads, a key each", goal: 200, count: 40_000, threads: 2) {
                try inTwo(pool, $0, among: 1, apart: 7)
            },
            Measurement("two threads, 64 keys", goal: 200, count: 40_000, threads: 2) {
                try inTwo(pool, $0, among: keys, apart: 31)
            },
            Measurement("two threads, the same key", goal: 200, count: 40_000, threads: 2) {
                try inTwo(pool, $0, among: 1, apart: 0)
            },
        ]
    }

    private static func borrow(_ pool: HandlePool, _ count: Int, from first: UInt64, among keys: UInt64) {
        var found = 0
        // Each thread in an order of its own, or they would walk in step.
        let step = 2 * first + 1
        for number in 0..<UInt64(count) {
            let low = 1000 + (first + number * step) % keys + (keys == 1 ? first : 0)
            let id = KeyVersionID(key: KeyIdentity(high: 1, low: low), version: 1)
            if pool.borrow(id) != nil { found += 1 }
        }
        precondition(found == count, "a key was not open")
    }

    /// Both begin together, as the one that is started first waits for the other.
    private static func inTwo(_ pool: HandlePool, _ count: Int, among keys: UInt64, apart: UInt64) throws {
        let ready = Atomic<Int>(0)
        let work: @Sendable (UInt64) -> Void = { first in
            ready.add(1, ordering: .sequentiallyConsistent)
            while ready.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
            borrow(pool, count / 2, from: first, among: keys)
        }
        let other = try Thread(name: "bench") { work(apart) }
        work(0)
        other.join()
    }
}
