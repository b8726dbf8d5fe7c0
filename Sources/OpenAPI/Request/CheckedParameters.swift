// A request's parameters after they have been checked: what handlers read.

internal import Bytes

/// Values by the names in the document; a name means one parameter of an operation, wherever it stands. Valid while what
/// it was made from is. One thread at a time.
public struct CheckedParameters {
    /// How many parameters an operation may have.
    public static let limit = 8

    private let operation: Operation
    private var values: InlineArray<8, Instance?> = .init(repeating: nil)
    /// What decoded values of the path and of the query lie in.
    private let decodedPath: ByteBuffer?
    var decodedQuery: ByteBuffer?

    init(operation: Operation, path: PathParameters) {
        self.operation = operation
        decodedPath = path.decoded
    }

    public func has(_ name: StaticString) -> Bool {
        value(name) != nil
    }

    /// A string's UTF-8, decoded.
    public func bytes(_ name: StaticString) -> UnsafeRawBufferPointer? {
        value(name)?.text
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

    mutating func set(_ index: Int, _ value: Instance) {
        if index < Self.limit { values[index] = value }
    }

    private func value(_ name: StaticString) -> Instance? {
        let index = operation.parameters.firstIndex { name.withUTF8Buffer($0.name.utf8.elementsEqual) }
        return index.flatMap { $0 < Self.limit ? values[$0] : nil }
    }
}
