// Numbers about the running server, in Prometheus's text format (version 0.0.4).
//
// Our own rather than swift-metrics with an exporter: the operations are known at the start, so a counter is a place in
// a table and not a look-up by name and labels, recording takes no lock and allocates nothing, and the whole of it is
// shorter than the glue would be.

public import Bytes

/// The server's metrics. Every function may be called from any thread.
public final class Metrics: Sendable {
    private let operations: [(label: String, metrics: OperationMetrics)]
    private let families: [MetricFamily]

    /// - Parameters:
    ///   - operations: ids of the operations, in the order of the indices given to `record`.
    ///   - families: read at each `write`, in this order.
    /// - Throws: `MetricsError` when the names would not make a valid exposition.
    public init(operations: [String], families: [MetricFamily] = []) throws(MetricsError) {
        guard Set(operations).count == operations.count else { throw .duplicate }
        try validate(families, reserved: [requestsName, durationName])
        // Escaped once: they are written at every scrape.
        self.operations = operations.map { (escapedLabel($0), OperationMetrics()) }
        self.families = families
    }

    /// The media type of what `write` writes.
    public static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"

    /// Counts a request. Neither locks nor allocates.
    /// - Parameters:
    ///   - operation: index of the operation; others are not counted.
    ///   - status: as sent, or 0 where the connection was lost before.
    ///   - nanoseconds: from the request's first byte to its answer.
    public func record(operation: Int, status: Int, nanoseconds: UInt64) {
        guard operations.indices.contains(operation) else { return }
        operations[operation].metrics.record(status: status, nanoseconds: nanoseconds)
    }

    /// Appends all metrics.
    public func write(into buffer: ByteBuffer) {
        writeRequests(into: buffer)
        writeDurations(into: buffer)
        for family in families { family.write(into: buffer) }
    }

    private func writeRequests(into buffer: ByteBuffer) {
        writeHead(
            of: requestsName, "counter", "Requests by operation and class of status (none: connection lost).",
            into: buffer)
        for (label, metrics) in operations {
            for index in OperationMetrics.statusClasses.indices {
                buffer.append(requestsName)
                buffer.append("{operation=\"")
                buffer.append(label)
                buffer.append("\",status=\"")
                buffer.append(OperationMetrics.statusClasses[index])
                buffer.append("\"} ")
                buffer.append(String(metrics.requests(statusClass: index)))
                buffer.append(UInt8(ascii: "\n"))
            }
        }
    }

    private func writeDurations(into buffer: ByteBuffer) {
        writeHead(of: durationName, "histogram", "Time from a request's arrival to its answer.", into: buffer)
        for (label, metrics) in operations {
            // The count is the sum of what is shown, not a counter of its own, which could differ from it by now.
            var total: UInt64 = 0
            for index in OperationMetrics.bounds.indices {
                total &+= metrics.requests(bucket: index)
                writeBucket(label, OperationMetrics.bounds[index].seconds, total, into: buffer)
            }
            total &+= metrics.requests(bucket: OperationMetrics.bounds.count)
            writeBucket(label, "+Inf", total, into: buffer)
            writeSample("_sum", label, seconds(metrics.totalNanoseconds), into: buffer)
            writeSample("_count", label, String(total), into: buffer)
        }
    }

    private func writeBucket(_ label: String, _ bound: StaticString, _ value: UInt64, into buffer: ByteBuffer) {
        buffer.append(durationName)
        buffer.append("_bucket{operation=\"")
        buffer.append(label)
        buffer.append("\",le=\"")
        buffer.append(bound)
        buffer.append("\"} ")
        buffer.append(String(value))
        buffer.append(UInt8(ascii: "\n"))
    }

    private func writeSample(_ suffix: StaticString, _ label: String, _ value: String, into buffer: ByteBuffer) {
        buffer.append(durationName)
        buffer.append(suffix)
        buffer.append("{operation=\"")
        buffer.append(label)
        buffer.append("\"} ")
        buffer.append(value)
        buffer.append(UInt8(ascii: "\n"))
    }
}

private let requestsName = "strongroom_requests_total"
private let durationName = "strongroom_request_duration_seconds"

/// Nanoseconds as seconds, exactly.
private func seconds(_ nanoseconds: UInt64) -> String {
    let fraction = String(nanoseconds % 1_000_000_000)
    return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
}
