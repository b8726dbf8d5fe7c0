// Decoding schemas, and holding values against them: the input is a schema and a value, with a NUL between.

import JSON
import OpenAPI

func fuzzSchema(_ data: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
    let bytes = UnsafeRawBufferPointer(start: data, count: length)
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first,
        let document = try? JSONDocument.parse(UnsafeRawBufferPointer(rebasing: first), maximumDepth: 64),
        let schema = try? CompiledSchema.compile(document)
    else { return 0 }
    guard parts.count == 2, let value = try? JSONDocument.parse(UnsafeRawBufferPointer(rebasing: parts[1])) else {
        return 0
    }
    let violations = schema.violations(of: value.root)
    // A schema that is compiled says the same each time.
    hold(schema.violations(of: value.root).count == violations.count, "a schema changes its mind")
    for violation in violations { hold(!violation.keyword.isEmpty, "a violation of no keyword") }
    withExtendedLifetime(value) {}
    return 0
}
