// Bodies for every operation of the embedded document, right and damaged: the fast way takes only what the full way takes and
// reads the same; what a body means, and what is wrong with it, does not hang on how it is written.

import Bytes
import Foundation
import JSON
import TestKit
import Testing

@testable import OpenAPI

@Suite("Bodies of the embedded document")
struct EmbeddedBodyTests {
    static let document = Result { try OpenAPIDocument.load(OpenAPIDocument.embedded) }

    static func sampler(seed: UInt64) throws -> SchemaSampler {
        try SchemaSampler(document: Data(OpenAPIDocument.embedded), seed: seed)
    }

    /// Calls `body` with `count` samples for each operation that takes a body; every second one is damaged.
    private func forEachSample(
        _ count: Int, seed: UInt64, _ body: (OpenAPI.Operation, MediaType, Sample) throws -> Void
    ) throws {
        var sampler = try Self.sampler(seed: seed)
        for operation in try Self.document.get().operations {
            guard let schema = sampler.body(of: operation.id), let media = operation.requestBody?.content.first else {
                continue
            }
            for round in 0..<count {
                var sample = try sampler.value(of: schema)
                if round % 2 == 1 { sample = sampler.damaged(sample) }
                try body(operation, media, sample)
            }
        }
    }

    @Test("what the flat way takes, the full way takes with the same values", arguments: [UInt64(1), 2])
    func flat(seed: UInt64) throws {
        var taken: [String: Int] = [:]
        try forEachSample(500, seed: seed) { operation, media, sample in
            guard let plan = operation.flatPlans.first ?? nil else { return }
            for text in [sample.text(), sample.text(spaces: true), sample.text(escapes: true)] {
                let body = ByteBuffer(text)
                guard let object = plan.read(body) else {
                    if !body.bytes.elementsEqual(text.utf8) { Issue.record("changed: \(text)") }
                    continue
                }
                taken[operation.id, default: 0] += 1
                guard let tree = try? operation.parse(ByteBuffer(text), media) else {
                    Issue.record("\(operation.id): only the flat way took \(text)")
                    continue
                }
                if !Self.isSame(object, tree, plan.shape) { Issue.record("\(operation.id): read differently: \(text)") }
            }
        }
        for operation in try Self.document.get().operations where operation.flatPlans.first ?? nil != nil {
            #expect((taken[operation.id] ?? 0) > 20, "\(operation.id): \(taken[operation.id] ?? 0)")
        }
    }

    @Test("what is plain and fits goes the flat way")
    func plain() throws {
        try forEachSample(300, seed: 4) { operation, media, sample in
            guard let plan = operation.flatPlans.first ?? nil,
                let tree = try? operation.parse(ByteBuffer(sample.text()), media)
            else { return }
            let isPlain = Self.isPlain(tree.document.root, plan.shape)
            if (plan.read(ByteBuffer(sample.text())) != nil) != isPlain {
                Issue.record("\(operation.id): \(isPlain ? "not taken" : "taken") \(sample.text())")
            }
        }
    }

    @Test("what a body means, and what is wrong with it, is the same however it is written", arguments: [UInt64(5), 6])
    func writing(seed: UInt64) throws {
        var accepted = 0
        var refused = 0
        try forEachSample(300, seed: seed) { operation, media, sample in
            let outcomes = [sample.text(), sample.text(spaces: true), sample.text(escapes: true, spaces: true)].map {
                text in
                let outcome: Result<[SchemaViolation], BodyError>
                do throws(BodyError) {
                    _ = try operation.check(body: ByteBuffer(text))
                    outcome = .success([])
                } catch {
                    if case .violations(let violations) = error {
                        outcome = .success(violations)
                    } else {
                        outcome = .failure(error)
                    }
                }
                return outcome
            }
            if outcomes[0] != outcomes[1] || outcomes[0] != outcomes[2] {
                Issue.record("\(operation.id): \(sample.text()): \(outcomes)")
            }
            if outcomes[0] == .success([]) { accepted += 1 } else { refused += 1 }
            // The bounds on a body's values must not refuse what the schema allows.
            #expect(outcomes[0] != .failure(.json(.tooManyValues)))
        }
        #expect(accepted > 1000 && refused > 1000, "\(accepted) accepted, \(refused) refused")
    }

    private static func isSame(_ object: FlatObject, _ tree: TreeBody, _ shape: FlatShape) -> Bool {
        object.decodeBase64()
        let root = tree.document.root
        let rows =
            shape.batch.map { batch in
                root.member(batch.name).map { array in (0..<array.count).map { array.element(at: $0) } } ?? []
            } ?? [root]
        guard rows.count == object.rows else { return false }
        for (row, value) in rows.enumerated() {
            for (index, property) in shape.properties.enumerated() {
                let member = value?.member(property.name)
                guard (object.presence(row: row) >> UInt64(index) & 1 == 1) == (member != nil) else { return false }
                guard let member else { continue }
                let isSame =
                    switch property.kind {
                    case .string: object.text(index, row: row)?.elementsEqual(member.stringBytes) == true
                    case .integer: object.integer(index, row: row) == member.integer
                    case .boolean: object.boolean(index, row: row) == member.boolean
                    case .base64:
                        object.base64(index, row: row).map { Data($0) } == Data(base64Encoded: Data(member.stringBytes))
                            && object.base64(index, row: row).map { Data($0) } == tree.base64(member).map { Data($0) }
                    }
                guard isSame else { return false }
            }
        }
        return true
    }

    /// Whether a body that fits has nothing but what the scanner knows: members of the shape, ASCII, integers without a
    /// fraction, no escapes (no sample of plain text has any but for quotes and control characters).
    private static func isPlain(_ root: JSONValue, _ shape: FlatShape) -> Bool {
        var rows = [root]
        if let batch = shape.batch {
            guard let array = root.member(batch.name) else { return false }
            rows = (0..<array.count).compactMap { array.element(at: $0) }
        }
        return rows.allSatisfy { row in
            var isPlain = true
            row.forEachMember { name, value in
                let known = shape.properties.contains { $0.name.utf8.elementsEqual(name) }
                let isText = value.stringBytes.allSatisfy { $0 >= 0x20 && $0 < 0x80 && $0 != 0x22 && $0 != 0x5C }
                if !known || !isText || value.kind == .real || value.kind == .object || value.kind == .array {
                    isPlain = false
                }
            }
            return isPlain
        }
    }
}
