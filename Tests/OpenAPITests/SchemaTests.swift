// What the suite does not say: where violations are, how they are worded, that they are bounded, and what is refused at
// load.

import JSON
import Testing

@testable import OpenAPI

@Suite("Schemas")
struct SchemaTests {
    @Test(
        "a violation says where, which keyword, and what is asked for",
        arguments: [
            (#"{"type":"string"}"#, "1", "", "type", "must be a string"),
            (#"{"type":["integer","null"]}"#, "\"x\"", "", "type", "must be one of: null, integer"),
            (#"{"type":"integer"}"#, "1.5", "", "type", "must be an integer"),
            (#"{"type":"integer"}"#, "1e30", "", "type", "must be an integer"),
            (#"{"maxLength":5}"#, #""éééééé""#, "", "maxLength", "must be at most 5 characters"),
            (#"{"minLength":1}"#, #""""#, "", "minLength", "must be at least 1 character"),
            (#"{"pattern":"^a+$"}"#, #""b""#, "", "pattern", "must match the pattern ^a+$"),
            (#"{"enum":["a","b"]}"#, #""c""#, "", "enum", "must be one of: a, b"),
            (#"{"const":3}"#, "4", "", "const", "must be 3"),
            (#"{"minimum":2}"#, "1", "", "minimum", "must be at least 2"),
            (#"{"maximum":2}"#, "2.5", "", "maximum", "must be at most 2"),
            (#"{"exclusiveMinimum":2}"#, "2", "", "exclusiveMinimum", "must be over 2"),
            (#"{"exclusiveMaximum":2}"#, "2", "", "exclusiveMaximum", "must be below 2"),
            (#"{"multipleOf":3}"#, "4", "", "multipleOf", "must be a multiple of 3"),
            (#"{"required":["a"]}"#, "{}", "/a", "required", "is required"),
            (#"{"properties":{"a":{"type":"null"}}}"#, #"{"a":1}"#, "/a", "type", "must be null"),
            (
                #"{"properties":{"a":{"items":{"minimum":0}}}}"#, #"{"a":[1,-1]}"#, "/a/1", "minimum",
                "must be at least 0"
            ),
            (
                #"{"additionalProperties":false}"#, #"{"x~/y":1}"#, "/x~0~1y", "additionalProperties",
                "is not a known member"
            ),
            (#"{"additionalProperties":{"type":"integer"}}"#, #"{"x":""}"#, "/x", "type", "must be an integer"),
            (#"{"propertyNames":{"maxLength":1}}"#, #"{"ab":1}"#, "/ab", "propertyNames", "is not a name allowed here"),
            (#"{"minProperties":1}"#, "{}", "", "minProperties", "must have at least 1 member"),
            (#"{"maxProperties":0}"#, #"{"a":1}"#, "", "maxProperties", "must have at most 0 members"),
            (#"{"minItems":2}"#, "[1]", "", "minItems", "must have at least 2 elements"),
            (#"{"maxItems":1}"#, "[1,2]", "", "maxItems", "must have at most 1 element"),
            (#"{"uniqueItems":true}"#, "[1,1.0]", "", "uniqueItems", "must not have the same element twice"),
            (
                #"{"contentEncoding":"base64"}"#, #""AB==""#, "", "contentEncoding",
                "must be padded standard base64 (RFC 4648 section 4)"
            ),
            (#"{"format":"uuid"}"#, #""x""#, "", "format", "must be a UUID"),
            (#"{"format":"int32"}"#, "2147483648", "", "format", "must fit 32 bits"),
            (
                #"{"anyOf":[{"type":"null"},{"type":"string"}]}"#, "1", "", "anyOf",
                "must have one of the forms allowed here"
            ),
            (#"{"oneOf":[{},{}]}"#, "1", "", "oneOf", "must have only one of the forms allowed here"),
            (#"{"not":{}}"#, "1", "", "not", "must not have this form"),
            (
                #"{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}"#, #"{"a":1,"b":2}"#, "/b",
                "unevaluatedProperties", "is not a known member"
            ),
            (#"{"unevaluatedProperties":{"type":"null"}}"#, #"{"a":1}"#, "/a", "type", "must be null"),
            (
                #"{"prefixItems":[true],"unevaluatedItems":false}"#, "[1,2]", "/1", "unevaluatedItems",
                "is not a known element"
            ),
            (#"{"unevaluatedItems":{"type":"null"}}"#, "[null,1]", "/1", "type", "must be null"),
            (#"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#, "/b", "dependentRequired", "is required beside a"),
            (#"{"properties":{"a":false}}"#, #"{"a":1}"#, "/a", "false", "is not allowed"),
            (##"{"$ref":"#/$defs/x","$defs":{"x":{"type":"string"}}}"##, "1", "", "type", "must be a string"),
            (
                #"{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}"#, "1", "", "minimum",
                "must be at least 2"
            ),
        ])
    func violation(text: String, value: String, pointer: String, keyword: String, detail: String) throws {
        let schema = try schema(text)
        let document = try json(value)
        #expect(
            schema.violations(of: document.root) == [
                SchemaViolation(pointer: pointer, keyword: keyword, detail: detail)
            ])
        #expect(!schema.accepts(document.root))
    }

    @Test("several violations are told together, and never more than the limit")
    func limited() throws {
        let schema = try schema(#"{"items":{"type":"integer"},"maxItems":1000}"#)
        let three = try json(#"["a",1,"b"]"#)
        #expect(schema.violations(of: three.root).map(\.pointer) == ["/0", "/2"])
        let many = try json("[" + Array(repeating: "\"a\"", count: 1000).joined(separator: ",") + "]")
        #expect(schema.violations(of: many.root).count == SchemaViolation.limit)
        let more = try json("[" + Array(repeating: "\"a\"", count: 1001).joined(separator: ",") + "]")
        #expect(schema.violations(of: more.root).map(\.keyword) == ["maxItems"])
        let members = try json("{" + (0..<1000).map { "\"m\($0)\":1" }.joined(separator: ",") + "}")
        let closed = try SchemaTests.closed()
        #expect(closed.violations(of: members.root).count == SchemaViolation.limit)
    }

    @Test("a hostile member name is cut and cleaned in the pointer")
    func hostileName() throws {
        let closed = try SchemaTests.closed()
        let document = try json("{\"\(String(repeating: "x", count: 5000))\\r\\n\":1}")
        let pointer = try #require(closed.violations(of: document.root).first?.pointer)
        #expect(pointer == "/" + String(repeating: "x", count: 64) + "…")
        let control = try json(#"{"a\r\nSet-Cookie: x":1}"#)
        #expect(closed.violations(of: control.root).first?.pointer == "/a??Set-Cookie: x")
    }

    @Test("no violation holds the value")
    func noValues() throws {
        let schema = try schema(
            #"{"anyOf":[{"type":"integer","maximum":3},{"const":"a"}],"pattern":"^b","format":"uuid","minLength":90}"#
        )
        let document = try json("\"hunter2hunter2\"")
        let violations = schema.violations(of: document.root)
        #expect(violations.count >= 4)
        #expect(!"\(violations)".contains("hunter2"))
    }

    @Test(
        "what is not enforced does not load, and the error says where",
        arguments: [
            (#"{"typo":1}"#, "/typo"), (#"{"dependencies":{"a":["b"]}}"#, "/dependencies"),
            (#"{"properties":{"a":{"contentMediaType":"x"}}}"#, "/properties/a/contentMediaType"),
            (#"{"format":"idn-hostname"}"#, "/format"), (#"{"contentEncoding":"base64url"}"#, "/contentEncoding"),
            (#"{"$ref":"https://example.com/x"}"#, "/$ref"), (##"{"$ref":"#/nowhere"}"##, "/$ref"),
            (##"{"$ref":"#anchor"}"##, "/$ref"),
            (#"{"$id":"x#y"}"#, "/$id"), (#"{"$anchor":"1"}"#, "/$anchor"),
            (#"{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}"#, "/$defs/b/$anchor"),
            (#"{"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}}"#, "/$defs/b/$id"),
            (##"{"$dynamicRef":"#x"}"##, "/$dynamicRef"), (#"{"type":"text"}"#, "/type"), (#"{"type":1}"#, "/type"),
            (#"{"enum":[]}"#, "/enum"),
            (#"{"enum":1}"#, "/enum"), (#"{"pattern":"("}"#, "/pattern"),
            (#"{"patternProperties":{"[":{}}}"#, "/patternProperties/["),
            (#"{"minLength":-1}"#, "/minLength"), (#"{"maxItems":"1"}"#, "/maxItems"),
            (#"{"multipleOf":0}"#, "/multipleOf"),
            (#"{"required":[1]}"#, "/required/0"), (#"{"allOf":[]}"#, "/allOf"), (#"{"items":[{}]}"#, "/items"),
            ("1", ""), ("null", ""),
            (#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "/$schema"),
            (#"{"nullable":true}"#, "/nullable"),
            (#"{"properties":{"a/b~c":{"typo":1}}}"#, "/properties/a~1b~0c/typo"), (#"{"minimum":"1"}"#, "/minimum"),
        ])
    func refused(text: String, pointer: String) throws {
        #expect {
            _ = try schema(text)
        } throws: {
            ($0 as? DocumentError)?.pointer == pointer
        }
    }

    @Test(
        "a schema that leads back to itself over the same value does not load",
        arguments: [
            ##"{"$ref":"#"}"##, ##"{"allOf":[{"$ref":"#"}]}"##, ##"{"not":{"$ref":"#"}}"##, ##"{"if":{"$ref":"#"}}"##,
            ##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}}}"##,
        ])
    func cycle(text: String) {
        #expect(throws: DocumentError.self) { try schema(text) }
    }

    @Test("what a failed schema has said of members is not told a second time")
    func noEchoes() throws {
        let schema = try schema(#"{"properties":{"a":{"type":"null"}},"required":["b"],"unevaluatedProperties":false}"#)
        let value = try json(#"{"a":1,"c":2}"#)
        #expect(schema.violations(of: value.root).map(\.keyword) == ["required", "type"])
    }

    @Test("choices within choices end in a violation, not in years")
    func bounded() throws {
        // Each level holds the value against the next one twice: 2^40 times at the end.
        let levels = (0..<40).map { level in
            ##""l\##(level)":{"allOf":[{"$ref":"#/$defs/l\##(level + 1)"},{"$ref":"#/$defs/l\##(level + 1)"}]}"##
        }
        let schema = try schema(
            ##"{"$ref":"#/$defs/l0","$defs":{\##(levels.joined(separator: ",")),"l40":{"type":"null"}}}"##)
        let fitting = try json("null")
        #expect(!schema.accepts(fitting.root))
        #expect(
            schema.violations(of: fitting.root) == [
                SchemaViolation(pointer: "", keyword: "schema", detail: "is too costly to check")
            ])
        let other = try json("1")
        #expect(schema.violations(of: other.root).count == SchemaViolation.limit)
    }

    @Test("schemas that stand in each other too deeply do not load")
    func nesting() throws {
        func chain(_ length: Int) -> String {
            let links = (0..<length).map { ##""l\##($0)":{"$ref":"#/$defs/l\##($0 + 1)"}"## }
            return
                ##"{"$ref":"#/$defs/l0","$defs":{\##(links.joined(separator: ",")),"l\##(length)":{"type":"null"}}}"##
        }
        let value = try json("null")
        #expect(try schema(chain(SchemaCompiler.maximumNesting - 2)).accepts(value.root))
        #expect(throws: DocumentError.self) { try schema(chain(SchemaCompiler.maximumNesting)) }
    }

    @Test("other documents are referred to by their URIs, and an error in one names it")
    func library() throws {
        let library = [
            "https://example.org/a.json": try json(##"{"$defs":{"x":{"$anchor":"x","type":"null"}}}"##),
            "https://example.org/bad.json": try json(#"{"properties":{"a":{"typo":1}}}"#),
        ]
        let value = try json("1")
        for reference in ["https://example.org/a.json#x", "https://example.org/a.json#/$defs/x"] {
            let schema = try CompiledSchema.compile(json(##"{"$ref":"\##(reference)"}"##), library: library)
            #expect(schema.violations(of: value.root).map(\.detail) == ["must be null"])
        }
        #expect(
            throws: DocumentError(
                pointer: "https://example.org/bad.json#/properties/a/typo", reason: "this keyword is not enforced here")
        ) {
            try CompiledSchema.compile(json(#"{"$ref":"https://example.org/bad.json"}"#), library: library)
        }
    }

    @Test("as the specification has it, what is unknown is passed over, and format only annotates")
    func standardRules() throws {
        let text = #"{"typo":1,"format":"ipv4","contentEncoding":"base64","x":{"$id":"a b"}}"#
        let value = try json("\"x\"")
        #expect(try CompiledSchema.compile(json(text), rules: .standard).accepts(value.root))
        #expect(try !CompiledSchema.compile(json(text), rules: .assertingFormat).accepts(value.root))
        #expect(throws: DocumentError.self) { try CompiledSchema.compile(json(text), rules: .strict) }
    }

    @Test("a recursive schema holds at every depth")
    func recursive() throws {
        let schema = try schema(##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##)
        func nested(_ inner: String, _ depth: Int) -> String {
            String(repeating: #"{"next":"#, count: depth) + inner + String(repeating: "}", count: depth)
        }
        let good = try json(nested("{}", 30))
        #expect(schema.accepts(good.root))
        let bad = try json(nested(#"{"other":1}"#, 30))
        #expect(schema.violations(of: bad.root).map(\.pointer) == [String(repeating: "/next", count: 30) + "/other"])
    }

    @Test(
        "numbers are compared for what they are",
        arguments: [
            (#"{"maximum":9007199254740992}"#, "9007199254740993", false),
            (#"{"maximum":9007199254740992.0}"#, "9007199254740993", false),
            (#"{"minimum":9223372036854775807}"#, "9223372036854775806", false), (#"{"minimum":0.5}"#, "0", false),
            (#"{"minimum":0.5}"#, "1", true), (#"{"maximum":-0.5}"#, "-1", true), (#"{"maximum":-0.5}"#, "0", false),
            (#"{"maximum":1e300}"#, "9223372036854775807", true),
            (#"{"minimum":-1e300}"#, "-9223372036854775808", true),
            (#"{"minimum":1e300}"#, "9223372036854775807", false), (#"{"exclusiveMaximum":0.3}"#, "0.3", false),
            (#"{"multipleOf":0.01}"#, "19.99", true), (#"{"multipleOf":0.01}"#, "19.995", false),
            (#"{"multipleOf":0.5}"#, "0", true),
            (#"{"multipleOf":3}"#, "0.1", false), (#"{"multipleOf":7}"#, "-21", true),
        ])
    func numbers(text: String, value: String, fits: Bool) throws {
        let document = try json(value)
        #expect(try schema(text).accepts(document.root) == fits)
    }

    @Test("a large array of different values is checked for uniqueness in time")
    func uniqueness() throws {
        let schema = try schema(#"{"uniqueItems":true}"#)
        let numbers = try json("[" + (0..<50_000).map(String.init).joined(separator: ",") + "]")
        #expect(schema.accepts(numbers.root))
        let twice = try json("[" + (0..<5000).map(String.init).joined(separator: ",") + ",17.0]")
        #expect(!schema.accepts(twice.root))
        let objects = try json(
            "[" + (0..<40).map { "{\"a\":\($0),\"b\":[]}" }.joined(separator: ",") + #",{"b":[],"a":3}]"#)
        #expect(!schema.accepts(objects.root))
    }

    static func closed() throws -> CompiledSchema {
        try OpenAPITests.schema(#"{"additionalProperties":false}"#)
    }
}
