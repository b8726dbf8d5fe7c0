// Many connections at once: around the numbers at which libmicrohttpd's own loop stalls, and beside many idle ones.

import Glibc
import HTTPServer
import TestKit
import Testing

extension HTTPServerTests {
    @Suite("many connections")
    struct LoadTests {
        @Test(
            "busy connections all progress, beside idle ones too, and stopping under load breaks no answer",
            arguments: [127, 128, 129, 256, 1000], [0, 10_000])
        func load(busy: Int, idle: Int) throws {
            let application = Application()
            try withServer(
                application,
                settings: changed {
                    $0.connections = 12_000
                    $0.idleSeconds = 60
                }
            ) { server, application in
                let steady = try LoadClient(
                    port: server.port, connections: busy, idle: idle, milliseconds: 700,
                    ["--method", "POST", "--path", "/echo", "--body", "0123456789abcdef"])
                if idle > 0 {
                    #expect(eventually { server.statistics().openConnections >= idle })
                    print(
                        "resident with \(server.statistics().openConnections) connections: \(residentMebibytes()) MiB")
                }
                let report = try steady.finish()
                #expect(report.errors == 0)
                #expect(report.unanswered == 0)
                #expect(report.idleClosed == 0)
                #expect(report.fewest >= 1)
                // A stalled loop would let them wait for the idle timeout. Busy test machines can take a while, too.
                #expect(report.longestWait < 5_000)

                let last = try LoadClient(
                    port: server.port, connections: busy, idle: idle, milliseconds: 20_000,
                    ["--method", "POST", "--path", "/echo", "--body", "0123456789abcdef", "--allow-close"])
                usleep(100_000)
                let began = now()
                let drained = server.stop()
                #expect(now() - began < 3)
                #expect(drained.connectionsCut == 0)
                #expect(drained.workersAbandoned == 0)
                let end = try last.finish()
                #expect(end.errors == 0)
                #expect(end.requests > 0)
                #expect(end.closed == busy)
            }
        }

        @Test("fast and slow requests mixed on many connections are all answered")
        func mixed() throws {
            try withServer(settings: changed { $0.lanes = [LaneConfiguration(name: "many", threads: 4, queue: 1000)] })
            { server, _ in
                let slow = try LoadClient(
                    port: server.port, connections: 50, milliseconds: 1000, ["--path", "/slow?1"])
                let fast = try LoadClient(
                    port: server.port, connections: 200, milliseconds: 1000, ["--path", "/hello"])
                let (slowReport, fastReport) = (try slow.finish(), try fast.finish())
                #expect(slowReport.errors == 0)
                #expect(fastReport.errors == 0)
                #expect(slowReport.requests > 200)
                #expect(fastReport.fewest >= 1)
            }
        }

        @Test("connections are dealt out evenly over the loops, and beyond the limit closed at once")
        func limit() throws {
            try withServer(settings: changed { $0.connections = 20 }) { server, _ in
                var connections: [TestConnection] = []
                for _ in 0..<20 {
                    let connection = try TestConnection(port: server.port)
                    #expect(try connection.request("GET", "/hello").status == 200)
                    connections.append(connection)
                }
                let over = try TestConnection(port: server.port)
                #expect(over.isClosed(within: 2))
                #expect(server.statistics().turnedAway == 1)
                #expect(server.statistics().openConnections == 20)
                connections[7].close()
                #expect(eventually { server.statistics().openConnections == 19 })
                #expect(try request(port: server.port, "GET", "/hello").status == 200)
            }
        }
    }
}

/// What this process holds in memory.
func residentMebibytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 255, file) != nil else { return 0 }
    let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
        separator: " ")
    return fields.count > 1 ? ((Int(fields[1]) ?? 0) * 4096) >> 20 : 0
}
