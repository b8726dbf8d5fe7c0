import Foundation
import Observability
import Testing

@Suite struct AccessLogTests {
    private func line(_ format: LogFormat, _ entry: AccessLog.Entry) throws -> String {
        let connection = try Connection()
        let sink = try LogSink(descriptor: connection.writing, format: format)
        AccessLog(sink: sink).write(entry)
        sink.flush()
        return connection.readPiece()
    }

    private let full = AccessLog.Entry(
        requestHigh: 0x0123_4567_89AB_CDEF, requestLow: 1, method: "POST", operation: "encrypt", status: 422,
        code: "decryption_failed", microseconds: 57, requestBytes: 1024, responseBytes: 0, peer: "2001:db8::1",
        token: "tok_1")

    @Test("a text line says everything about a request, in order")
    func text() throws {
        let line = try line(.text, full)
        #expect(
            line.dropFirst(25) == """
                info access request=0123456789abcdef0000000000000001 method=POST operation=encrypt status=422 \
                code=decryption_failed microseconds=57 request_bytes=1024 response_bytes=0 peer=2001:db8::1 token=tok_1

                """)
    }

    @Test("what there is not is left out")
    func minimal() throws {
        var entry = full
        (entry.operation, entry.code, entry.token) = (nil, nil, nil)
        (entry.status, entry.microseconds, entry.requestBytes) = (0, .max, .min)
        let line = try line(.text, entry)
        #expect(
            line.dropFirst(25) == """
                info access request=0123456789abcdef0000000000000001 method=POST status=0 \
                microseconds=9223372036854775807 request_bytes=-9223372036854775808 response_bytes=0 peer=2001:db8::1

                """)
    }

    @Test("a trace that the caller names stands at the end of the line, in either format")
    func traced() throws {
        var entry = full
        entry.trace = Array("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8).withUnsafeBytes {
            TraceContext(traceparent: $0)
        }
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        #expect(try line(.text, entry).hasSuffix(" token=tok_1 trace=\(trace) span=00f067aa0ba902b7\n"))
        let json = try line(.json, entry)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["trace"] as? String == trace && object["span"] as? String == "00f067aa0ba902b7")
    }

    @Test("a JSON line has the same as members")
    func json() throws {
        let line = try line(.json, full)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "time", "level", "logger", "request", "method", "operation", "status", "code", "microseconds",
                "request_bytes", "response_bytes", "peer", "token",
            ])
        #expect(object["request"] as? String == "0123456789abcdef0000000000000001")
        #expect(object["status"] as? Int == 422)
        #expect(object["peer"] as? String == "2001:db8::1")
    }

    @Test("a peer cannot forge a line, wherever its address came from", arguments: LogFormat.allCases)
    func forged(format: LogFormat) throws {
        var entry = full
        entry.peer = "1.2.3.4\" token=root\n2026-01-01T00:00:00.000Z info access"
        let line = try line(format, entry)
        #expect(line.utf8.count { $0 == 10 } == 1)
        #expect(line.contains("1.2.3.4\\\" token=root\\n2026"))
    }
}
