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
        raw.input_offset = UInt64(item.input.lowerBound)
        raw.input_length = UInt64(item.input.count)
        raw.associated_data_offset = UInt64(item.associatedData.lowerBound)
        raw.associated_data_length = UInt64(item.associatedData.count)
        raw.new_associated_data_offset = UInt64(item.newAssociatedData.lowerBound)
        raw.new_associated_data_length = UInt64(item.newAssociatedData.count)
        raw.output_offset = UInt64(outputLength)
        raw.output_capacity = UInt64(max(item.outputCapacity, 0))
        outputLength += Int(raw.output_capacity)
        raw.data_key_bytes = UInt32(clamping: item.dataKeyBytes)
        raw.second_output_offset = UInt64(outputLength)
        raw.second_output_capacity = item.dataKeyPlaintext ? UInt64(raw.data_key_bytes) : 0
        outputLength += Int(raw.second_output_capacity)
        items.append(raw)
    }

    /// Runs all items. `output` needs `outputLength` bytes. Fails as a whole only when the batch itself is malformed.
    public mutating func run(
        input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
    ) throws(CoreError) {
        guard output.count >= outputLength else { throw CoreError(.bufferTooSmall) }
        let count = items.count
        _ = try items.withUnsafeMutableBufferPointer { items throws(CoreError) in
            try callCore(writingTo: output) {
                sr_key_batch(operation.rawValue, sr_bytes_t(input), items.baseAddress, count, $0, $1)
            }
        }
    }

    /// What became of an item, after `run`.
    public func outcome(at index: Int) -> Outcome {
        let item = items[index]
        guard item.code == SR_OK else { return .failed(CoreError(status: item.code)) }
        let start = Int(item.output_offset)
        let second = Int(item.second_output_offset)
        return .done(
            output: start..<start + Int(item.output_length),
            dataKey: second..<second + Int(item.second_output_capacity))
    }
}
