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
    private let root: RouteNode

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
        self.root = RouteNode(root)
    }

    /// Finds the operation for a path as it was sent, without its query. HEAD is answered where GET is. Literal segments
    /// match as they stand, without escapes; what a parameter matches is decoded. The answer's parameters point into
    /// `path`.
    public func match(method: OperationMethod, path: UnsafeRawBufferPointer) -> RouteMatch {
        let segments: PathSegments
        do {
            segments = try PathSegments(path)
        } catch {
            return error == .malformed ? .malformedPath : .notFound
        }
        var parameters = PathParameters(segments.decoded)
        guard let node = root.find(segments, 0, &parameters) else { return .notFound }
        guard let operation = node.operation(method) else { return .methodNotAllowed(allow: node.allow) }
        return .operation(operation, parameters)
    }
}

/// What the parameters of a path matched, decoded, from left to right. Valid while the path is.
public struct PathParameters {
    private var values: InlineArray<4, UnsafeRawBufferPointer> = .init(
        repeating: UnsafeRawBufferPointer(start: nil, count: 0))
    public private(set) var count = 0
    /// What decoded values lie in, where there were escapes.
    let decoded: ByteBuffer?

    init(_ decoded: ByteBuffer?) {
        self.decoded = decoded
    }

    /// Empty past the end.
    public subscript(index: Int) -> UnsafeRawBufferPointer {
        index >= 0 && index < count ? values[index] : UnsafeRawBufferPointer(start: nil, count: 0)
    }

    fileprivate mutating func push(_ value: UnsafeRawBufferPointer) {
        guard count < PathTemplate.maximumParameters else { return }
        values[count] = value
        count += 1
    }

    fileprivate mutating func pop() {
        if count > 0 { count -= 1 }
    }
}

private final class RouteNode: Sendable {
    let literals: [(text: [UInt8], node: RouteNode)]
    let parameter: RouteNode?
    /// By the method's raw value.
    let operations: [Operation?]
    let allow: String

    init(_ builder: RouteBuilder) {
        literals = builder.literals.map { ($0.text, RouteNode($0.node)) }
        parameter = builder.parameter.map { RouteNode($0) }
        var allowed: [String] = []
        for method in OperationMethod.allCases {
            let exists = builder.operations[method] != nil || (method == .head && builder.operations[.get] != nil)
            if exists { allowed.append(method.name) }
        }
        operations = OperationMethod.allCases.map { builder.operations[$0] }
        allow = allowed.joined(separator: ", ")
    }

    var hasOperations: Bool { !allow.isEmpty }

    func operation(_ method: OperationMethod) -> Operation? {
        operations[Int((method == .head ? .get : method).rawValue)]
    }

    func find(_ segments: borrowing PathSegments, _ index: Int, _ parameters: inout PathParameters) -> RouteNode? {
        guard index < segments.count else { return hasOperations ? self : nil }
        let raw = segments.rawSegment(index)
        for literal in literals where literal.text.count == raw.count && literal.text.elementsEqual(raw) {
            if let found = literal.node.find(segments, index + 1, &parameters) { return found }
        }
        guard let parameter else { return nil }
        let value = segments[index]
        // A literal in disguise must not come by another way to where its own way does not lead.
        if segments.hasEscapes(index), literals.contains(where: { $0.text.elementsEqual(value) }) { return nil }
        parameters.push(value)
        if let found = parameter.find(segments, index + 1, &parameters) { return found }
        parameters.pop()
        return nil
    }
}

/// The tree while it grows.
private final class RouteBuilder {
    var literals: [(text: [UInt8], node: RouteBuilder)] = []
    var parameter: RouteBuilder?
    var operations: [OperationMethod: Operation] = [:]

    func child(_ segment: PathTemplate.Segment) -> RouteBuilder {
        switch segment {
        case .literal(let text):
            if let known = literals.first(where: { $0.text == text }) { return known.node }
            let node = RouteBuilder()
            literals.append((text, node))
            return node
        case .parameter:
            let node = parameter ?? RouteBuilder()
            parameter = node
            return node
        }
    }
}
