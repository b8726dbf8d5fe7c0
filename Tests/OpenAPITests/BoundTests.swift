// Bounds at their edges: at the bound and one past it, on the flat way and the full way, in bodies and in parameters. Lengths
// count code points.

import Bytes
import JSON
import Testing

@testable import OpenAPI

@Suite("Bounds at their edges")
struct BoundTests {
    /// A schema of the member `m`, values that it takes, and values that it does not.
    struct Bound: Sendable, CustomTestStringConvertible {
        let schema: String
        let fitting: [String]
        let unfit: [String]

        var testDescription: String { schema }

        init(_ schema: String, fits: [String], not unfit: [String]) {
            self.schema = schema
            fitting = fits
            self.unfit = unfit
        }
    }

    private static func text(_ character: String, _ count: Int) -> String {
        "\"" + String(repeating: character, count: count) + "\""
    }

    /// Characters of one to four bytes, and one in its escaped form.
    private static let characters = ["a", "é", "€", "😀", #"\u0061"#, #"\ud83d\ude00"#]

    private static var lengths: [Bound] {
        [0, 1, 2, 5, 64].map { bound in
            Bound(
                #"{"type":"string","maxLength":\#(bound)}"#,
                fits: characters.flatMap { [text($0, bound), text($0, max(bound - 1, 0))] },
                not: characters.flatMap { [text($0, bound + 1), text($0, 4 * bound + 1)] })
        }
            + [1, 2, 4, 5, 64].map { bound in
                Bound(
                    #"{"type":"string","minLength":\#(bound)}"#,
                    fits: characters.flatMap { [text($0, bound), text($0, bound + 1)] },
                    not: characters.map { text($0, bound - 1) })
            }
    }

    private static let others = [
        Bound(
            #"{"type":"string","contentEncoding":"base64","maxLength":8}"#, fits: [#""AAAAAAAA""#, #""AAAAAAA=""#],
            not: [#""AAAAAAAAAAAA""#, #""AAAAAAAAAA==""#]),
        Bound(
            #"{"type":"string","contentEncoding":"base64","minLength":8}"#, fits: [#""AAAAAAAA""#, #""AAAAAA==""#],
            not: [#""AAAA""#, #""""#]),
        Bound(
            #"{"type":"string","minLength":2,"maxLength":3,"pattern":"^[a-z]+$"}"#, fits: [#""ab""#, #""abc""#],
            not: [#""a""#, #""abcd""#, #""ab1""#]),
        Bound(#"{"type":"integer","minimum":3}"#, fits: ["3", "4", "3.0"], not: ["2", "-3", "2.0"]),
        Bound(#"{"type":"integer","maximum":3}"#, fits: ["3", "2", "-4", "3.0"], not: ["4", "4.0", "30"]),
        Bound(#"{"type":"integer","minimum":-3,"maximum":-1}"#, fits: ["-3", "-1"], not: ["-4", "0", "1"]),
        Bound(#"{"type":"integer","exclusiveMinimum":3}"#, fits: ["4"], not: ["3", "3.0", "2"]),
        Bound(#"{"type":"integer","exclusiveMaximum":3}"#, fits: ["2"], not: ["3", "3.0", "4"]),
        Bound(
            #"{"type":"integer","minimum":1,"maximum":9007199254740991}"#, fits: ["1", "9007199254740991"],
            not: ["0", "9007199254740992", "9223372036854775807", "9223372036854775808", "1e99"]),
        Bound(
            #"{"type":"array","minItems":1,"maxItems":3,"items":{"type":"integer"}}"#, fits: ["[1]", "[1,1,1]"],
            not: ["[]", "[1,1,1,1]"]),
        Bound(
            #"{"type":"array","uniqueItems":true,"items":{"type":"integer"}}"#, fits: ["[]", "[1]", "[1,2,3]"],
            not: ["[1,1]", "[1,2,1]", "[2,1,1]"]),
        Bound(
            #"{"type":"array","uniqueItems":true,"items":{"type":"integer"}}"#,
            fits: ["[\((0..<17).map(String.init).joined(separator: ","))]"],
            not: [
                "[\((0..<16).map(String.init).joined(separator: ",")),0]",
                "[\((0..<17).map(String.init).joined(separator: ",")),16]",
            ]),
        Bound(
            #"{"type":"object","maxProperties":2,"additionalProperties":{"type":"integer"}}"#,
            fits: ["{}", #"{"a":1,"b":2}"#], not: [#"{"a":1,"b":2,"c":3}"#]),
        Bound(
            #"{"type":"object","minProperties":2,"additionalProperties":{"type":"integer"}}"#,
            fits: [#"{"a":1,"b":2}"#], not: ["{}", #"{"a":1}"#]),
        Bound(
            #"{"type":"object","propertyNames":{"maxLength":2},"additionalProperties":{"maxLength":2}}"#,
            fits: [#"{"ab":"ab","éé":"😀😀"}"#], not: [#"{"abc":""}"#, #"{"ééé":""}"#, #"{"a":"ééé"}"#]),
    ]

    @Test("a body's member at its bound is taken and one past it is not, either way", arguments: lengths + others)
    func bodies(bound: Bound) throws {
        let member =
            #"{"type":"object","required":["m"],"additionalProperties":false,"properties":{"m":\#(bound.schema)}}"#
        let batch =
            #"{"type":"object","required":["i"],"additionalProperties":false,"properties":{"i":{"type":"array","items":\#(member)}}}"#
        for (schema, wrap) in [
            (member, { "{\"m\":\($0)}" }), (batch, { "{\"i\":[{\"m\":\($0)}]}" }),
        ] as [(String, (String) -> String)] {
            let document = try load(
                """
                {"openapi":"3.1.0","paths":{"/a":{"post":{"operationId":"a","responses":{"200":{"description":"-"}},
                 "requestBody":{"required":true,"content":{"application/json":{"schema":\(schema)}}}}}}}
                """)
            let operation = try #require(document.operation("a"))
            let media = try #require(operation.requestBody?.content.first)
            let plan = operation.flatPlans.first ?? nil
            for value in bound.fitting {
                #expect((try? operation.parse(ByteBuffer(wrap(value)), media)) != nil, "full: \(value)")
                #expect((try? operation.check(body: ByteBuffer(wrap(value)))) != nil, "\(value)")
                // What is ASCII and has nothing escaped goes the flat way, where there is one.
                if let plan, value.allSatisfy(\.isASCII), !value.contains(where: { "\\.[{".contains($0) }) {
                    #expect(plan.read(ByteBuffer(wrap(value))) != nil, "flat: \(value)")
                }
            }
            for value in bound.unfit {
                #expect((try? operation.parse(ByteBuffer(wrap(value)), media)) == nil, "full: \(value)")
                #expect((try? operation.check(body: ByteBuffer(wrap(value)))) == nil, "\(value)")
                if let plan { #expect(plan.read(ByteBuffer(wrap(value))) == nil, "flat: \(value)") }
            }
        }
    }

    @Test("a batch at its bounds is taken and one past them is not, either way")
    func batches() throws {
        let document = try load(
            """
            {"openapi":"3.1.0","paths":{"/a":{"post":{"operationId":"a","responses":{"200":{"description":"-"}},
             "requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","required":["i"],
              "additionalProperties":false,"properties":{"i":{"type":"array","minItems":2,"maxItems":40,"items":{
               "type":"object","required":["m"],"additionalProperties":false,"properties":{"m":{"type":"string"}}}}}}}}}}}}}
            """)
        let operation = try #require(document.operation("a"))
        let plan = try #require(operation.flatPlans.first ?? nil)
        let media = try #require(operation.requestBody?.content.first)
        for count in [0, 1, 2, 3, 39, 40, 41] {
            let text = "{\"i\":[" + Array(repeating: #"{"m":"x"}"#, count: count).joined(separator: ",") + "]}"
            let fits = (2...40).contains(count)
            #expect((plan.read(ByteBuffer(text)) != nil) == fits, "flat: \(count)")
            #expect(((try? operation.parse(ByteBuffer(text), media)) != nil) == fits, "full: \(count)")
            #expect(plan.read(ByteBuffer(text))?.rows ?? count == count)
        }
    }

    @Test("a parameter at its bound is taken and one past it is not", arguments: lengths + others)
    func parameters(bound: Bound) throws {
        let isText = bound.schema.contains("string") && !bound.schema.contains("contentEncoding")
        guard isText || bound.schema.contains(#""integer","#), !bound.schema.contains("items") else { return }
        guard !bound.schema.contains("object") else { return }
        let document = try load(
            """
            {"openapi":"3.1.0","paths":{"/a":{"get":{"operationId":"a","responses":{"200":{"description":"-"}},
             "parameters":[{"name":"m","in":"query","schema":\(bound.schema)}]}}}}
            """)
        func takes(_ value: String) -> Bool {
            guard let operation = document.router.operation(.get, "/a") else { return false }
            let escaped = value.utf8.filter { $0 != UInt8(ascii: "\"") }.map {
                "%" + String(UInt16($0) | 256, radix: 16).dropFirst()
            }
            let query = ByteBuffer("m=" + escaped.joined())
            let path = ByteBuffer("/a")
            guard case .operation(_, let parameters) = document.router.match(method: .get, path: path.bytes) else {
                return false
            }
            var checked = CheckedParameters()
            defer { withExtendedLifetime((path, query)) {} }
            return (try? operation.checkParameters(path: parameters, query: query.bytes, into: &checked)) != nil
        }
        // JSON's escapes and its other ways to write an integer are none here.
        let isPlain = { (value: String) in !value.contains("\\") && !value.contains(".") && !value.contains("e") }
        for value in bound.fitting where isPlain(value) { #expect(takes(value), "\(value)") }
        for value in bound.unfit where isPlain(value) { #expect(!takes(value), "\(value)") }
    }
}
