// The document and the code must speak of the same operations: neither may have one that the other lacks.

/// What keeps a server from starting: operations without a handler, or handlers without an operation.
public struct WiringError: Error, Equatable, Sendable, CustomStringConvertible {
    public let missingHandlers: [String]
    public let unknownHandlers: [String]

    public var description: String {
        var parts: [String] = []
        if !missingHandlers.isEmpty {
            parts.append("operations without a handler: \(missingHandlers.joined(separator: ", "))")
        }
        if !unknownHandlers.isEmpty {
            parts.append("handlers without an operation: \(unknownHandlers.joined(separator: ", "))")
        }
        return parts.joined(separator: "; ")
    }
}

public enum Wiring {
    /// Checks that the document's operations are exactly those that `handlers` names.
    public static func check(_ document: OpenAPIDocument, handlers: Set<String>) throws(WiringError) {
        let operations = Set(document.operations.map(\.id))
        guard operations == handlers else {
            throw WiringError(
                missingHandlers: operations.subtracting(handlers).sorted(),
                unknownHandlers: handlers.subtracting(operations).sorted())
        }
    }
}
