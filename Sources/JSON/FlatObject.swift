// A flat request read without a tree: where each member lies in the body. This is the way of nearly every hot request;
// what it does not understand to the last byte it leaves, untouched, to the strict parser.

public import Bytes

/// The members of a scanned body: one row of them, or one for each item of a batch. Positions, not copies: it keeps the
/// body alive, and the body must not be changed but by `decodeBase64`.
// SAFETY: belongs to one request, which one thread at a time works on, as its body does.
public final class FlatObject: @unchecked Sendable {
    public let shape: FlatShape
    public let body: ByteBuffer
    /// One, or as many as the batch has items.
    public private(set) var rows = 0

    struct Slot {
        /// A text's first byte in the body, an integer's value, or 1 for true.
        var value: Int
        /// A text's length.
        var length: Int
        /// How many bytes of a string's end were decoded in its place; -1 where none were.
        var decodedSuffix = -1
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var present: UnsafeMutablePointer<UInt64>
    private var capacity: Int

    /// Reads `body`, changing nothing. An answer means that the strict parser would read the same members with the same
    /// values, and that each keeps the shape's bounds; nil means only that this is not the way to read it.
    public static func scan(_ body: ByteBuffer, as shape: FlatShape) -> FlatObject? {
        let object = FlatObject(body: body, shape: shape)
        var scanner = FlatScanner(bytes: body.bytes)
        let understood =
            if let batch = shape.batch { object.scanBatch(batch, &scanner) } else { object.scanRow(&scanner) }
        return understood && scanner.isAtEnd() ? object : nil
    }

    private init(body: ByteBuffer, shape: FlatShape) {
        self.body = body
        self.shape = shape
        capacity = 1
        slots = .allocate(capacity: max(shape.entries.count, 1))
        present = .allocate(capacity: 1)
    }

    deinit {
        slots.deallocate()
        present.deallocate()
    }

    /// A bit for each property, in the shape's order, that row `row` has.
    public func presence(row: Int) -> UInt64 {
        row >= 0 && row < rows ? present[row] : 0
    }

    /// A string's text as it stands in the body. Nil where the member is absent or of another kind.
    public func text(_ property: Int, row: Int) -> UnsafeRawBufferPointer? {
        slot(property, row: row, kind: .string).map(range)
    }

    /// A base64 member: its text before `decodeBase64`, what it stands for after.
    public func base64(_ property: Int, row: Int) -> UnsafeRawBufferPointer? {
        slot(property, row: row, kind: .base64).map(range)
    }

    public func integer(_ property: Int, row: Int) -> Int? {
        slot(property, row: row, kind: .integer)?.value
    }

    public func boolean(_ property: Int, row: Int) -> Bool? {
        slot(property, row: row, kind: .boolean).map { $0.value != 0 }
    }

    /// Turns every base64 member into the bytes it stands for, in its place in the body. Call it once.
    public func decodeBase64() {
        let bytes = body.mutableBytes
        for row in 0..<rows {
            for property in 0..<shape.entries.count where slot(property, row: row, kind: .base64) != nil {
                let at = row * shape.entries.count + property
                let range = slots[at].value..<slots[at].value + slots[at].length
                let text = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
                // The scan has seen that it is base64.
                slots[at].length = Base64.decode(UnsafeRawBufferPointer(text), into: text) ?? 0
            }
        }
    }

    /// What a string member stands for from `offset` on, decoded in its place; a second time the same. Nil where that is
    /// not base64; the text may then be destroyed.
    public func base64(_ property: Int, row: Int, from offset: Int) -> UnsafeRawBufferPointer? {
        guard let slot = slot(property, row: row, kind: .string), offset >= 0, offset <= slot.length else { return nil }
        let start = slot.value + offset
        if slot.decodedSuffix < 0 {
            let text = UnsafeMutableRawBufferPointer(rebasing: body.mutableBytes[start..<slot.value + slot.length])
            guard let length = Base64.decode(UnsafeRawBufferPointer(text), into: text) else { return nil }
            slots[row * shape.entries.count + property].decodedSuffix = length
            return UnsafeRawBufferPointer(rebasing: body.bytes[start..<start + length])
        }
        return UnsafeRawBufferPointer(rebasing: body.bytes[start..<start + slot.decodedSuffix])
    }

    private func slot(_ property: Int, row: Int, kind: FlatShape.Kind) -> Slot? {
        guard property >= 0, property < shape.entries.count, shape.entries[property].kind == kind,
            presence(row: row) & (1 &<< UInt64(property)) != 0
        else { return nil }
        return slots[row * shape.entries.count + property]
    }

    private func range(_ slot: Slot) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: body.bytes[slot.value..<slot.value + slot.length])
    }

    private func scanBatch(_ batch: FlatShape.Batch, _ scanner: inout FlatScanner) -> Bool {
        guard scanner.take(UInt8(ascii: "{")), let name = scanner.string(),
            FlatShape.same(scanner.slice(name), shape.batchName), scanner.take(UInt8(ascii: ":")),
            scanner.take(UInt8(ascii: "["))
        else { return false }
        if !scanner.take(UInt8(ascii: "]")) {
            repeat {
                guard rows < batch.maximumItems, scanRow(&scanner) else { return false }
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "]")) else { return false }
        }
        return rows >= batch.minimumItems && scanner.take(UInt8(ascii: "}"))
    }

    private func scanRow(_ scanner: inout FlatScanner) -> Bool {
        if rows == capacity { grow() }
        var seen: UInt64 = 0
        guard scanner.take(UInt8(ascii: "{")) else { return false }
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                guard let name = scanner.string(), let property = shape.index(of: scanner.slice(name)) else { return false }
                let bit: UInt64 = 1 &<< UInt64(property)
                guard seen & bit == 0, scanner.take(UInt8(ascii: ":")),
                    let slot = scanner.value(of: shape.entries[property])
                else { return false }
                seen |= bit
                slots[rows * shape.entries.count + property] = slot
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "}")) else { return false }
        }
        guard seen & shape.required == shape.required else { return false }
        present[rows] = seen
        rows += 1
        return true
    }

    private func grow() {
        let width = max(shape.entries.count, 1)
        let moreSlots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity * 4 * width)
        let morePresent = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity * 4)
        moreSlots.update(from: slots, count: rows * width)
        morePresent.update(from: present, count: rows)
        slots.deallocate()
        present.deallocate()
        slots = moreSlots
        present = morePresent
        capacity *= 4
    }
}
