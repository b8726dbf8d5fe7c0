// The flat scanner by hand: what it takes, what it leaves, and that leaving a body means leaving it alone.

import Bytes
import JSON
import Testing

@Suite("Scanning flat bodies")
struct FlatObjectTests {
    static let shape = FlatShape(properties: [
        .init(name: "data", kind: .base64, isRequired: true, maximum: 400),
        .init(name: "name", kind: .string, minimum: 2, maximum: 8),
        .init(name: "version", kind: .integer, minimum: 1, maximum: 2_147_483_647),
        .init(name: "any", kind: .integer),
        .init(name: "flag", kind: .boolean),
    ])

    @Test("members are read wherever white space stands between them")
    func reads() throws {
        let shape = try #require(Self.shape)
        let body = ByteBuffer(
            text:
                " {\t\"flag\" :true , \"data\":\r\n\"Zm9vYmE=\",\"name\":\"a-b c\",\"version\":17,\"any\":-9223372036854775808}\n"
        )
        let object = try #require(FlatObject.scan(body, as: shape))
        #expect(object.rows == 1)
        #expect(object.presence(row: 0) == 0b11111)
        #expect(object.boolean(4, row: 0) == true)
        #expect(object.integer(2, row: 0) == 17)
        #expect(object.integer(3, row: 0) == .min)
        #expect(object.text(1, row: 0).map { String(decoding: $0, as: UTF8.self) } == "a-b c")
        #expect(object.base64(0, row: 0).map { String(decoding: $0, as: UTF8.self) } == "Zm9vYmE=")
        object.decodeBase64()
        #expect(object.base64(0, row: 0).map { String(decoding: $0, as: UTF8.self) } == "fooba")
        #expect(object.text(1, row: 0).map { String(decoding: $0, as: UTF8.self) } == "a-b c")
    }

    @Test("a member asked for as another kind, absent, or out of range is nil")
    func absent() throws {
        let shape = try #require(Self.shape)
        let object = try #require(FlatObject.scan(ByteBuffer(text: #"{"data":""}"#), as: shape))
        #expect(object.base64(0, row: 0)?.count == 0)
        #expect(object.text(0, row: 0) == nil)
        #expect(object.integer(2, row: 0) == nil)
        #expect(object.base64(0, row: 1) == nil && object.base64(0, row: -1) == nil)
        #expect(object.base64(5, row: 0) == nil && object.base64(-1, row: 0) == nil)
    }

    @Test(
        "anything that is not plain is left to the full parser, and left unchanged",
        arguments: [
            "", "{", "{}", "[]", "null", #"{"data":"AA=="}x"#, #"{"data":"AA=="},"#, #"{"data":"AA==",}"#,
            #"{,"data":"AA=="}"#,
            #"{"data":"AA==" "flag":true}"#, #"{"data" "AA=="}"#, #"{"data":"AA=="]"#, #"{data:"AA=="}"#,
            #"{"data":'AA=='}"#,
            // Escapes, although each of them means something that would fit.
            #"{"d\u0061ta":"AA=="}"#, #"{"data":"AA=\u003d"}"#, #"{"data":"AA==","name":"a\/b"}"#,
            #"{"data":"\/\/8="}"#,
            // Duplicates, unknown members, missing ones.
            #"{"data":"AA==","data":"AA=="}"#, #"{"data":"AA==","other":1}"#, #"{"data":"AA==","":1}"#,
            #"{"name":"abc"}"#,
            #"{"data":"AA==","Data":"AA=="}"#, #"{"data":"AA==","dat":1}"#,
            // Types.
            #"{"data":1}"#, #"{"data":null}"#, #"{"data":["AA=="]}"#, #"{"data":{"data":"AA=="}}"#,
            #"{"data":"AA==","flag":1}"#, #"{"data":"AA==","flag":"true"}"#, #"{"data":"AA==","flag":tru}"#,
            #"{"data":"AA==","flag":truer}"#, #"{"data":"AA==","flag":null}"#, #"{"data":"AA==","any":true}"#,
            #"{"data":"AA==","any":"1"}"#,
            // Numbers that are none, or more than plain integers.
            #"{"data":"AA==","any":01}"#, #"{"data":"AA==","any":-01}"#, #"{"data":"AA==","any":-0}"#,
            #"{"data":"AA==","any":1.0}"#,
            #"{"data":"AA==","any":1e2}"#, #"{"data":"AA==","any":-}"#, #"{"data":"AA==","any":- 1}"#,
            #"{"data":"AA==","any":+1}"#,
            #"{"data":"AA==","any":}"#, #"{"data":"AA==","any":9223372036854775808}"#, #"{"data":"AA==","any":1a}"#,
            #"{"data":"AA==","any":-9223372036854775809}"#, #"{"data":"AA==","any":99999999999999999999999}"#,
            #"{"data":"AA==","any":0x1}"#, #"{"data":"AA==","any":1 2}"#,
            // Bounds.
            #"{"data":"AA==","version":0}"#, #"{"data":"AA==","version":2147483648}"#, #"{"data":"AA==","name":"a"}"#,
            #"{"data":"AA==","name":"abcdefghi"}"#,
            // Base64 that is not.
            #"{"data":"AA="}"#, #"{"data":"AA"}"#, #"{"data":"AB=="}"#, #"{"data":"A==="}"#, #"{"data":"===="}"#,
            #"{"data":"AA== "}"#,
            #"{"data":"AA==AA=="}"#, #"{"data":"AA-_"}"#, #"{"data":"AAAA""#, #"{"data":"AAAA"#, #"{"data":"AAA=A"}"#,
            // Text that is not plain ASCII.
            #"{"data":"AA==","name":"é"}"#, "{\"data\":\"AA==\",\"name\":\"a\nb\"}",
            "{\"data\":\"AA==\",\"name\":\"a\u{0}b\"}",
            "\u{FEFF}{\"data\":\"AA==\"}", "{\"data\":\"AA==\"}\u{0}", "{\u{0B}\"data\":\"AA==\"}",
            // A batch where none is expected.
            #"{"items":[{"data":"AA=="}]}"#, #"[{"data":"AA=="}]"#,
        ])
    func leaves(text: String) throws {
        let shape = try #require(Self.shape)
        let body = ByteBuffer(text: text)
        #expect(FlatObject.scan(body, as: shape) == nil)
        #expect(body.text == text)
    }

    @Test("bounds are inclusive")
    func bounds() throws {
        let shape = try #require(Self.shape)
        for text in [
            #"{"data":"","version":1,"name":"ab"}"#, #"{"data":"","version":2147483647,"name":"abcdefgh"}"#,
            "{\"data\":\"\(String(repeating: "A", count: 400))\"}",
        ] {
            #expect(FlatObject.scan(ByteBuffer(text: text), as: shape) != nil)
        }
        let long = "{\"data\":\"\(String(repeating: "A", count: 404))\"}"
        #expect(FlatObject.scan(ByteBuffer(text: long), as: shape) == nil)
    }

    @Test("the items of a batch are rows", arguments: [1, 2, 5, 100])
    func batch(count: Int) throws {
        let shape = try #require(
            FlatShape(
                properties: Self.shape?.properties ?? [],
                batch: .init(name: "items", minimumItems: 1, maximumItems: 100)))
        let items = (1...count).map { "{\"data\":\"AAAA\",\"version\":\($0)}" }.joined(separator: " , ")
        let body = ByteBuffer(text: "{ \"items\" : [ \(items) ] }")
        let object = try #require(FlatObject.scan(body, as: shape))
        object.decodeBase64()
        #expect(object.rows == count)
        for row in 0..<count {
            #expect(object.integer(2, row: row) == row + 1)
            #expect(object.base64(0, row: row).map { Array($0) } == [0, 0, 0])
        }
        #expect(object.base64(0, row: count) == nil)
    }

    @Test(
        "a batch that is not exactly one array of flat objects is left",
        arguments: [
            #"{"items":[]}"#, #"{"items":[{"data":""},]}"#, #"{"items":[,{"data":""}]}"#,
            #"{"items":[{"data":""}{"data":""}]}"#,
            #"{"items":{"data":""}}"#, #"{"items":[1]}"#, #"{"items":[{"data":""}],"x":1}"#, #"{"x":[{"data":""}]}"#,
            #"{"items":[{"data":""}]"#, #"{"items":[{"data":""}]}]"#, #"{"items":[{"data":""}],"items":[{"data":""}]}"#,
            #"{"items":[{"data":""},{"data":1}]}"#, #"{"items":[{"data":""},{}]}"#, #"{"items":[[{"data":""}]]}"#,
            #"{"data":""}"#,
            #"{"items":[{"data":""},{"data":""},{"data":""},{"data":""}]}"#, #"{"item\u0073":[{"data":""}]}"#,
        ])
    func leavesBatch(text: String) throws {
        let shape = try #require(
            FlatShape(
                properties: Self.shape?.properties ?? [], batch: .init(name: "items", minimumItems: 1, maximumItems: 3))
        )
        let body = ByteBuffer(text: text)
        #expect(FlatObject.scan(body, as: shape) == nil)
        #expect(body.text == text)
    }

    @Test("shapes with names that JSON would escape, twice the same name or too many of them are refused")
    func shapes() {
        #expect(FlatShape(properties: [.init(name: "a\"", kind: .string)]) == nil)
        #expect(FlatShape(properties: [.init(name: "é", kind: .string)]) == nil)
        #expect(FlatShape(properties: [.init(name: "a", kind: .string), .init(name: "a", kind: .integer)]) == nil)
        #expect(FlatShape(properties: (0...64).map { .init(name: "p\($0)", kind: .string) }) == nil)
        #expect(FlatShape(properties: (0..<64).map { .init(name: "p\($0)", kind: .string) }) != nil)
    }
}
