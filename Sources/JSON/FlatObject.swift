// A flat request read without a tree: where each member lies in the body. This is the way of nearly every hot request;
// what it does not understand to the last byte it leaves, untouched, to the strict parser.

public import Bytes

/// The members of a scanned body: one row of them, or one for each item of a batch. Positions, not copies: it keeps the
/// body alive, and the body must not be changed but by `decodeBase64`.
// SAFETY: belongs to one request, which one thread at a time works on, as its body does; the memory behind `table` is
// this object's own, and that behind `bytes` the body's, which it keeps.
public final class FlatObject: @unchecked Sendable {
    public let shape: FlatShape
    public let body: ByteBuffer
    private let bytes: UnsafeMutableRawBufferPointer
    private let table: FlatTable

    /// Reads `body`, changing nothing. An answer means that the strict parser would read the same members with the same
    /// values, and that each keeps the shape's bounds; nil means only that this is not the way to read it.
    public static func scan(_ body: ByteBuffer, as shape: FlatShape) -> FlatObject? {
        var table = FlatTable(entries: shape.entries)
        guard table.read(body.bytes, as: shape) else {
            table.deallocate()
            return nil
        }
        return FlatObject(shape, body, table)
    }

    private init(_ shape: FlatShape, _ body: ByteBuffer, _ table: FlatTable) {
        self.shape = shape
        self.body = body
        bytes = body.mutableBytes
        self.table = table
    }

    deinit {
        table.deallocate()
    }

    /// One, or as many as the batch has items.
    public var rows: Int { table.rows }

    /// A bit for each property, in the shape's order, that row `row` has.
    public func presence(row: Int) -> UInt64 {
        table.presence(row)
    }

    /// A string's text as it stands in the body. Nil where the member is absent or of another kind.
    public func text(_ property: Int, row: Int) -> UnsafeRawBufferPointer? {
        table.slot(property, row: row, kind: .string).map { UnsafeRawBufferPointer(range($0)) }
    }

    /// A base64 member: its text before `decodeBase64`, what it stands for after.
    public func base64(_ property: Int, row: Int) -> UnsafeRawBufferPointer? {
        table.slot(property, row: row, kind: .base64).map { UnsafeRawBufferPointer(range($0)) }
    }

    public func integer(_ property: Int, row: Int) -> Int? {
        table.slot(property, row: row, kind: .integer)?.value
    }

    public func boolean(_ property: Int, row: Int) -> Bool? {
        table.slot(property, row: row, kind: .boolean).map { $0.value != 0 }
    }

    /// Turns every base64 member into the bytes it stands for, in its place in the body. Call it once.
    public func decodeBase64() {
        for row in 0..<rows {
            for property in 0..<shape.entries.count {
                guard let slot = table.slot(property, row: row, kind: .base64) else { continue }
                let text = range(slot)
                // The scan has seen that it is base64.
                let length = Base64.decode(valid: UnsafeRawBufferPointer(text), into: text) ?? 0
                table.setLength(length, property, row: row)
            }
        }
    }

    /// What a string member stands for from `offset` on, decoded in its place; a second time the same. Nil where that is
    /// not base64; the text may then be destroyed.
    public func base64(_ property: Int, row: Int, from offset: Int) -> UnsafeRawBufferPointer? {
        guard let slot = table.slot(property, row: row, kind: .string), offset >= 0, offset <= slot.length else {
            return nil
        }
        let text = UnsafeMutableRawBufferPointer(rebasing: range(slot)[offset...])
        var length = slot.decodedSuffix
        if length < 0 {
            guard let decoded = Base64.decode(UnsafeRawBufferPointer(text), into: text) else { return nil }
            table.setDecodedSuffix(decoded, property, row: row)
            length = decoded
        }
        return UnsafeRawBufferPointer(rebasing: text[..<length])
    }

    private func range(_ slot: FlatTable.Slot) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[slot.value..<slot.value + slot.length])
    }
}
