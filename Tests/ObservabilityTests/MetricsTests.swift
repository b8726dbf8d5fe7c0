import Bytes
import Foundation
import Observability
import Testing

@Suite struct MetricsTests {
    private func exposition(_ metrics: Metrics) throws -> Exposition {
        let buffer = ByteBuffer()
        metrics.write(into: buffer)
        return try Exposition(String(decoding: buffer.bytes, as: UTF8.self))
    }

    @Test("requests are counted by operation and class of status")
    func requests() throws {
        let metrics = try Metrics(operations: ["encrypt", "decrypt"])
        for status in [200, 204, 304, 404, 422, 429, 500, 0, 100, 600, -1] {
            metrics.record(operation: 0, status: status, nanoseconds: 1)
        }
        metrics.record(operation: 1, status: 599, nanoseconds: 1)
        let name = "strongroom_requests_total"
        let exposition = try exposition(metrics)
        #expect(exposition.types[name] == "counter")
        for (status, count) in [("2xx", 2), ("3xx", 1), ("4xx", 3), ("5xx", 1), ("none", 4)] {
            #expect(exposition.value("\(name){operation=\"encrypt\",status=\"\(status)\"}") == "\(count)")
        }
        #expect(exposition.value("\(name){operation=\"decrypt\",status=\"5xx\"}") == "1")
        #expect(exposition.value("\(name){operation=\"decrypt\",status=\"2xx\"}") == "0")
    }

    @Test("operations that there are not are not counted", arguments: [-1, 1, .max, .min])
    func unknownOperation(index: Int) throws {
        let metrics = try Metrics(operations: ["encrypt"])
        metrics.record(operation: index, status: 200, nanoseconds: 1)
        let series = "strongroom_requests_total{operation=\"encrypt\",status=\"2xx\"}"
        #expect(try exposition(metrics).value(series) == "0")
    }

    @Test("durations fall into cumulative buckets, with their bounds included")
    func histogram() throws {
        let metrics = try Metrics(operations: ["encrypt"])
        for nanoseconds in [0, 10_000, 10_001, 1_000_000, 10_000_000_000, 10_000_000_001] as [UInt64] {
            metrics.record(operation: 0, status: 200, nanoseconds: nanoseconds)
        }
        let exposition = try exposition(metrics)
        let name = "strongroom_request_duration_seconds"
        #expect(exposition.types[name] == "histogram")
        func bucket(_ bound: String) -> String? {
            exposition.value("\(name)_bucket{operation=\"encrypt\",le=\"\(bound)\"}")
        }
        #expect(bucket("0.00001") == "2")
        #expect(bucket("0.000025") == "3")
        #expect(bucket("0.0005") == "3")
        #expect(bucket("0.001") == "4")
        #expect(bucket("1") == "4")
        #expect(bucket("10") == "5")
        #expect(bucket("+Inf") == "6")
        #expect(exposition.value("\(name)_count{operation=\"encrypt\"}") == "6")
        #expect(exposition.value("\(name)_sum{operation=\"encrypt\"}") == "20.001020002")
    }

    @Test("bounds ascend, and end in +Inf, with as many as there are counts")
    func bounds() throws {
        let exposition = try exposition(Metrics(operations: ["a", "b"]))
        for operation in ["a", "b"] {
            let bounds = exposition.series.compactMap { series in
                series.key.wholeMatch(of: /.*_bucket\{operation="(.*)",le="(.*)"\}/)
            }.filter { $0.1 == operation }.map { String($0.2) }
            #expect(bounds.last == "+Inf")
            let numbers = bounds.dropLast().compactMap(Double.init)
            #expect(numbers.count == bounds.count - 1)
            #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        }
    }

    @Test("no request is lost, however many threads record")
    func concurrency() throws {
        let metrics = try Metrics(operations: ["encrypt"])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for number in 0..<25_000 { metrics.record(operation: 0, status: 200, nanoseconds: UInt64(number)) }
        }
        let exposition = try exposition(metrics)
        #expect(exposition.value("strongroom_requests_total{operation=\"encrypt\",status=\"2xx\"}") == "100000")
        #expect(exposition.value("strongroom_request_duration_seconds_count{operation=\"encrypt\"}") == "100000")
        #expect(exposition.value("strongroom_request_duration_seconds_sum{operation=\"encrypt\"}") == "1.249950000")
    }

    @Test("others' metrics are read at each scrape")
    func families() throws {
        let reads = Counter()
        let metrics = try Metrics(
            operations: [],
            families: [
                MetricFamily(name: "strongroom_reads", help: "How often.") { reads.next() },
                MetricFamily(
                    name: "strongroom_pool_total", help: "Line\nbreak and \\ and \"quotes\".", kind: .counter,
                    samples: [
                        .init(labels: [("result", "hit")]) { 5 },
                        .init(labels: [("result", "odd \"\\\n\r\n value"), ("b", "2")]) { -6 },
                    ]),
            ])
        #expect(try exposition(metrics).value("strongroom_reads") == "1")
        let second = try exposition(metrics)
        #expect(second.value("strongroom_reads") == "2")
        #expect(second.types["strongroom_reads"] == "gauge")
        #expect(second.value("strongroom_pool_total{result=\"hit\"}") == "5")
        #expect(second.value("strongroom_pool_total{result=\"odd \\\"\\\\\\n\r\\n value\",b=\"2\"}") == "-6")
        #expect(second.help["strongroom_pool_total"] == "Line\\nbreak and \\\\ and \"quotes\".")
    }

    @Test("an operation's id is escaped")
    func operationEscaping() throws {
        let metrics = try Metrics(operations: ["a\"b\\c\nd"])
        let key = "strongroom_requests_total{operation=\"a\\\"b\\\\c\\nd\",status=\"2xx\"}"
        #expect(try exposition(metrics).value(key) == "0")
    }

    @Test(
        "names that Prometheus refuses are refused",
        arguments: ["", "1a", "a-b", "a b", "ä", "a{", "counter_total"])
    func names(name: String) {
        #expect(throws: MetricsError.invalidName(name)) {
            try Metrics(operations: [], families: [MetricFamily(name: name, help: "") { 0 }])
        }
    }

    @Test("labels and counters have rules of their own")
    func otherNames() {
        func made(_ family: MetricFamily) throws { _ = try Metrics(operations: [], families: [family]) }
        for label in ["", "1", "a:b", "__name"] {
            #expect(throws: MetricsError.invalidName(label)) {
                try made(MetricFamily(name: "m", help: "", kind: .gauge, samples: [.init(labels: [(label, "")]) { 0 }]))
            }
        }
        #expect(throws: MetricsError.invalidName("m")) {
            try made(MetricFamily(name: "m", help: "", kind: .counter) { 0 })
        }
        #expect(throws: Never.self) { try made(MetricFamily(name: "a:_B9", help: "") { 0 }) }
    }

    @Test("nothing may appear twice")
    func duplicates() {
        let gauge = MetricFamily(name: "m", help: "") { 0 }
        let twice = MetricFamily(name: "n", help: "", kind: .gauge, samples: [.init { 0 }, .init { 1 }])
        let labels = MetricFamily(
            name: "n", help: "", kind: .gauge, samples: [.init(labels: [("a", "1"), ("a", "2")]) { 0 }])
        let ours = MetricFamily(name: "strongroom_requests_total", help: "", kind: .counter) { 0 }
        for families in [[gauge, gauge], [twice], [labels], [ours]] {
            #expect(throws: MetricsError.duplicate) { try Metrics(operations: [], families: families) }
        }
        #expect(throws: MetricsError.duplicate) { try Metrics(operations: ["a", "a"]) }
    }
}
