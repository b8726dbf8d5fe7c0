// Strictness: what is and is not a JSON text here, and what is said of the rest.

import JSON
import Testing

@Suite("Parsing JSON")
struct JSONDocumentTests {
    @Test(
        "any kind of value may stand alone",
        arguments: [
            ("null", JSONValue.Kind.null), ("true", .boolean), ("0", .integer), ("-1.5e3", .real), ("\"\"", .string),
            (" [] ", .array), ("\n{}\t", .object),
        ])
    func kinds(text: String, kind: JSONValue.Kind) throws {
        #expect(try read(text, { $0.kind }) == kind)
    }

    @Test(
        "what is not exactly one JSON text is refused",
        arguments: [
            "", " ", "[", "]", "{", "{]", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "[1]]", "1 2", "tru",
            "nul",
            "True", "NaN", "Infinity", "-", "+1", "01", "1.", ".5", "1e", "0x10", "\"", "\"\\x\"", "\"\\u12\"",
            "\"a\nb\"",
            "\"\u{01}\"", "// a\n1", "[1]//", "\u{FEFF}1", "{\"a\"}", "{\"a\":}", "{1:2}", "[,]", "\"\\ud800\"",
            "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\u0000\"", "{\"\\u0000\":1}",
            // jansson by itself takes a NUL for the end.
            "null\u{0}", "{}\u{0}{}", "1 \u{0}", "\u{0}", "[1\u{0}]",
        ])
    func malformed(text: String) {
        #expect {
            _ = try parse(text)
        } throws: { error in
            guard case .malformed(let offset) = error as? JSONError else { return false }
            return offset >= 0 && offset <= text.utf8.count
        }
    }

    @Test(
        "what is not UTF-8 is refused",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0x80], [0xC3], [0xE2, 0x82], [0x00],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        #expect {
            _ = try parse(bytes: [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])
        } throws: {
            if case .malformed = $0 as? JSONError { true } else { false }
        }
    }

    @Test("a position is where reading stopped")
    func offset() {
        #expect(throws: JSONError.malformed(offset: 0)) { try parse("") }
        #expect(throws: JSONError.malformed(offset: 5)) { try parse("[1,2}") }
    }

    @Test("nesting is allowed to the limit and not beyond, however it is nested", arguments: [1, 2, 32])
    func depth(limit: Int) throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"[\":", "}]")] {
            let levels = open.count(where: { $0 == "[" || $0 == "{" }) - (open.contains("\"[\"") ? 1 : 0)
            let fitting = limit / levels
            _ = try parse(nested(fitting, open, close), maximumDepth: limit)
            #expect(throws: JSONError.tooDeep) {
                try parse(nested(limit / levels + 1, open, close), maximumDepth: limit)
            }
        }
    }

    @Test("a bomb of brackets is refused before it is parsed")
    func bomb() {
        #expect(throws: JSONError.tooDeep) { try parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.tooDeep) { try parse(String(repeating: "{\"a\":", count: 100_000)) }
        // Even where the caller would allow it.
        #expect(throws: JSONError.tooDeep) { try parse(String(repeating: "[", count: 100_000), maximumDepth: .max) }
    }

    @Test("a text with too many values is refused before it is parsed", arguments: ["[]", "{}", "1", "[{}]", "\"a\""])
    func tooMany(element: String) throws {
        let text = "[" + Array(repeating: element, count: 100).joined(separator: ",") + "]"
        let counted = text.count { "[{,".contains($0) }
        _ = try parse(text, maximumValues: counted)
        #expect(throws: JSONError.tooManyValues) { try parse(text, maximumValues: counted - 1) }
        // Before anything else is said of it.
        #expect(throws: JSONError.tooManyValues) { try parse(text + "x", maximumValues: 50) }
    }

    @Test("brackets in strings are text")
    func bracketsInStrings() throws {
        let brackets = String(repeating: "[{", count: 100)
        _ = try parse("[\"\\\"\(brackets),,,,\"]", maximumValues: 1)
        #expect(try read("[\"\\\"\(brackets)\"]", { $0.element(at: 0)?.string }) == "\"" + brackets)
    }

    @Test(
        "a duplicate member is refused, and its place is told",
        arguments: [
            (#"{"a":1,"a":1}"#, "/a"), (#"{"b":{"a":1,"c":2,"a":3}}"#, "/b/a"),
            (#"[0,{"x":[{"k":1,"k":2}]}]"#, "/1/x/0/k"),
            (#"{"a":1,"\u0061":2}"#, "/a"), (#"{"a/b":1,"a~b":2,"a/b":3}"#, "/a~1b"), (#"{"~":0,"~":0}"#, "/~0"),
            (#"{"":1,"":2}"#, "/"), (#"{"é":1,"\u00e9":2}"#, "/é"), (#"{"😀":1,"\ud83d\ude00":2}"#, "/😀"),
            (#"{"a":{"a":1},"b":[{"a":1}],"a":0}"#, "/a"), (#"{"q\"":1,"q\"":2}"#, #"/q""#),
            (#"{"\n":1,"\n":2}"#, "/?"),
            (#"{"a":"a","b":"b,\"a\":","a":1}"#, "/a"),
        ])
    func duplicates(text: String, pointer: String) {
        #expect(throws: JSONError.duplicateMember(pointer: pointer)) { try parse(text) }
    }

    @Test("a long duplicate name is cut where a character ends")
    func longDuplicate() {
        let name = String(repeating: "a", count: 63) + "é" + String(repeating: "b", count: 1000)
        #expect(throws: JSONError.duplicateMember(pointer: "/" + String(repeating: "a", count: 63) + "…")) {
            try parse("{\"\(name)\":1,\"\(name)\":2}")
        }
    }

    @Test(
        "numbers that do not fit are refused",
        arguments: [
            "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1e400", "[-1e999]",
        ])
    func tooLarge(text: String) {
        #expect(throws: JSONError.numberOutOfRange) { try parse(text) }
    }

    @Test("the largest and smallest integers are exact")
    func integers() throws {
        #expect(try read("9223372036854775807", { $0.integer }) == .max)
        #expect(try read("-9223372036854775808", { $0.integer }) == .min)
        #expect(try read("-0", { $0.integer }) == 0)
        #expect(try read("1.0", { $0.integer }) == 1)
        #expect(try read("1.5", { $0.integer }) == nil)
        #expect(try read("1e30", { $0.integer }) == nil)
        #expect(try read("9223372036854775808.0", { $0.integer }) == nil)
    }

    @Test("an error never quotes the input")
    func nothingEchoed() {
        for text in ["\"hunter2\" x", "{\"hunter2\":tru}", "hunter2", "[\"hunter2\""] {
            do {
                _ = try parse(text)
                Issue.record("\(text) was parsed")
            } catch {
                #expect(!"\(error)".contains("hunter2"))
            }
        }
    }

    @Test("escapes are resolved")
    func escapes() throws {
        #expect(try read(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, { $0.string }) == "\"\\/\u{8}\u{C}\n\r\té😀")
    }
}
