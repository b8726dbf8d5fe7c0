// Bodies: what an operation takes, what is said of the rest, and that both ways of reading give the same.

import Bytes
import JSON
import Testing

@testable import OpenAPI

@Suite("Bodies")
struct BodyTests {
    static let document: Result<OpenAPIDocument, any Error> = Result {
        func operation(_ id: String, _ schema: String, isRequired: Bool = true) -> String {
            """
            "/\(id)":{"post":{"operationId":"\(id)","responses":{"200":{"description":"-"}},
             "requestBody":{"required":\(isRequired),"content":{"application/json":{"schema":\(schema)}}}}}
            """
        }
        let item = ##"{"$ref":"#/components/schemas/Item"}"##
        return try load(
            """
            {"openapi":"3.1.0","paths":{
              \(operation("item", item)),
              \(operation("optional", #"{"type":"object","properties":{"days":{"type":"integer"}},"additionalProperties":false}"#, isRequired: false)),
              \(operation("batch", #"{"type":"object","required":["items"],"additionalProperties":false,"properties":{"items":{"type":"array","minItems":1,"maxItems":3,"items":\#(item)}}}"#)),
              \(operation("either", #"{"type":"object","additionalProperties":false,"properties":{"message":{"type":"string"},"digest":{"type":"string"},"n":{"type":"integer","multipleOf":5}},"oneOf":[{"required":["message"]},{"required":["digest"]}],"dependentRequired":{"n":["digest"]}}"#)),
              \(operation("open", #"{"type":"object","properties":{"a":{"type":"string"}}}"#)),
              "/none":{"post":{"operationId":"none","responses":{"200":{"description":"-"}}}},
              "/raw":{"post":{"operationId":"raw","responses":{"200":{"description":"-"}},
               "requestBody":{"required":true,"content":{"application/octet-stream":{},"application/json":{"schema":{"type":"object"}}}}}}},
             "components":{"schemas":{
              "Hash":{"type":"string","enum":["sha256","sha512"]},
              "Item":{"type":"object","required":["data"],"additionalProperties":false,"properties":{
               "data":{"type":"string","contentEncoding":"base64","maxLength":64},
               "aad":{"type":"string","contentEncoding":"base64"},
               "hash":{"$ref":"#/components/schemas/Hash","description":"-"},
               "name":{"type":"string","minLength":1,"maxLength":5,"pattern":"^[a-zé]+$"},
               "version":{"type":"integer","minimum":1,"maximum":2147483647},
               "flag":{"type":"boolean"},
               "to":{"type":"object","properties":{"key":{"type":"string"},"salt":{"type":"string","contentEncoding":"base64"}},"additionalProperties":false},
               "labels":{"type":"object","additionalProperties":{"type":"string"}},
               "list":{"type":"array","items":{"type":"string","contentEncoding":"base64"}}}}}}}
            """)
    }

    private func operation(_ id: String) throws -> OpenAPI.Operation {
        try #require(try Self.document.get().operation(id))
    }

    private func check(_ id: String, _ text: String) throws -> CheckedBody {
        try operation(id).check(body: ByteBuffer(text))
    }

    private func error(_ id: String, _ text: String) throws -> BodyError? {
        let body = ByteBuffer(text)
        let operation = try operation(id)
        do throws(BodyError) {
            _ = try operation.check(body: body)
            return nil
        } catch {
            #expect(String(decoding: body.bytes, as: UTF8.self) == text, "a refused body must be left as it was")
            return error
        }
    }

    private func violations(_ id: String, _ text: String) throws -> [String] {
        switch try error(id, text) {
        case .violations(let violations): violations.map { "\($0.pointer) \($0.keyword)" }
        case .json(let error): ["\(error)"]
        case .noRoom: ["no room"]
        case nil: []
        }
    }

    @Test("a tree is made only where there is room, and a flat body asks for none")
    func roomForTree() throws {
        let either = try operation("either")
        var asked: [Int] = []
        func check(_ text: String) throws {
            _ = try either.check(body: ByteBuffer(text)) { bytes in
                asked.append(bytes)
                return false
            }
        }
        try check(#"{"message":"YQ=="}"#)
        #expect(asked.isEmpty)
        let long = #"{"message":"\/\/\/\/"# + String(repeating: "QUJD", count: 10_000) + #""}"#
        #expect(throws: BodyError.noRoom) { try check(long) }
        // Several times the text, and no node for each byte of it.
        #expect(asked.count == 1 && (3 * 40_000..<6 * 40_000).contains(asked[0]))
    }

    @Test("the plans are made from the schemas, where they can be")
    func plans() throws {
        #expect(
            try operation("item").flatPlans.first??.shape.properties.map(\.name) == [
                "data", "aad", "hash", "name", "version", "flag",
            ])
        #expect(try operation("item").flatPlans.first??.shape.properties.first?.isRequired == true)
        #expect(try operation("batch").flatPlans.first??.shape.batch?.maximumItems == 3)
        #expect(try operation("either").flatPlans.first??.shape.properties.count == 3)
        #expect(try operation("open").flatPlans.first.flatMap { $0 } == nil)
    }

    /// The same body, plain, and with an escape that only the full parser reads.
    @Test(
        "flat or not, a body reads the same",
        arguments: [
            #"{"data":"Zm9v","aad":"","hash":"sha256","name":"abc","version":7,"flag":true}"#,
            #"{"d\u0061ta":"Zm9v","aad":"","hash":"sha256","name":"abc","version":7,"flag":true}"#,
            #"{"flag":true,"version":7.0,"name":"abc","hash":"sha256","aad":"","data":"Zm9v"}"#,
            #" { "data" : "Zm9v" , "aad":"","hash":"sha256","name":"abc","version":70e-1,"flag":true } "#,
            #"{"data":"Zm9v","aad":"","hash":"sha256","name":"\u0061bc","version":7,"flag":true,"labels":{}}"#,
        ])
    func sameReading(text: String) throws {
        let body = try check("item", text)
        #expect(body.base64("data").map { Array($0) } == Array("foo".utf8))
        #expect(body.base64("aad")?.count == 0 && body.base64("aad")?.baseAddress != nil)
        #expect(body.string("hash") == "sha256")
        #expect(body.bytes("name").map { Array($0) } == Array("abc".utf8))
        #expect(body.integer("version") == 7)
        #expect(body.boolean("flag") == true)
        #expect(body.has("data") && !body.has("to") && !body.has("list"))
        // Asked for as what it is not.
        #expect(body.bytes("data") == nil && body.string("data") == nil && body.base64("name") == nil)
        #expect(body.integer("flag") == nil && body.boolean("version") == nil && body.integer("data") == nil)
        #expect(
            body.string("nothing") == nil && body.object("data") == nil && body.items("data") == nil
                && body.nested("data") == nil)
        try expectWithin(body.storage, body.base64("data"))
        try expectWithin(body.storage, body.base64("aad"))
        withExtendedLifetime(body) {}
    }

    @Test("what is not flat is read from the tree, nested base64 too")
    func nested() throws {
        let body = try check(
            "item",
            #"{"data":"AAAA","to":{"key":"é","salt":"Zm9v"},"labels":{"a":"YWJj","b":"x"},"list":["Zg==","Zm8=","Zg=="]}"#
        )
        let to = try #require(body.nested("to"))
        #expect(to.string("key") == "é")
        #expect(to.base64("salt").map { Array($0) } == Array("foo".utf8))
        // What looks like base64 but is not said to be stays text.
        let labels = try #require(body.nested("labels"))
        #expect(labels.string("a") == "YWJj" && labels.base64("a") == nil)
        #expect(body.object("labels")?.count == 2)
        #expect(body.object("list")?.element(at: 1)?.string == "Zm8=")
        #expect(body.items("list")?.count == 3)
        try expectWithin(body.storage, to.base64("salt"))
        try expectWithin(body.storage, body.base64("data"))
        withExtendedLifetime(body) {}
    }

    @Test(
        "batches are read item by item, flat or not",
        arguments: [
            #"{"items":[{"data":"Zm9v","version":1},{"data":"","flag":false},{"data":"YmFy","version":3}]}"#,
            #"{"items":[{"data":"Zm9v","version":1},{"data":"","flag":false},{"data":"YmF\u0079","version":3}]}"#,
        ])
    func batch(text: String) throws {
        let body = try check("batch", text)
        let items = try #require(body.items("items"))
        #expect(items.count == 3 && body.has("items") && !body.has("data"))
        var plain: [String] = []
        try body.forEachItem("items") { index, item in
            let data = try #require(item.base64("data"))
            try expectWithin(body.storage, data)
            plain.append("\(index)" + String(decoding: data, as: UTF8.self) + "\(item.integer("version") ?? 0)")
            #expect(item.has("flag") == (index == 1))
        }
        #expect(plain == ["0foo1", "10", "2bar3"])
        #expect(!items[3].has("data") && !items[-1].has("data") && items[3].base64("data") == nil)
        withExtendedLifetime(body) {}
    }

    private func expectWithin(_ storage: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer?) throws {
        let part = try #require(part)
        let start = try #require(storage.baseAddress)
        let address = try #require(part.baseAddress)
        #expect(address >= start && address + part.count <= start + storage.count)
    }

    @Test(
        "everything that does not fit is a violation with its place",
        arguments: [
            ("item", "{}", ["/data required"]), ("item", "[]", [" type"]), ("item", "null", [" type"]),
            ("item", #"{"data":1}"#, ["/data type"]),
            ("item", #"{"data":"AB=="}"#, ["/data contentEncoding"]),
            ("item", #"{"data":"AAA"}"#, ["/data contentEncoding"]),
            ("item", #"{"data":"AA==\n"}"#, ["/data contentEncoding"]),
            ("item", "{\"data\":\"\(String(repeating: "A", count: 68))\"}", ["/data maxLength"]),
            ("item", #"{"data":"","hash":"md5"}"#, ["/hash enum"]),
            ("item", #"{"data":"","name":""}"#, ["/name minLength", "/name pattern"]),
            ("item", #"{"data":"","name":"abcdef"}"#, ["/name maxLength"]),
            ("item", #"{"data":"","name":"a1"}"#, ["/name pattern"]),
            ("item", #"{"data":"","version":0}"#, ["/version minimum"]),
            ("item", #"{"data":"","version":2147483648}"#, ["/version maximum"]),
            ("item", #"{"data":"","version":1.5}"#, ["/version type"]),
            ("item", #"{"data":"","version":"1"}"#, ["/version type"]),
            ("item", #"{"data":"","version":1e30}"#, ["/version type", "/version maximum"]),
            ("item", #"{"data":"","flag":1}"#, ["/flag type"]),
            ("item", #"{"data":"","flag":null}"#, ["/flag type"]),
            ("item", #"{"data":"","other":1}"#, ["/other additionalProperties"]),
            ("item", #"{"data":"","to":{"x":1}}"#, ["/to/x additionalProperties"]),
            ("item", #"{"data":"","list":["A"]}"#, ["/list/0 contentEncoding"]),
            (
                "item", #"{"Data":"","other":1}"#,
                ["/data required", "/Data additionalProperties", "/other additionalProperties"]
            ),
            ("batch", #"{"items":[]}"#, ["/items minItems"]), ("batch", "{}", ["/items required"]),
            ("batch", #"{"items":[{"data":""},{"data":""},{"data":""},{"data":""}]}"#, ["/items maxItems"]),
            (
                "batch", #"{"items":[{"data":""},{"data":"A"},{}]}"#,
                ["/items/1/data contentEncoding", "/items/2/data required"]
            ),
            ("either", "{}", [" oneOf"]), ("either", #"{"message":"a","digest":"b"}"#, [" oneOf"]),
            ("either", #"{"message":"a","n":5}"#, ["/digest dependentRequired"]),
            ("either", #"{"digest":"a","n":4}"#, ["/n multipleOf"]),
            ("none", #"{"a":1}"#, [" requestBody"]),
        ])
    func wrong(id: String, text: String, expected: [String]) throws {
        #expect(try violations(id, text).sorted() == expected.sorted())
    }

    @Test(
        "what is right about presence is accepted on both ways",
        arguments: [
            #"{"message":"a"}"#, #"{"digest":"a","n":10}"#, #"{"m\u0065ssage":"a"}"#, #"{"digest":"a","n":1e1}"#,
        ])
    func presence(text: String) throws {
        #expect(try violations("either", text) == [])
    }

    @Test("code points are counted, not bytes")
    func codePoints() throws {
        #expect(try violations("item", #"{"data":"","name":"ééééé"}"#) == [])
        #expect(try violations("item", #"{"data":"","name":"éééééé"}"#) == ["/name maxLength"])
    }

    @Test(
        "what is not acceptable JSON is told apart from what does not fit",
        arguments: [
            ("", JSONError.malformed(offset: 0)), ("{", .malformed(offset: 1)),
            (#"{"data":""}x"#, .malformed(offset: 12)),
            (#"{"data":"","data":""}"#, .duplicateMember(pointer: "/data")),
            (#"{"data":"","d\u0061ta":""}"#, .duplicateMember(pointer: "/data")),
            (#"{"data":"","to":{"key":"","key":""}}"#, .duplicateMember(pointer: "/to/key")),
            (#"{"data":"","version":9223372036854775808}"#, .numberOutOfRange),
            (#"{"data":"","to":"# + String(repeating: "[", count: 32), .tooDeep),
        ])
    func notJSON(text: String, expected: JSONError) throws {
        #expect(try error("item", text) == .json(expected))
    }

    @Test("a body with far more values than its schema allows is refused before it is parsed")
    func tooManyValues() throws {
        func body(_ count: Int) -> String {
            "{\"items\":[" + Array(repeating: #"{"data":"","x":1}"#, count: count).joined(separator: ",") + "]}"
        }
        // A few too many are told one by one.
        #expect(try violations("batch", body(4)) == ["/items maxItems"])
        #expect(try error("batch", body(3000)) == .json(.tooManyValues))
        let nothing = String(repeating: "[],", count: 5000)
        #expect(try error("item", #"{"data":"","flag":[\#(nothing)1]}"#) == .json(.tooManyValues))
        #expect(try error("optional", #"{"days":[\#(nothing)1]}"#) == .json(.tooManyValues))
    }

    @Test("every document that fits is within its schema's bound")
    func boundHolds() throws {
        for (text, value, bound) in [
            (#"{"type":"array","maxItems":3,"items":{"type":"object","additionalProperties":false}}"#, "[{},{},{}]", 8),
            (#"{"type":"object","maxProperties":2,"additionalProperties":{"type":"string"}}"#, #"{"a":"","b":""}"#, 4),
            (
                #"{"type":"object","properties":{"a":{"enum":[[1,2]]},"b":{"type":"array","prefixItems":[true],"items":false}},"additionalProperties":false}"#,
                #"{"a":[1,2],"b":[1]}"#, ValueBound.unbounded
            ),
            (#"{"enum":[[1,2],3]}"#, "[1,2]", ValueBound.unbounded), (#"{"enum":[1,"a"]}"#, "1", 1),
            (
                ##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##,
                #"{"next":{"next":{}}}"#, ValueBound.unbounded
            ),
            (
                #"{"type":"array","maxItems":2,"items":{"oneOf":[{"type":"null"},{"type":"array","maxItems":4,"items":{"type":"boolean"}}]}}"#,
                "[[true,true,true,true],[true]]", 14
            ),
        ] {
            let compiled = try schema(text)
            var bounds = ValueBound(nodes: compiled.set.nodes)
            let found = bounds.bound(of: compiled.root)
            #expect(found == bound, "\(text)")
            let document = try json(value)
            #expect(compiled.accepts(document.root), "\(text)")
            _ = try value.withBytes { (bytes) throws(JSONError) in
                try JSONDocument.parse(bytes, maximumValues: found)
            }
        }
    }

    @Test("an item's duplicate member in a batch is found too")
    func batchDuplicate() throws {
        #expect(
            try error("batch", #"{"items":[{"data":""},{"data":"","data":""}]}"#)
                == .json(.duplicateMember(pointer: "/items/1/data")))
    }

    @Test("a body may be absent where it is not required, and must be where there is none")
    func absent() throws {
        let optional = try check("optional", "")
        #expect(
            !optional.has("days") && optional.integer("days") == nil && optional.storage.isEmpty
                && optional.items("days") == nil)
        #expect(try check("optional", #"{"days":3}"#).integer("days") == 3)
        #expect(try check("optional", "{}").integer("days") == nil)
        #expect(try !check("none", "").has("x"))
    }

    @Test(
        "content types are matched without their parameters and in any case",
        arguments: [
            ("application/json", true), ("Application/JSON", true), ("application/json; charset=utf-8", true),
            (" application/json ;x", true),
            ("application/jsonx", false), ("text/json", false), ("", false), ("application/", false), (";", false),
        ])
    func contentTypes(text: String, isAccepted: Bool) throws {
        let operation = try operation("item")
        #expect(text.withBytes { operation.accepts(contentType: $0) } == isAccepted)
        #expect(!operation.accepts(contentType: nil))
        #expect(text.withBytes { try? self.operation("none").accepts(contentType: $0) } == false)
        #expect(operation.mediaTypes == ["application/json"])
    }

    @Test("a body that is not JSON is taken as it is")
    func opaque() throws {
        let operation = try operation("raw")
        let bytes = ByteBuffer("\u{0}not json")
        let body = try "application/octet-stream".withBytes { try operation.check(body: bytes, contentType: $0) }
        #expect(body.storage.elementsEqual("\u{0}not json".utf8) && !body.has("a"))
        #expect(throws: BodyError.json(.malformed(offset: 1))) {
            try "application/json".withBytes { try operation.check(body: ByteBuffer("x"), contentType: $0) }
        }
    }

    @Test("no error quotes what the client sent as a value")
    func noValues() throws {
        for text in [
            #"{"data":"hunter2"}"#, #"{"data":"","name":"hunter2!"}"#, #"{"data":"","hash":"hunter2"}"#,
            #"{"data":"hunter2"x}"#,
        ] {
            let error = try #require(try error("item", text))
            #expect(!"\(error)".contains("hunter2"))
        }
    }
}
