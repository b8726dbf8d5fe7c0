// Many operations in one call over the boundary.

internal import CStrongroomCore

/// A batch of one operation on data that lies in one input and goes to one output. Each item has its own key, ranges and
/// outcome.
public struct Batch: ~Copyable {
    public enum Operation: UInt32, Sendable {
        case encrypt = 1
        case decrypt = 2
        case reencrypt = 3
        case dataKey = 4
    }

    /// One item. Ranges count from the start of the batch's input.
    public struct Item {
        /// Kept alive by the batch.
        public var key: KeyHandle
        /// Reencrypt only: what to encrypt under.
        public var target: KeyHandle?
        public var input: Range<Int> = 0..<0
        public var associatedData: Range<Int> = 0..<0
        public var newAssociatedData: Range<Int> = 0..<0
        /// Room for the output, and for a data key's plaintext beside it (0: not wanted).
        public var outputCapacity = 0
        public var dataKeyBytes = 0
        public var dataKeyPlaintext = false

        public init(key: KeyHandle) {
            self.key = key
        }
    }

    /// An item's outcome. Ranges count from the start of the batch's output.
    public enum Outcome {
        case done(output: Range<Int>, dataKey: Range<Int>)
        case failed(CoreError)
    }

    private let operation: Operation
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

    public init(_ operation: Operation) {
        self.operation = operation
    }

    public var count: Int { items.count }

    /// Adds an item. Its output goes behind those of the items before it.
    public mutating func append(_ item: Item) {
        var raw = sr_batch_item_t()
        raw.key = item.key.handle
        handles.append(item.key)
        if let target = item.target {
            raw.target = target.handle
            handles.append(target)
        }
        (raw.input_offset, raw.input_length) = range(item.input)
        (raw.associated_data_offset, raw.associated_data_length) = range(item.associatedData)
        (raw.new_associated_data_offset, raw.new_associated_data_length) = range(item.newAssociatedData)
        raw.data_key_bytes = UInt32(clamping: item.dataKeyBytes)
        (raw.output_offset, raw.output_capacity) = room(item.outputCapacity)
        (raw.second_output_offset, raw.second_output_capacity) = room(item.dataKeyPlaintext ? item.dataKeyBytes : 0)
        items.append(raw)
    }

    /// Runs all items, 1 to 1,000. `output` needs `outputLength` bytes. Fails as a whole only when the batch itself is
    /// malformed: `numbers.0` is the index of the item to blame, where it is an item's fault.
    public mutating func run(
        input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
    ) throws(CoreError) {
        guard (1...Int(SR_BATCH_ITEMS_MAX)).contains(items.count) else {
            throw CoreError(.lengthOutOfRange, argument: 4)
        }
        try checkOverlap(output, input)
        if let malformed { throw CoreError(.lengthOutOfRange, argument: 3, numbers: (UInt64(malformed), 0)) }
        guard inputLength <= input.count else {
            throw CoreError(.lengthOutOfRange, argument: 3, numbers: (UInt64(furthest), 0))
        }
        try checkRoom(output, outputLength, argument: 5)
        let count = items.count
        _ = try items.withUnsafeMutableBufferPointer { items throws(CoreError) in
            try callCore(writingTo: output) {
                sr_key_batch(operation.rawValue, sr_bytes_t(input), items.baseAddress, count, $0, $1)
            }
        }
        hasRun = true
    }

    /// What became of an item. `invalidArgument` where there is none, or nothing was run.
    public func outcome(at index: Int) -> Outcome {
        guard hasRun, items.indices.contains(index) else { return .failed(CoreError(.invalidArgument)) }
        let item = items[index]
        guard item.code == SR_OK else { return .failed(CoreError(status: item.code)) }
        let start = Int(item.output_offset)
        let second = Int(item.second_output_offset)
        return .done(
            output: start..<start + Int(item.output_length),
            dataKey: second..<second + Int(item.second_output_capacity))
    }

    /// A range as the core is told of it.
    private mutating func range(_ range: Range<Int>) -> (offset: UInt64, length: UInt64) {
        guard range.lowerBound >= 0 else {
            malformed = malformed ?? items.count
            return (0, 0)
        }
        if range.upperBound > inputLength { (inputLength, furthest) = (range.upperBound, items.count) }
        return (UInt64(range.lowerBound), UInt64(range.count))
    }

    /// The next bytes of the output.
    private mutating func room(_ capacity: Int) -> (offset: UInt64, capacity: UInt64) {
        let (end, overflow) = outputLength.addingReportingOverflow(capacity)
        guard capacity >= 0, !overflow else {
            malformed = malformed ?? items.count
            return (UInt64(outputLength), 0)
        }
        defer { outputLength = end }
        return (UInt64(outputLength), UInt64(capacity))
    }
}
