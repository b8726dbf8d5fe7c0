// Where each member of each row lies: filled while a body is scanned, read through `FlatObject` afterwards.

/// Its memory is its user's to deallocate.
struct FlatTable {
    struct Slot {
        /// A text's first byte in the body, an integer's value, or 1 for true.
        var value: Int
        /// A text's length.
        var length: Int
        /// How many bytes of a string's end were decoded in its place; -1 where none were.
        var decodedSuffix = -1
    }

    private(set) var rows = 0
    private let entries: UnsafeBufferPointer<FlatShape.Entry>
    private var capacity = 1
    private var slots: UnsafeMutablePointer<Slot>
    private var present: UnsafeMutablePointer<UInt64>

    init(entries: UnsafeBufferPointer<FlatShape.Entry>) {
        self.entries = entries
        slots = .allocate(capacity: max(entries.count, 1))
        present = .allocate(capacity: 1)
    }

    func deallocate() {
        slots.deallocate()
        present.deallocate()
    }

    func presence(_ row: Int) -> UInt64 {
        row >= 0 && row < rows ? present[row] : 0
    }

    func slot(_ property: Int, row: Int, kind: FlatShape.Kind) -> Slot? {
        guard property >= 0, property < entries.count, entries[property].kind == kind,
            presence(row) & (1 &<< UInt64(property)) != 0
        else { return nil }
        return slots[row &* entries.count &+ property]
    }

    func setLength(_ length: Int, _ property: Int, row: Int) {
        slots[row &* entries.count &+ property].length = length
    }

    func setDecodedSuffix(_ length: Int, _ property: Int, row: Int) {
        slots[row &* entries.count &+ property].decodedSuffix = length
    }

    /// False where `bytes` are not understood to the last.
    mutating func read(_ bytes: UnsafeRawBufferPointer, as shape: FlatShape) -> Bool {
        var scanner = FlatScanner(bytes: bytes)
        let isUnderstood =
            if let batch = shape.batch {
                readBatch(batch, name: shape.batchName, required: shape.required, &scanner)
            } else {
                readRow(required: shape.required, &scanner)
            }
        return isUnderstood && scanner.isAtEnd()
    }

    private mutating func readBatch(
        _ batch: FlatShape.Batch, name: UnsafeRawBufferPointer, required: UInt64, _ scanner: inout FlatScanner
    ) -> Bool {
        guard scanner.take(UInt8(ascii: "{")), let found = scanner.string(),
            FlatShape.same(scanner.slice(found), name), scanner.take(UInt8(ascii: ":")),
            scanner.take(UInt8(ascii: "["))
        else { return false }
        if !scanner.take(UInt8(ascii: "]")) {
            repeat {
                guard rows < batch.maximumItems, readRow(required: required, &scanner) else { return false }
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "]")) else { return false }
        }
        return rows >= batch.minimumItems && scanner.take(UInt8(ascii: "}"))
    }

    private mutating func readRow(required: UInt64, _ scanner: inout FlatScanner) -> Bool {
        if rows == capacity { grow() }
        var seen: UInt64 = 0
        guard scanner.take(UInt8(ascii: "{")) else { return false }
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                guard let name = scanner.string(), let property = FlatShape.index(of: scanner.slice(name), in: entries)
                else { return false }
                let bit: UInt64 = 1 &<< UInt64(property)
                guard seen & bit == 0, scanner.take(UInt8(ascii: ":")), let slot = scanner.value(of: entries[property])
                else { return false }
                seen |= bit
                slots[rows &* entries.count &+ property] = slot
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "}")) else { return false }
        }
        guard seen & required == required else { return false }
        present[rows] = seen
        rows &+= 1
        return true
    }

    private mutating func grow() {
        let width = max(entries.count, 1)
        let moreSlots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity * 4 * width)
        let morePresent = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity * 4)
        moreSlots.update(from: slots, count: rows * width)
        morePresent.update(from: present, count: rows)
        deallocate()
        slots = moreSlots
        present = morePresent
        capacity *= 4
    }
}
