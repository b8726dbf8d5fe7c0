// The pool against a model that is plainly right, one step after another; and under threads that do everything at once,
// against rules that hold whatever the order.

import CoreBridge
import Synchronization
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct HandlePoolModelTests {
    let fixture: Fixture

    init() throws {
        fixture = try Fixture(.xaes256GCM)
    }

    /// Key `number`: three versions a key.
    static func id(_ number: Int) -> KeyVersionID {
        KeyVersionID(key: KeyIdentity(high: 9, low: UInt64(number / 3)), version: UInt32(number % 3 + 1))
    }

    /// What the pool ought to do, by second chance: places in a ring, each with a key and whether it was used.
    struct Model {
        let capacity: Int
        var places: [(key: KeyVersionID, used: Bool)?] = []
        /// Places that became free, the latest last, and where the hand is.
        var free: [Int] = []
        var hand = 0
        var hits = 0
        var misses = 0
        var evictions = 0
        var invalidations = 0

        var keys: [KeyVersionID] { places.compactMap { $0?.key } }

        mutating func find(_ key: KeyVersionID) -> Bool {
            guard let place = places.firstIndex(where: { $0?.key == key }) else { return false }
            places[place]?.used = true
            hits += 1
            return true
        }

        mutating func insert(_ key: KeyVersionID) {
            if keys.count == capacity {
                while places[hand]?.used == true {
                    places[hand]?.used = false
                    hand = (hand + 1) % capacity
                }
                free.append(hand)
                hand = (hand + 1) % capacity
                evictions += 1
            }
            let place = free.popLast() ?? places.count
            if place == places.count { places.append(nil) }
            places[place] = (key, false)
        }

        mutating func drop(where matches: (KeyVersionID) -> Bool) {
            for place in places.indices {
                guard let key = places[place]?.key, matches(key) else { continue }
                places[place] = nil
                free.append(place)
                invalidations += 1
            }
        }
    }

    @Test("in whichever order things are done, the pool holds, counts and evicts what the model does", arguments: 0..<6)
    func model(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SplitMix(state: seed)
        let capacity = 1 + Int(random.next() % 9)
        let pool = HandlePool(capacity: capacity)
        var model = Model(capacity: capacity)
        var held: [KeyHandle] = []
        for _ in 0..<4000 {
            let key = Self.id(Int(random.next() % 18))
            switch random.next() % 16 {
            case 0...4:
                let handle = pool.borrow(key)
                try #require((handle != nil) == model.find(key))
                if let handle { held.append(handle) }
            case 5...10:
                var opened = false
                let handle = try pool.borrow(key) { () throws(CoreError) in
                    opened = true
                    return try fixture.open()
                }
                let found = model.find(key)
                try #require(opened == !found)
                if !found {
                    model.misses += 1
                    model.insert(key)
                }
                if random.next() % 2 == 0 { held.append(handle) }
            case 11:
                if model.keys.contains(key) { continue }
                #expect(throws: CoreError(.sealedBlobNotAuthentic)) {
                    try pool.borrow(key) { () throws(CoreError) in throw CoreError(.sealedBlobNotAuthentic) }
                }
                model.misses += 1
            case 12:
                pool.invalidate(key)
                model.drop { $0 == key }
            case 13:
                pool.invalidate(key.key)
                model.drop { $0.key == key.key }
            case 14 where random.next() % 8 == 0:
                pool.drain()
                model.drop { _ in true }
            default:
                if !held.isEmpty { held.remove(at: Int(random.next() % UInt64(held.count))) }
            }
            let statistics = pool.statistics
            try #require(statistics.open == model.keys.count)
            try #require(statistics.borrowed == Set(held.map { ObjectIdentifier($0) }).count)
            try #require(statistics.hits == model.hits)
            try #require(statistics.misses == model.misses)
            try #require(statistics.evictions == model.evictions)
            try #require(statistics.invalidations == model.invalidations)
        }
    }

    @Test("threads at once get no invalidated handle, open no key twice at a time, and leave none open")
    func stress() throws {
        let keys = 12
        let pool = HandlePool(capacity: 5)
        let fixture = fixture
        let ledger = Locked(Ledger(keys: keys))
        let faults = Locked<[String]>([])
        let seeds = Atomic<UInt64>(1)
        @Sendable func fault(_ text: String) { faults.withLock { $0.append(text) } }
        @Sendable func borrow(_ number: Int) -> KeyHandle? {
            try? pool.borrow(Self.id(number)) { () throws(CoreError) in
                let epoch = ledger.withLock { $0.begin(number) }
                if epoch == nil { fault("key \(number) was opened twice at a time") }
                defer { ledger.withLock { $0.opening[number] = false } }
                let handle = try fixture.open()
                ledger.withLock { $0.opened(handle, at: epoch ?? 0) }
                return handle
            }
        }
        try inThreads(6) {
            let seed = seeds.add(1, ordering: .relaxed).newValue
            print("seed \(seed)")
            var random = SplitMix(state: seed)
            for _ in 0..<1500 {
                let number = Int(random.next() % UInt64(keys))
                switch random.next() % 20 {
                case 0:
                    // A version is destroyed: whoever borrows it from here on gets one that was opened from here on.
                    let epoch = ledger.withLock { $0.advance() }
                    pool.invalidate(Self.id(number))
                    if let handle = borrow(number), ledger.withLock({ $0.epoch(of: handle) }) < epoch {
                        fault("a handle from before its invalidation")
                    }
                case 1:
                    let all = (number / 3 * 3)..<(number / 3 * 3 + 3)
                    let epoch = ledger.withLock { $0.advance() }
                    pool.invalidate(Self.id(number).key)
                    for each in all {
                        if let handle = borrow(each), ledger.withLock({ $0.epoch(of: handle) }) < epoch {
                            fault("a handle from before its key's invalidation")
                        }
                    }
                case 2 where random.next() % 10 == 0: pool.drain()
                default:
                    guard let handle = borrow(number) else {
                        fault("no handle")
                        continue
                    }
                    if (try? handle.encrypt([1], associatedData: [])) == nil { fault("a borrowed handle was closed") }
                }
                if pool.statistics.open > 5 { fault("more than the bound") }
            }
        }
        pool.drain()
        #expect(faults.withLock { $0 }.isEmpty, "\(faults.withLock { $0.prefix(3) })")
        #expect(pool.statistics.open == 0)
        #expect(pool.statistics.borrowed == 0)
        #expect(ledger.withLock { $0.alive } == 0)
        #expect(ledger.withLock { $0.count } > keys)
    }

    /// What was opened when. An epoch is a moment of one clock for all keys.
    struct Ledger {
        private struct Opened {
            weak var handle: KeyHandle?
        }

        private var clock = 0
        private var handles: [Opened] = []
        private var epochs: [ObjectIdentifier: Int] = [:]
        var opening: [Bool]

        init(keys: Int) {
            opening = Array(repeating: false, count: keys)
        }

        var count: Int { handles.count }
        var alive: Int { handles.count { $0.handle != nil } }

        /// The moment an opening begins; nil where another of the same key is under way.
        mutating func begin(_ number: Int) -> Int? {
            if opening[number] { return nil }
            opening[number] = true
            return clock
        }

        mutating func opened(_ handle: KeyHandle, at epoch: Int) {
            handles.append(Opened(handle: handle))
            epochs[ObjectIdentifier(handle)] = epoch
        }

        mutating func advance() -> Int {
            clock += 1
            return clock
        }

        /// Of a handle that the caller holds, so that no other has its place in memory.
        func epoch(of handle: KeyHandle) -> Int { epochs[ObjectIdentifier(handle)] ?? -1 }
    }
}

/// A generator that gives the same sequence for the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
