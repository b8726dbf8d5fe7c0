// Values that fit their schemas, in every way that a schema can ask, evaluated while allocations are counted.

import AllocationCount
import Bytes
import Glibc
import JSON
import OpenAPI

func reportAllocations() throws {
    try checkCounter()
    for (name, schema, value) in fitting {
        let compiled = try CompiledSchema.compile(parse(schema))
        let document = try parse(value)
        try report(name) { compiled.accepts(document.root) }
        withExtendedLifetime(document) {}
    }
    let document = try OpenAPIDocument.load(OpenAPIDocument.embedded)
    for (operation, text) in requests {
        guard let schema = document.operation(operation)?.bodySchema else { throw Failure("\(operation) has no body") }
        let body = try parse(text)
        try report(operation) { schema.accepts(body.root) }
        withExtendedLifetime(body) {}
    }
}

/// That the count is one: without this it could be nothing for ever.
private func checkCounter() throws {
    let before = allocation_count()
    let document = try parse("[1]")
    guard allocation_count() - before >= 2 else { throw Failure("an array and a number were made of nothing") }
    withExtendedLifetime(document) {}
}

/// A valid body for some operations of the embedded document.
let requests = [
    ("encrypt", #"{"plaintext":"aGVsbG8gd29ybGQsIHRoaXMgaXMgMzIgYnl0ZXM=","associated_data":"AAAA","version":3}"#),
    ("decrypt", #"{"ciphertext":"sr:1:1:NV4rAJimtnPf2IifT+a7lgdXC8w5BThzKQhE7omBbaC6vKWpKPqzVxEHSwqj"}"#),
    ("createKey", #"{"name":"orders","algorithm":"aes-256-gcm","usages":["encrypt","decrypt"],"labels":{"team":"a"}}"#),
    ("encryptBatch", #"{"items":[{"plaintext":"AAAA"},{"plaintext":"AAAA","version":1}]}"#),
]

private func report(_ name: String, _ evaluate: () -> Bool) throws {
    // The first run makes what is made once: the memory that a thread matches patterns in.
    guard evaluate() else { throw Failure("\(name): the value does not fit") }
    let before = allocation_count()
    let fits = evaluate()
    let made = allocation_count() - before
    guard fits else { throw Failure("\(name): the value does not fit the second time") }
    print(made, name)
    guard made == 0 else { throw Failure("\(name): the evaluation allocates") }
}

private let fitting = [
    (
        "types and bounds",
        #"{"type":"object","properties":{"a":{"type":"integer","minimum":1,"multipleOf":3}},"required":["a"]}"#,
        #"{"a":9}"#
    ),
    ("strings", #"{"type":"string","minLength":1,"maxLength":9,"pattern":"^[a-zé]+$"}"#, "\"aéa\""),
    (
        "formats", #"{"items":{"anyOf":[{"format":"date-time"},{"format":"uri"},{"format":"ipv6"}]}}"#,
        #"["::1","a:b","2026-11-22T20:00:00Z"]"#
    ),
    ("enum and const", #"{"enum":[1,"a",{"b":[2]}],"not":{"const":1}}"#, #"{"b":[2]}"#),
    (
        "members",
        #"{"properties":{"a":true},"patternProperties":{"^x":{"type":"null"}},"additionalProperties":{"type":"boolean"}}"#,
        #"{"a":1,"x1":null,"z":true}"#
    ),
    (
        "names and counts",
        #"{"propertyNames":{"maxLength":2},"minProperties":1,"maxProperties":3,"dependentRequired":{"a":["b"]},"dependentSchemas":{"a":{"minProperties":2}}}"#,
        #"{"a":1,"b":2}"#
    ),
    (
        "arrays",
        #"{"prefixItems":[{"type":"null"}],"items":{"type":"integer"},"contains":{"const":3},"maxContains":1,"minItems":1,"uniqueItems":true}"#,
        "[null,1,2,3]"
    ),
    (
        "combinations",
        #"{"allOf":[{"type":"integer"}],"anyOf":[{"maximum":0},{"minimum":5}],"oneOf":[{"const":7},{"const":8}],"if":{"minimum":6},"then":{"maximum":9}}"#,
        "7"
    ),
    (
        "recursion", ##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##,
        #"{"next":{"next":{"next":{}}}}"#
    ),
    (
        "unevaluated members",
        #"{"allOf":[{"properties":{"a":true}}],"anyOf":[{"properties":{"b":{"type":"string"}}},{"properties":{"b":true,"c":true}}],"unevaluatedProperties":false}"#,
        #"{"a":1,"b":2,"c":3}"#
    ),
    (
        "unevaluated elements", #"{"prefixItems":[true],"contains":{"type":"string"},"unevaluatedItems":false}"#,
        #"[1,"a","b"]"#
    ),
    (
        "dynamic references",
        ##"{"$id":"x:root","$dynamicAnchor":"n","type":["array","integer"],"items":{"$dynamicRef":"#n"}}"##,
        "[[1],[[2]]]"
    ),
]

func parse(_ text: String) throws -> JSONDocument {
    let buffer = ByteBuffer(text)
    defer { withExtendedLifetime(buffer) {} }
    return try JSONDocument.parse(buffer.bytes)
}

struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension ByteBuffer {
    convenience init(_ text: String) {
        self.init(minimumCapacity: text.utf8.count)
        append(text)
    }
}
