// Many operations in one call over the boundary.

internal import CStrongroomCore

/// A batch of operations on data that lies in one input and goes to one output. Each item has its own key, ranges and
/// outcome.
public struct Batch: ~Copyable {
    /// What an item gave. Ranges count from the start of the batch's output; those that an operation does not have are
    /// empty.
    public struct Done {
        /// What the operation gives: the ciphertext, plaintext, signature, MAC or bytes.
        public let output: Range<Int>
        /// A data key's plaintext, where it was wanted.
        public let dataKey: Range<Int>
        /// The public half of a data key that is a pair.
        public let publicKey: Range<Int>
        /// Whether a signature or MAC is valid.
        public let valid: Bool
    }

    public enum Outcome {
        case done(Done)
        case failed(CoreError)
    }

    private var items: [sr_batch_item_t] = []
    private var handles: [KeyHandle] = []
    /// The first item with a number below zero, which the core has no way to be told.
    private var malformed: Int?
    private var hasRun = false
    /// How far into the input the items reach, and which of them does.
    private var inputLength = 0
    private var furthest = 0
    /// Bytes of output that the items so far need.
    public private(set) var outputLength = 0

    public init() {}

    public var count: Int { items.count }

    /// Adds an item, whose keys the batch keeps alive. Its output goes behind those of the items before it.
    public mutating func append(_ item: BatchItem) {
        var raw = sr_batch_item_t()
        raw.operation = item.operation
        raw.number = item.number
        if let scheme = item.scheme { raw.scheme = scheme.raw }
        raw.key = item.key.handle
        handles.append(item.key)
        if let target = item.target {
            raw.target = target.handle
            handles.append(target)
        }
        raw.inputs = (input(item.inputs.0), input(item.inputs.1), input(item.inputs.2))
        raw.outputs = (room(item.rooms.0), room(item.rooms.1), room(item.rooms.2))
        items.append(raw)
    }

    /// Runs all items, 1 to 1,000. `output` needs `outputLength` bytes. Fails as a whole only when the batch itself is
    /// malformed: `numbers.0` is the index of the item to blame, where it is an item's fault.
    public mutating func run(
        input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
    ) throws(CoreError) {
        guard (1...Int(SR_BATCH_ITEMS_MAX)).contains(items.count) else {
            throw CoreError(.lengthOutOfRange, argument: 3)
        }
        try checkOverlap(output, input)
        if let malformed { throw CoreError(.lengthOutOfRange, argument: 2, numbers: (UInt64(malformed), 0)) }
        guard inputLength <= input.count else {
            throw CoreError(.lengthOutOfRange, argument: 2, numbers: (UInt64(furthest), 0))
        }
        try checkRoom(output, outputLength, argument: 4)
        let count = items.count
        _ = try items.withUnsafeMutableBufferPointer { items throws(CoreError) in
            try callCore(writingTo: output) {
                sr_key_batch(sr_bytes_t(input), items.baseAddress, count, $0, $1)
            }
        }
        for index in items.indices where items[index].code == CoreError.Code.secretMemoryExhausted.rawValue {
            runAgain(index, input, output)
        }
        hasRun = true
    }

    /// Runs an item by itself that found no secret memory, as long as pools close keys for it.
    private mutating func runAgain(
        _ index: Int, _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) {
        let rooms = (items[index].outputs.0, items[index].outputs.1, items[index].outputs.2)
        // The core clears the whole output first: what other items wrote is not to be in it.
        let start = min(rooms.0.offset, rooms.1.offset, rooms.2.offset)
        let end = max(rooms.0.end, rooms.1.end, rooms.2.end)
        let room = UnsafeMutableRawBufferPointer(rebasing: output[Int(start)..<Int(end)])
        var item = items[index]
        item.outputs = (rooms.0.counted(from: start), rooms.1.counted(from: start), rooms.2.counted(from: start))
        var length = 0
        item.code = relieve(item.code) {
            let status = withUnsafeMutablePointer(to: &length) {
                sr_key_batch(sr_bytes_t(input), &item, 1, sr_buffer_t(room, $0), nil)
            }
            return status == SR_OK ? item.code : status
        }
        item.outputs = rooms
        items[index] = item
    }

    /// What became of an item. `invalidArgument` where there is none, or nothing was run.
    public func outcome(at index: Int) -> Outcome {
        guard hasRun, items.indices.contains(index) else { return .failed(CoreError(.invalidArgument)) }
        let item = items[index]
        guard item.code == SR_OK else { return .failed(CoreError(status: item.code)) }
        func written(_ room: sr_range_t, _ length: UInt64) -> Range<Int> {
            Int(room.offset)..<Int(room.offset) + Int(length)
        }
        let first = written(item.outputs.0, item.written.0)
        let second = written(item.outputs.1, item.written.1)
        let third = written(item.outputs.2, item.written.2)
        // A data key's plaintext is the first output of its function.
        let isDataKey = item.operation == SR_BATCH_DATA_KEY || item.operation == SR_BATCH_DATA_KEY_PAIR
        return .done(
            Done(
                output: isDataKey ? second : first, dataKey: isDataKey ? first : 0..<0, publicKey: third,
                valid: item.valid == 1))
    }

    /// A part of the input as the core is told of it.
    private mutating func input(_ range: Range<Int>) -> sr_range_t {
        guard range.lowerBound >= 0 else {
            malformed = malformed ?? items.count
            return sr_range_t()
        }
        if range.upperBound > inputLength { (inputLength, furthest) = (range.upperBound, items.count) }
        return sr_range_t(offset: UInt64(range.lowerBound), length: UInt64(range.count))
    }

    /// The next bytes of the output.
    private mutating func room(_ capacity: Int) -> sr_range_t {
        let (end, overflow) = outputLength.addingReportingOverflow(capacity)
        guard capacity >= 0, !overflow else {
            malformed = malformed ?? items.count
            return sr_range_t()
        }
        defer { outputLength = end }
        return sr_range_t(offset: UInt64(outputLength), length: UInt64(capacity))
    }
}

extension sr_range_t {
    fileprivate var end: UInt64 { offset + length }

    /// The same bytes, counted from `start` on.
    fileprivate func counted(from start: UInt64) -> sr_range_t { sr_range_t(offset: offset - start, length: length) }
}
