// The budget of records for requests of nobody in particular, with a clock that the test sets.

import CoreBridge
import Network
import Storage
import StorageSQLite
import TestKit
import Testing
import Threading

@testable import KeyService

@Suite(.givesHandlesBack) struct AnonymousRecordTests {
    private let clock = Locked<Int64>(1_700_000_000)
    private let records: AnonymousRecords

    init() {
        records = AnonymousRecords { [clock] in clock.withLock { $0 } }
    }

    private func pass(_ seconds: Int64) { clock.withLock { $0 += seconds } }

    /// How many of so many requests may leave a record.
    private func admitted(_ requests: Int, from peer: Peer) -> Int {
        (0..<requests).count { _ in records.admits(peer.source) }
    }

    @Test("a source has 64 records at once and one each second; the rest is counted")
    func oneSource() {
        #expect(admitted(1000, from: "192.0.2.1") == 64)
        #expect(admitted(10, from: "192.0.2.2") == 10)
        pass(3)
        #expect(admitted(10, from: "192.0.2.1") == 3)
        let source = ("192.0.2.1" as Peer).source
        #expect(records.take() == [AnonymousRecords.Count(source: source, requests: 936 + 7)])
        #expect(records.take() == [])
        pass(-100)
        #expect(admitted(10, from: "192.0.2.1") == 0)
    }

    @Test("all sources have one budget together, and every request is accounted for")
    func allSources() {
        var admitted = 0
        for index in 0..<20_000 {
            admitted += self.admitted(1, from: Peer(text: "2001:db8:\(String(index, radix: 16))::1"))
        }
        #expect(admitted == 512)
        let counts = records.take()
        // A record each, and one for all that were not remembered.
        #expect(counts.count == 33 && counts.count { $0.source == nil } == 1)
        #expect(counts.reduce(0) { $0 + $1.requests } == 20_000 - 512)
        pass(10)
        #expect(self.admitted(1000, from: "192.0.2.9") == 40)
    }

    @Test("counts that could not be written are there again, and with later ones")
    func putBack() {
        _ = admitted(100, from: "192.0.2.1")
        let taken = records.take()
        _ = admitted(4, from: "192.0.2.1")
        records.putBack(taken)
        #expect(records.take().map(\.requests) == [40])
        records.putBack([AnonymousRecords.Count(source: nil, requests: 3)])
        #expect(records.take() == [AnonymousRecords.Count(source: nil, requests: 3)])
    }

    @Test("once it is closed nothing is counted any more, since nobody would write it down")
    func closed() {
        #expect(admitted(70, from: "192.0.2.1") == 64)
        records.close()
        #expect(admitted(5, from: "192.0.2.1") == 5)
        #expect(records.take().map(\.requests) == [6])
    }
}
