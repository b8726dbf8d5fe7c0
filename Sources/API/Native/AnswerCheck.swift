// Answers held against the document before they are sent. Every test runs with it, so that the document cannot promise one
// thing and the server do another; at work it would only cost.

internal import Bytes
internal import HTTPServer
internal import OpenAPI

struct AnswerCheck: Sendable {
    /// Told of each answer that does not fit: the operation, the status, and places; no values.
    let report: @Sendable (String) -> Void

    /// The answer itself, or 500 in its place where the document does not promise it.
    func checked(_ answer: Response, of operation: Operation, to request: Request) -> Response {
        var headers = answer.headers.map { (name: $0.name, value: $0.value) }
        if let contentType = answer.contentType { headers.append(("Content-Type", "\(contentType)")) }
        let violations = operation.checkResponse(status: answer.status, headers: headers, body: answer.body.bytes)
        guard !violations.isEmpty else { return answer }
        let list = violations.map { "\($0.pointer) \($0.keyword): \($0.detail)" }.joined(separator: "; ")
        report("\(operation.id) answers \(answer.status) as the document does not promise: \(list)")
        return Problem(.internalError).response(to: request)
    }
}
