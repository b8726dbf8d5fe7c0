// The flat scanner against the full parser, on many thousands of bodies that are nearly right: whatever the one takes,
// the other must take too, and read the same from it.

import Bytes
import JSON
import TestKit
import Testing

@Suite("The flat scanner and the full parser")
struct FlatDifferentialTests {
    @Test("they agree on mutated objects", arguments: [UInt64(1), 2, 3, 4])
    func objects(seed: UInt64) throws {
        let shape = try #require(FlatObjectTests.shape)
        try compare(shape, seed: seed) { random in
            "{" + Self.members(&random) + "}"
        }
    }

    @Test("they agree on mutated batches", arguments: [UInt64(5), 6])
    func batches(seed: UInt64) throws {
        let shape = try #require(
            FlatShape(properties: FlatObjectTests.shape?.properties ?? [], batch: .init(name: "items", maximumItems: 3))
        )
        try compare(shape, seed: seed) { random in
            let count = Int.random(in: 1...3, using: &random)
            return "{\"items\":[" + (0..<count).map { _ in "{" + Self.members(&random) + "}" }.joined(separator: ",")
                + "]}"
        }
    }

    private func compare(_ shape: FlatShape, seed: UInt64, _ make: (inout SeededGenerator) -> String) throws {
        var random = SeededGenerator(seed: seed)
        var taken = 0
        var fitting = 0
        for _ in 0..<10_000 {
            var bytes = Array(make(&random).utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) { Self.mutate(&bytes, &random) }
            let body = ByteBuffer(bytes)
            let document = try? JSONDocument.parse(body.bytes)
            let rows = document.flatMap { Self.rows($0.root, shape) }
            if rows != nil { fitting += 1 }
            guard let object = FlatObject.scan(body, as: shape) else {
                if !body.bytes.elementsEqual(bytes) {
                    Issue.record("changed: \(String(decoding: bytes, as: UTF8.self))")
                }
                continue
            }
            taken += 1
            let text = String(decoding: bytes, as: UTF8.self)
            guard let expected = rows else {
                Issue.record("only the scanner took \(text)")
                continue
            }
            object.decodeBase64()
            let isSame =
                object.rows == expected.count
                && expected.enumerated().allSatisfy { Self.isSame(object, $0.offset, $0.element, shape) }
            if !isSame { Issue.record("read differently: \(text)") }
            withExtendedLifetime(document) {}
        }
        // The comparison means nothing if hardly anything gets through, or everything does.
        #expect(taken > 1000 && taken < 9500, "\(taken)")
        #expect(fitting >= taken)
    }

    /// The objects of a body that fits the shape, judged without the scanner; nil for any other.
    private static func rows(_ root: JSONValue, _ shape: FlatShape) -> [JSONValue]? {
        guard let batch = shape.batch else { return fits(root, shape) ? [root] : nil }
        guard root.kind == .object, root.count == 1, let array = root.member(batch.name), array.kind == .array,
            array.count >= batch.minimumItems, array.count <= batch.maximumItems
        else { return nil }
        let rows = (0..<array.count).compactMap { array.element(at: $0) }
        return rows.allSatisfy { fits($0, shape) } ? rows : nil
    }

    private static func fits(_ object: JSONValue, _ shape: FlatShape) -> Bool {
        guard object.kind == .object else { return false }
        var known = 0
        for property in shape.properties {
            guard let value = object.member(property.name) else {
                if property.isRequired { return false }
                continue
            }
            known += 1
            let bounds = property.minimum...property.maximum
            switch property.kind {
            case .string:
                guard let string = value.string, bounds.contains(string.unicodeScalars.count) else { return false }
            case .base64:
                guard value.kind == .string, bounds.contains(value.stringBytes.count),
                    Base64.isValid(value.stringBytes)
                else { return false }
            case .integer:
                guard let integer = value.integer, bounds.contains(integer) else { return false }
            case .boolean:
                guard value.boolean != nil else { return false }
            }
        }
        return known == object.count
    }

    private static func isSame(_ object: FlatObject, _ row: Int, _ value: JSONValue, _ shape: FlatShape) -> Bool {
        for (index, property) in shape.properties.enumerated() {
            let member = value.member(property.name)
            guard (object.presence(row: row) >> UInt64(index) & 1 == 1) == (member != nil) else { return false }
            let isSame =
                switch property.kind {
                case .string: object.text(index, row: row).map { Array($0) } == member.map { Array($0.stringBytes) }
                case .base64: object.base64(index, row: row).map { Array($0) } == member.map { decoded($0.stringBytes) }
                case .integer: object.integer(index, row: row) == member?.integer
                case .boolean: object.boolean(index, row: row) == member?.boolean
                }
            guard isSame else { return false }
        }
        return true
    }

    private static func decoded(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count) { room, count in
            count = Base64.decode(text, into: UnsafeMutableRawBufferPointer(room)) ?? 0
        }
    }

    private static func members(_ random: inout SeededGenerator) -> String {
        let space = ["", "", "", " ", "\n", "\t ", "\r\n"]
        var members = [
            "\"data\":\""
                + (["", "AA==", "AAA=", "AAAA", "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy"].randomElement(using: &random) ?? "")
                + "\""
        ]
        for member in [
            "\"name\":\"abc\"", "\"version\":12", "\"any\":-5", "\"any\":0", "\"flag\":false", "\"flag\":true",
        ]
        where Bool.random(using: &random) {
            // Now and then a member comes twice.
            if Int.random(in: 0..<8, using: &random) > 0, members.contains(where: { $0.prefix(5) == member.prefix(5) })
            {
                continue
            }
            members.append((space.randomElement(using: &random) ?? "") + member)
        }
        members.shuffle(using: &random)
        return members.joined(separator: (space.randomElement(using: &random) ?? "") + ",")
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let interesting =
            Array("{}[]\":,\\ \n\t0123456789-+.eEtrufalsn=AZaz/_\u{0}\u{1F}\u{7F}".utf8) + [0x80, 0xC3, 0xA9, 0xFF]
        let pieces = [
            "\\u0041", "\\/", "\\\\", "\\u0000", "é", ",\"any\":1", ",\"x\":1", "null", "1.0", "1e3", "-0", "00",
            "\"\"", "{}", "[]",
            "==", "9223372036854775808", "2147483648", " ", "\"data\":",
        ]
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where place < bytes.count: bytes.remove(at: place)
        case 1 where place < bytes.count: bytes[place] = interesting.randomElement(using: &random) ?? 0
        case 2: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: place)
        case 3: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: place)
        case 4:
            let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
            bytes.removeSubrange(place..<end)
        case 5:
            let end = min(bytes.count, place + Int.random(in: 0...20, using: &random))
            bytes.insert(contentsOf: Array(bytes[place..<end]), at: end)
        default:
            let space = Array(" \t\r\n".utf8)
            bytes.insert(space.randomElement(using: &random) ?? 32, at: place)
        }
    }
}
