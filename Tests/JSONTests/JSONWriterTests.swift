// What the writer writes, and that it is JSON that means what was given.

import Bytes
import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test("values of all kinds are written compactly, with commas where they belong")
    func kinds() {
        let buffer = ByteBuffer()
        var writer = JSONWriter(buffer)
        writer.beginObject()
        writer.name("a")
        writer.integer(1)
        writer.name("b")
        writer.beginArray()
        writer.string("x")
        writer.boolean(true)
        writer.boolean(false)
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.integer(-5)
        writer.endArray()
        writer.name(escaping: "c\"")
        writer.raw("[1]" as StaticString)
        writer.name("d")
        withBytes(of: "2") { writer.raw($0) }
        writer.endObject()
        #expect(buffer.text == #"{"a":1,"b":["x",true,false,null,{},[],-5],"c\"":[1],"d":2}"#)
    }

    @Test("integers are exact", arguments: [0, 7, -7, 10, 999, 1_000_000, Int.max, Int.min, Int(Int32.max) + 1])
    func integers(value: Int) {
        #expect(written { $0.integer(value) } == String(value))
    }

    @Test(
        "strings come back as they were",
        arguments: [
            "", "plain", "\"", "\\", "a\"b\\c/d", "\u{0}\u{1}\u{8}\u{9}\u{A}\u{B}\u{C}\u{D}\u{E}\u{1F} \u{7F}", "é😀",
            "\u{2028}\u{2029}",
            String(repeating: "sixteen bytes ok", count: 5) + "\n" + String(repeating: "x", count: 33),
        ])
    func strings(value: String) throws {
        let text = written { $0.string(value) }
        // jansson refuses the NUL, which the writer must still write as RFC 8259 says.
        if value.contains("\u{0}") {
            #expect(text == #""\u0000\u0001\b\t\n\u000b\f\r\u000e\u001f "# + "\u{7F}\"")
        } else {
            #expect(try read(text, { $0.string }) == value)
        }
    }

    @Test("every character that must be escaped is, wherever it stands")
    func everyControlCharacter() throws {
        for scalar in 1..<0x80 {
            for length in [0, 1, 15, 16, 17, 40] {
                let value = String(repeating: "a", count: length) + String(UnicodeScalar(UInt8(scalar))) + "b"
                #expect(try read(written { $0.string(value) }, { $0.string }) == value)
            }
        }
    }

    @Test("line separators are left as they are")
    func lineSeparators() {
        #expect(written { $0.string("\u{2028}") } == "\"\u{2028}\"")
    }

    @Test("base64 is written from bytes, after a prefix if there is one")
    func base64() {
        let bytes = ByteBuffer(text: "foobar!")
        withExtendedLifetime(bytes) {
            #expect(written { $0.base64(bytes.bytes) } == "\"Zm9vYmFyIQ==\"")
            #expect(written { $0.base64(bytes.bytes, prefix: { $0.append("sr:1:7:") }) } == "\"sr:1:7:Zm9vYmFyIQ==\"")
        }
        #expect(written { $0.base64(UnsafeRawBufferPointer(start: nil, count: 0)) } == "\"\"")
    }

    @Test("base64 is made where its bytes are written, also when they are fewer than there was room for")
    func base64InPlace() throws {
        for capacity in [0, 1, 2, 3, 16, 47, 200] {
            for length in 0...capacity {
                let bytes = ByteBuffer((0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) })
                let text = written {
                    $0.base64(capacity: capacity, prefix: { $0.append("p:") }) { room in
                        #expect(room.count == capacity)
                        room.copyMemory(from: bytes.bytes)
                        return length
                    }
                }
                #expect(text == written { $0.base64(bytes.bytes, prefix: { $0.append("p:") }) })
                withExtendedLifetime(bytes) {}
            }
        }
    }

    @Test("what fails while bytes are being made is passed on")
    func base64Failure() {
        struct Failure: Error {}
        var writer = JSONWriter(ByteBuffer())
        #expect(throws: Failure.self) {
            try writer.base64(capacity: 3) { (_) throws(Failure) in throw Failure() }
        }
    }

    @Test("commas stand between what follows a value of any kind")
    func commas() {
        let text = written { writer in
            writer.beginArray()
            withBytes(of: "a") { writer.base64($0) }
            writer.base64(capacity: 0) { _ in 0 }
            writer.string("b")
            writer.integer(1)
            writer.null()
            writer.raw("2" as StaticString)
            writer.endArray()
        }
        #expect(text == #"["YQ==","","b",1,null,2]"#)
    }

    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        let buffer = ByteBuffer()
        var writer = JSONWriter(buffer)
        body(&writer)
        return buffer.text
    }
}
