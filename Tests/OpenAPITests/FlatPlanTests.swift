// The flat way against the full way, for whole operations with everything that their schemas say: the flat way may only
// take what the full way takes, and must read the same from it.

import Bytes
import JSON
import Testing

@testable import OpenAPI

@Suite("The flat way and the full way")
struct FlatPlanTests {
    @Test("they agree on bodies put together at random", arguments: ["item", "batch", "either"])
    func agree(id: String) throws {
        let operation = try #require(try BodyTests.document.get().operation(id))
        let plan = try #require(operation.flatPlans.first ?? nil)
        let media = try #require(operation.requestBody?.content.first)
        let members = id == "either" ? Self.eitherMembers : Self.itemMembers
        var flat = 0
        var full = 0
        for _ in 0..<6000 {
            func object() -> String {
                // Most begin as they should, or hardly any would fit.
                let first = Int.random(in: 0..<4) > 0 ? members.prefix(1) : []
                let others = (0..<Int.random(in: 0...3)).compactMap { _ in members.randomElement() }
                return "{" + (first + others).joined(separator: ",") + "}"
            }
            let text =
                id == "batch"
                ? "{\"items\":[" + (0..<Int.random(in: 0...2)).map { _ in object() }.joined(separator: ",") + "]}"
                : object()
            let body = ByteBuffer(text)
            let read = plan.read(body)
            let tree = try? operation.parse(ByteBuffer(text), media)
            if tree != nil { full += 1 }
            guard let read else { continue }
            flat += 1
            guard let tree else {
                Issue.record("only the flat way took \(text)")
                continue
            }
            if !Self.isSame(CheckedBody(read), CheckedBody(tree), isBatch: id == "batch") {
                Issue.record("read differently: \(text)")
            }
        }
        #expect(flat > 100 && full >= flat && full < 6000, "\(flat) flat of \(full)")
    }

    @Test("every body that is plain and right goes the flat way")
    func plainBodies() throws {
        for (id, text) in [
            ("item", #"{"data":"AAAA","hash":"sha512","name":"abc","version":1,"flag":false,"aad":"AA=="}"#),
            ("batch", #"{"items":[{"data":""},{"data":"AAAA","version":2}]}"#),
            ("either", #"{"digest":"x","n":15}"#), ("either", #"{"message":""}"#), ("optional", "{}"),
        ] {
            let operation = try #require(try BodyTests.document.get().operation(id))
            let plan = try #require(operation.flatPlans.first ?? nil)
            #expect(plan.read(ByteBuffer(text)) != nil, "\(text)")
        }
    }

    @Test(
        "schemas that say more than the flat way can check have no plan",
        arguments: [
            // Open, or with members by pattern.
            #"{"type":"object","properties":{"a":{"type":"string"}}}"#,
            #"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}"#,
            #"{"type":"object","patternProperties":{"a":{"type":"string"}},"additionalProperties":false}"#,
            // Values that decide about other values.
            #"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false,"anyOf":[{"properties":{"a":{"const":"x"}}}]}"#,
            #"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false,"if":{"properties":{"a":{"const":"x"}}}}"#,
            #"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false,"const":{}}"#,
            #"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false,"propertyNames":{"maxLength":3}}"#,
            // A member that can never be flat is required.
            #"{"type":"object","properties":{"a":{"type":"array"}},"required":["a"],"additionalProperties":false}"#,
            // Not only an object, or not at all.
            #"{"properties":{"a":{"type":"string"}},"additionalProperties":false}"#, "true", #"{"type":"string"}"#,
            // Batches with more beside the array, or more asked of it.
            #"{"type":"object","properties":{"i":{"type":"array","items":{"type":"object","additionalProperties":false}},"x":{"type":"string"}},"required":["i"],"additionalProperties":false}"#,
            #"{"type":"object","properties":{"i":{"type":"array","uniqueItems":true,"items":{"type":"object","additionalProperties":false}}},"required":["i"],"additionalProperties":false}"#,
            #"{"type":"object","properties":{"i":{"type":"array","items":{"type":"object"}}},"required":["i"],"additionalProperties":false}"#,
            // Batches whose array is described twice, or that need another member.
            ##"{"$ref":"#/$defs/b","type":"object","properties":{"j":{"type":"array","items":{"type":"object","additionalProperties":false}}},"required":["j"],"additionalProperties":false,"$defs":{"b":{"type":"object","properties":{"i":{"type":"array","items":{"type":"object","additionalProperties":false}}},"additionalProperties":false}}}"##,
            ##"{"type":"object","properties":{"i":{"$ref":"#/$defs/l","type":"array","items":{"type":"object","additionalProperties":false}}},"required":["i"],"additionalProperties":false,"$defs":{"l":{"items":{"minProperties":1}}}}"##,
            #"{"type":"object","properties":{"i":{"type":"array","items":{"type":"object","additionalProperties":false}}},"required":["j"],"additionalProperties":false}"#,
        ])
    func noPlan(text: String) throws {
        let schema = try schema(text)
        #expect(FlatPlan(schema: schema.root, in: schema.set) == nil)
    }

    @Test(
        "rules of presence hold as the schema's do",
        arguments: [
            #"{"required":["a"]}"#, #"{"anyOf":[{"required":["a"]},{"required":["b","c"]}]}"#,
            #"{"oneOf":[{"required":["a"]},{"required":["b"]}]}"#,
            #"{"not":{"required":["a","b"]}}"#, #"{"minProperties":2}"#, #"{"maxProperties":1}"#,
            #"{"dependentRequired":{"a":["b"],"c":[]}}"#,
            #"{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"not":{"required":["c"]}}}"#,
            #"{"if":{"required":["a"]},"else":{"required":["b"]}}"#,
            #"{"if":{"required":["a"]},"then":false}"#, #"{"allOf":[{"type":"object"},{"required":["c"]}]}"#,
            #"{"oneOf":[{"required":["x"]},{"required":["b"]}]}"#,
            #"{"not":{"type":"array"}}"#, "true", "false", ##"{"$ref":"#/$defs/r","$defs":{"r":{"required":["b"]}}}"##,
        ])
    func presence(text: String) throws {
        let schema = try schema(text)
        let names = ["a", "b", "c"]
        let bits: [String: UInt64] = ["a": 1, "b": 2, "c": 4]
        let rule = try #require(PresenceRule(schema.root, in: schema.set.nodes, bits: bits))
        for presence in UInt64(0)..<8 {
            let members = names.filter { presence & (bits[$0] ?? 0) != 0 }.map { "\"\($0)\":1" }
            let document = try json("{" + members.joined(separator: ",") + "}")
            #expect(rule.holds(presence) == schema.accepts(document.root), "\(members)")
        }
    }

    private static let itemMembers = [
        #""data":"AAAA""#, #""data":"""#, #""data":"Zm9vYmFy""#, #""data":"AB==""#, #""aad":"AA==""#, #""aad":"A""#,
        #""hash":"sha256""#,
        #""hash":"md5""#, #""name":"abc""#, #""name":"abcdef""#, #""name":"a1""#, #""name":"""#, #""name":"é""#,
        #""version":1"#,
        #""version":0"#, #""version":2147483647"#, #""version":2147483648"#, #""version":1.0"#, #""flag":true"#,
        #""flag":0"#, #""to":{}"#,
        #""x":1"#, #""d\u0061ta":"""#, #" "flag" : false "#,
    ]
    private static let eitherMembers = [
        #""message":"a""#, #""message":"""#, #""digest":"b""#, #""digest":"c""#, #""n":5"#, #""n":4"#, #""n":-10"#,
        #""n":0"#, #""n":5.0"#, #""x":1"#,
    ]

    private static func isSame(_ flat: CheckedBody, _ tree: CheckedBody, isBatch: Bool) -> Bool {
        guard isBatch else { return isSame(flat, tree) }
        guard let some = flat.items("items"), let others = tree.items("items"), some.count == others.count else {
            return false
        }
        return (0..<some.count).allSatisfy { isSame(some[$0], others[$0]) }
    }

    private static func isSame(_ flat: CheckedBody, _ tree: CheckedBody) -> Bool {
        let names: [StaticString] = ["data", "aad", "hash", "name", "version", "flag", "to", "message", "digest", "n"]
        return names.allSatisfy { name in
            flat.has(name) == tree.has(name) && flat.string(name) == tree.string(name)
                && flat.integer(name) == tree.integer(name)
                && flat.boolean(name) == tree.boolean(name)
                && flat.base64(name).map { Array($0) } == tree.base64(name).map { Array($0) }
        }
    }
}
