import Foundation
import Logging
import Testing

@testable import Observability

/// Text that tries to break out of its line.
private let hostile = [
    "", "plain", "two words", "a=b", "\"", "\\", "\\\"", "\n", "\r\n2026-01-01T00:00:00.000Z info forged line", "\t",
    "\0", "\u{1B}[2J", "\u{7F}", "\u{9B}2J", "\u{85}", "\u{2028}", "\u{2029}", "\u{202E}gpj.exe", "\u{2066}",
    "\u{200F}", "é ü 漢字 🔑", "%s%n", "{\"a\":1}", "\u{A0}", "e\u{301}", "\u{10FFFF}",
]

@Suite struct LogLineTests {
    /// The line that a logger writes, without its newline.
    private func logged(_ format: LogFormat, _ log: (Logger) -> Void) throws -> String {
        let connection = try Connection()
        let sink = try LogSink(descriptor: connection.writing, format: format)
        log(Logger(label: "test") { SinkLogHandler(label: $0, sink: sink, level: .trace) })
        sink.flush()
        let text = connection.readPiece()
        #expect(text.hasSuffix("\n"))
        #expect(text.utf8.count { $0 == 10 } == 1)
        return String(text.dropLast())
    }

    private func object(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test("a text line has time, level, logger, message and the metadata by key")
    func text() throws {
        let line = try logged(.text) {
            $0.info("opened the store", metadata: ["schema": "v1", "keys": "\(3)", "note": "two words"])
        }
        let match = try #require(
            line.wholeMatch(of: /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)/))
        #expect(match.2 == "info test opened the store keys=3 note=\"two words\" schema=v1")
    }

    @Test("a JSON line is one object with the same members")
    func json() throws {
        let line = try logged(.json) {
            $0.warning("opened", metadata: ["time": "mine", "list": ["a", "b"], "nested": ["k": "v"]])
        }
        let object = try object(line)
        #expect(Set(object.keys) == ["time", "level", "logger", "message", "metadata"])
        #expect((object["time"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        #expect(object["level"] as? String == "warning")
        #expect(object["logger"] as? String == "test")
        #expect(object["message"] as? String == "opened")
        #expect((object["metadata"] as? [String: String])?["time"] == "mine")
    }

    @Test("an error is logged beside its message")
    func error() throws {
        struct Broken: Error, CustomStringConvertible { let description = "the disk is \"full\"" }
        let line = try logged(.json) { $0.error("cannot write", error: Broken()) }
        #expect(try object(line)["error"] as? String == "the disk is \"full\"")
    }

    @Test("whatever is logged in JSON comes back as it was", arguments: hostile)
    func jsonRoundTrip(text: String) throws {
        let line = try logged(.json) { $0.info("\(text)", metadata: ["value": "\(text)", "k\(text)": "x"]) }
        let object = try object(line)
        #expect(object["message"] as? String == text)
        let metadata = try #require(object["metadata"] as? [String: String])
        #expect(metadata == ["value": text, "k\(text)": "x"])
    }

    @Test("nothing that is logged can end its line or steer a terminal", arguments: hostile, LogFormat.allCases)
    func injection(text: String, format: LogFormat) throws {
        let line = try logged(format) { $0.info("\(text)", metadata: ["k\(text)": "\(text)"]) }
        for scalar in line.unicodeScalars {
            #expect(scalar.properties.generalCategory != .control)
            #expect(scalar.properties.generalCategory != .lineSeparator)
            #expect(scalar.properties.generalCategory != .paragraphSeparator)
            #expect(!(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
        }
    }

    @Test(
        "a text value that could be taken for more than one field is quoted",
        arguments: ["a=b", "a b", "\"", "\\", ""])
    func quoting(value: String) throws {
        let line = try logged(.text) { $0.info("m", metadata: ["k": "\(value)", "l": "end"]) }
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(line.hasSuffix(" m k=\"\(escaped)\" l=end"))
    }

    @Test("a line that grows too long leaves whole fields out and says so", arguments: LogFormat.allCases)
    func bounded(format: LogFormat) throws {
        let value = String(repeating: "\n", count: 40)
        let fields = Dictionary(uniqueKeysWithValues: (100..<200).map { ("key\($0)", value) })
        let line = try logged(format) { $0.info("m", metadata: fields.mapValues { "\($0)" }) }
        #expect(line.utf8.count < LogSink.maximumLineBytes)
        #expect(line.utf8.count > LogSink.maximumLineBytes / 2)
        if format == .json {
            let object = try object(line)
            #expect(object["truncated"] as? Bool == true)
            let metadata = try #require(object["metadata"] as? [String: String])
            #expect(!metadata.isEmpty && metadata.allSatisfy { fields[$0.key] == $0.value })
        } else {
            #expect(line.hasSuffix(" truncated=true"))
            #expect(line.contains(" key100=\"\\n\\n"))
        }
    }

    @Test("a message that alone is too long is left out, and the line stays valid", arguments: LogFormat.allCases)
    func longMessage(format: LogFormat) throws {
        let line = try logged(format) { $0.info("\(String(repeating: "é", count: 3000))", metadata: ["k": "v"]) }
        if format == .json {
            let object = try object(line)
            #expect(object["message"] == nil)
            #expect(object["metadata"] as? [String: String] == ["k": "v"])
            #expect(object["truncated"] as? Bool == true)
        } else {
            #expect(line.hasSuffix("Z info test k=v truncated=true"))
        }
    }

    @Test("a message's metadata win over the logger's, and these over the provider's")
    func precedence() throws {
        let connection = try Connection()
        let sink = try LogSink(descriptor: connection.writing)
        var handler = SinkLogHandler(label: "test", sink: sink)
        handler.metadataProvider = Logger.MetadataProvider { ["a": "provider", "b": "provider", "c": "provider"] }
        handler.metadata = ["b": "logger"]
        handler[metadataKey: "c"] = "logger"
        let logger = Logger(label: "test") { [handler] _ in handler }
        logger.info("m", metadata: ["c": "message"])
        sink.flush()
        #expect(connection.readPiece().hasSuffix(" m a=provider b=logger c=message\n"))
    }

    @Test("a level below the handler's is not logged; a critical message does not wait")
    func levels() throws {
        let connection = try Connection()
        let sink = try LogSink(descriptor: connection.writing)
        sink.close()
        let logger = Logger(label: "test") { SinkLogHandler(label: $0, sink: sink, level: .notice) }
        logger.info("unheard")
        logger.critical("last words")
        #expect(connection.readPiece().hasSuffix("Z critical test last words\n"))
    }
}
