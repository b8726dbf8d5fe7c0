// The load client as a test runs it: a child process, its figures as values.

/// What a load client says at its end.
public struct LoadReport {
    /// Answers that came, whole and with the status that was asked for.
    public let requests: Int
    /// Answers that were wrong or broke off, and connections lost without leave.
    public let errors: Int
    public let seconds: Double
    /// The longest that any connection waited for an answer, in milliseconds.
    public let longestWait: Double
    /// Answers on the connection that got the fewest.
    public let fewest: Int
    /// Connections whose last request was never answered.
    public let unanswered: Int
    /// Busy and idle connections that the server closed.
    public let closed: Int
    public let idleClosed: Int

    init(line: String) throws {
        var figures: [String: Double] = [:]
        for member in line.drop(while: { $0 == "{" }).prefix(while: { $0 != "}" }).split(separator: ",") {
            let parts = member.split(separator: ":")
            guard parts.count == 2, let value = Double(parts[1].drop { $0 == " " }) else {
                throw TestError("not a load report: \(line)")
            }
            figures[parts[0].filter { $0 != "\"" && $0 != " " }] = value
        }
        func figure(_ name: String) throws -> Double {
            guard let value = figures[name] else { throw TestError("no \(name) in the load report: \(line)") }
            return value
        }
        requests = Int(try figure("requests"))
        errors = Int(try figure("errors"))
        seconds = try figure("seconds")
        longestWait = try figure("max_gap_ms")
        fewest = Int(try figure("fewest"))
        unanswered = Int(try figure("unanswered"))
        closed = Int(try figure("closed"))
        idleClosed = Int(try figure("idle_closed"))
    }
}

/// A running load client. Its options are those of `Tests/LoadClient/main.c`.
public final class LoadClient {
    public let process: ChildProcess

    /// Returns once all its connections stand.
    public init(
        port: UInt16, connections: Int, idle: Int = 0, milliseconds: Int, _ options: [String] = []
    ) throws {
        process = try ChildProcess(
            try builtProduct("LoadClient"),
            [
                "--port", "\(port)", "--connections", "\(connections)", "--idle", "\(idle)",
                "--milliseconds", "\(milliseconds)",
            ] + options)
        guard try process.readLine(from: .error, timeout: 60) == "ready" else {
            throw TestError("the load client did not get ready")
        }
    }

    /// Waits for its end.
    public func finish(timeout: Double = 60) throws -> LoadReport {
        guard let line = try process.readLine(from: .output, timeout: timeout) else {
            throw TestError("the load client said nothing")
        }
        _ = try process.wait()
        return try LoadReport(line: line)
    }
}
