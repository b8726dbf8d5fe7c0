// A request's parameters after they have been checked: what handlers read.

internal import Bytes

/// Values by the names in the document; a name means one parameter of an operation, wherever it stands. Valid while what
/// it was made from is. One thread at a time.
public struct CheckedParameters {
    /// How many parameters an operation may have.
    public static let limit = 8

    private var operation: Operation?
    private var values: InlineArray<8, ParameterValue?> = .init(repeating: nil)
    /// What decoded values of the path and of the query lie in.
    private var decodedPath: ByteBuffer?
    var decodedQuery: ByteBuffer?

    /// None. `Operation.check` fills it.
    public init() {}

    mutating func begin(_ operation: Operation, _ path: borrowing PathParameters) {
        self.operation = operation
        decodedPath = path.decoded
    }

    public func has(_ name: StaticString) -> Bool {
        value(name) != nil
    }

    /// A string's UTF-8, decoded.
    public func bytes(_ name: StaticString) -> UnsafeRawBufferPointer? {
        if case .text(let bytes) = value(name) { return bytes }
        return nil
    }

    public func string(_ name: StaticString) -> String? {
        bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    public func integer(_ name: StaticString) -> Int? {
        if case .integer(let value) = value(name) { return value }
        return nil
    }

    public func boolean(_ name: StaticString) -> Bool? {
        if case .boolean(let value) = value(name) { return value }
        return nil
    }

    func isGiven(_ index: Int) -> Bool {
        index < Self.limit && values[index] != nil
    }

    mutating func set(_ index: Int, _ value: ParameterValue) {
        if index < Self.limit { values[index] = value }
    }

    private func value(_ name: StaticString) -> ParameterValue? {
        let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard let operation else { return nil }
        for index in operation.parameters.indices where operation.parameters[index].isNamed(name) {
            return index < Self.limit ? values[index] : nil
        }
        return nil
    }
}

/// A parameter's value, read as the type that its schema has.
enum ParameterValue {
    /// UTF-8, decoded.
    case text(UnsafeRawBufferPointer)
    case integer(Int)
    case boolean(Bool)

    /// What its schema is held against.
    var instance: Instance {
        switch self {
        case .text(let bytes): .text(bytes)
        case .integer(let integer): .integer(integer)
        case .boolean(let boolean): .boolean(boolean)
        }
    }
}
