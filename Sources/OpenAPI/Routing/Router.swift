// From a method and a path to an operation: a tree of segments, literals before parameters.

internal import Bytes

public enum RouteMatch {
    case operation(Operation, PathParameters)
    /// The path is known, but not with this method; `allow` is the value of the Allow header.
    case methodNotAllowed(allow: String)
    case notFound
    /// Not a path at all, or one with an escape that is not one.
    case malformedPath
}

/// Immutable; any thread.
public final class Router: Sendable {
    // Flat tables: following them counts no references.
    private let nodes: [RouteNode]
    private let literals: [RouteLiteral]
    private let text: [UInt8]
    /// By a node's `operations` and the method's raw value.
    private let operations: [Operation?]
    private let allow: [String]
    /// Of the server as a whole.
    private let allowAnywhere: String

    init(_ operations: [Operation]) throws(DocumentError) {
        let root = RouteBuilder()
        for operation in operations {
            var node = root
            for segment in operation.path.segments { node = node.child(segment) }
            guard node.operations[operation.method] == nil else {
                throw DocumentError(pointer: operation.pointer, reason: "another operation has this method and path")
            }
            node.operations[operation.method] = operation
        }
        var tables = RouteTables()
        _ = tables.add(root)
        nodes = tables.nodes
        literals = tables.literals
        text = tables.text
        self.operations = tables.operations
        allow = tables.allow
        let methods = Set(operations.map(\.method))
        allowAnywhere = RouteTables.allow { methods.contains($0) }
    }

    /// Finds the operation for a path as it was sent, without its query. HEAD is answered where GET is. Literal segments
    /// match as they stand, without escapes; what a parameter matches is decoded. The answer's parameters point into
    /// `path`. OPTIONS of `*` asks about the server as a whole (RFC 9110, 9.3.7).
    public func match(method: OperationMethod, path: UnsafeRawBufferPointer) -> RouteMatch {
        if method == .options, path.elementsEqual(CollectionOfOne(UInt8(ascii: "*"))) {
            return .methodNotAllowed(allow: allowAnywhere)
        }
        let segments: PathSegments
        do {
            segments = try PathSegments(path)
        } catch {
            return error == .malformed ? .malformedPath : .notFound
        }
        var parameters = PathParameters(segments.decoded)
        guard let found = find(0, segments, 0, &parameters) else { return .notFound }
        let entry = nodes[found].operations
        let method = method == .head ? OperationMethod.get : method
        guard let operation = operations[entry * OperationMethod.allCases.count + Int(method.rawValue)] else {
            return .methodNotAllowed(allow: allow[entry])
        }
        return .operation(operation, parameters)
    }

    /// The node with operations that the segments from `index` on lead to, from `node` on.
    private func find(
        _ node: Int, _ segments: borrowing PathSegments, _ index: Int, _ parameters: inout PathParameters
    ) -> Int? {
        let here = nodes[node]
        guard index < segments.count else { return here.operations >= 0 ? node : nil }
        if let literal = literal(segments.rawSegment(index), in: here.literals) {
            if let found = find(literals[literal].node, segments, index + 1, &parameters) { return found }
        }
        guard here.parameter >= 0 else { return nil }
        let value = segments[index]
        // A literal in disguise must not come by another way to where its own way does not lead.
        if segments.hasEscapes(index), literal(value, in: here.literals) != nil { return nil }
        parameters.push(value)
        if let found = find(here.parameter, segments, index + 1, &parameters) { return found }
        parameters.pop()
        return nil
    }

    /// Which of a node's literals a segment is; they differ from each other.
    private func literal(_ segment: UnsafeRawBufferPointer, in range: Range<Int>) -> Int? {
        text.withUnsafeBytes { text in
            var position = range.lowerBound
            while position < range.upperBound {
                let candidate = literals[position].text
                if candidate.count == segment.count,
                    same(UnsafeRawBufferPointer(rebasing: text[candidate]), segment)
                {
                    return position
                }
                position &+= 1
            }
            return nil
        }
    }
}

/// What the parameters of a path matched, decoded, from left to right. Valid while the path is.
public struct PathParameters {
    private var values: InlineArray<4, UnsafeRawBufferPointer> = .init(
        repeating: UnsafeRawBufferPointer(start: nil, count: 0))
    public private(set) var count = 0
    /// What values that had escapes lie in.
    let decoded: ByteBuffer?

    init(_ decoded: ByteBuffer?) {
        self.decoded = decoded
    }

    /// Empty past the end.
    public subscript(index: Int) -> UnsafeRawBufferPointer {
        index >= 0 && index < count ? values[index] : UnsafeRawBufferPointer(start: nil, count: 0)
    }

    mutating func push(_ value: UnsafeRawBufferPointer) {
        guard count < PathTemplate.maximumParameters else { return }
        values[count] = value
        count += 1
    }

    mutating func pop() {
        if count > 0 { count -= 1 }
    }
}
