// A path of the document, such as `/v1/keys/{key}/encrypt`, taken apart.

struct PathTemplate: Sendable {
    enum Segment: Sendable {
        case literal([UInt8])
        case parameter
    }

    let text: String
    let segments: [Segment]
    /// The parameters' names, from left to right.
    let parameters: [String]

    static let maximumSegments = 16
    static let maximumParameters = 4

    init(_ text: String, at place: DocumentValue) throws(DocumentError) {
        self.text = text
        guard text.hasPrefix("/") else { throw place.error("a path must begin with /") }
        var segments: [Segment] = []
        var parameters: [String] = []
        // The root is a path without segments.
        let rest = text == "/" ? [] : text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for segment in rest {
            if segment.hasPrefix("{"), segment.hasSuffix("}"), segment.count > 2 {
                parameters.append(String(segment.dropFirst().dropLast()))
                segments.append(.parameter)
                continue
            }
            let isPlain = segment.utf8.allSatisfy { PathSegments.isUnreserved($0) }
            guard !segment.isEmpty, isPlain, segment != ".", segment != ".." else {
                throw place.error("a path's segment must be plain text or one parameter in braces")
            }
            segments.append(.literal(Array(segment.utf8)))
        }
        guard segments.count <= Self.maximumSegments, parameters.count <= Self.maximumParameters,
            Set(parameters).count == parameters.count
        else {
            throw place.error(
                "a path has at most \(Self.maximumSegments) segments and \(Self.maximumParameters) parameters")
        }
        self.segments = segments
        self.parameters = parameters
    }
}
