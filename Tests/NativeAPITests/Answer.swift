// An answer, held against the OpenAPI document and against what every answer promises before a test looks at it.

import Foundation
import HTTPServer
import OpenAPI
import TestKit
import Testing

@testable import NativeAPI

struct Answer {
    /// What tests plant in everything that they send: no answer and no log line may hold it.
    static let canary = "canary5ecret"

    private static let document = Result {
        try OpenAPIDocument.load(OpenAPIDocument.embedded)
    }

    /// What the server adds to every answer.
    private static let common: Set = [
        "date", "connection", "content-length", "x-request-id", "cache-control", "x-content-type-options",
        "referrer-policy",
    ]

    /// The value of Content-Security-Policy where an answer has none of its own.
    private static let commonPolicy = "default-src 'none'; frame-ancestors 'none'"
    /// What Cache-Control says of an answer that may be kept.
    private static let cacheable = "private, no-cache"

    let response: TestResponse
    let json: JSONTree

    /// Records an issue for each way in which the answer is not what the document promises.
    init(_ response: TestResponse, to method: String, _ target: String, at location: SourceLocation) {
        self.response = response
        json = JSONTree(response.body)
        checkHeaders(at: location)
        if method != "HEAD" { checkContract(method, target, at: location) }
        if response.status >= 400, method != "HEAD", !isHealth(target) { checkProblem(at: location) }
        #expect(!holdsCanary, "a value that was sent is in the answer", sourceLocation: location)
    }

    var status: Int { response.status }
    var code: String? { json["code"].string }

    subscript(name: String) -> JSONTree { json[name] }

    /// The first violation's pointer and keyword.
    var violation: String? {
        let first = json["errors"][0]
        guard let pointer = first["pointer"].string, let keyword = first["keyword"].string else { return nil }
        return "\(pointer) \(keyword)"
    }

    private var holdsCanary: Bool {
        let text = (response.headers.map { $0.name + $0.value } + [response.text]).joined()
        return text.lowercased().contains(Self.canary) || text.contains(Data(Self.canary.utf8).base64EncodedString())
    }

    private func isHealth(_ target: String) -> Bool { target.hasPrefix("/v1/health/") && status == 503 }

    private func checkHeaders(at location: SourceLocation) {
        let id = response["X-Request-Id"] ?? ""
        #expect(id.count == 32 && id.allSatisfy { $0.isHexDigit && !$0.isUppercase }, sourceLocation: location)
        #expect(response.count(of: "X-Request-Id") == 1, sourceLocation: location)
        let isCacheable = response["ETag"] != nil && response["Cache-Control"] == Self.cacheable
        #expect(isCacheable || response["Cache-Control"] == "no-store", sourceLocation: location)
        #expect(response["X-Content-Type-Options"] == "nosniff", sourceLocation: location)
        let hasContent = status != 304 && status != 204
        #expect(response.count(of: "Content-Type") == (hasContent ? 1 : 0), sourceLocation: location)
    }

    private func checkContract(_ method: String, _ target: String, at location: SourceLocation) {
        guard case .success(let document) = Self.document else {
            Issue.record("the document does not load", sourceLocation: location)
            return
        }
        let path = String(target.prefix { $0 != "?" })
        let method = OperationMethod.allCases.first { $0.name == method } ?? .other
        var operation: OpenAPI.Operation?
        Array(path.utf8).withUnsafeBytes { path in
            if case .operation(let found, _) = document.router.match(method: method, path: path) { operation = found }
        }
        guard let operation else {
            #expect([400, 404, 405, 431].contains(status), "no operation is at \(path)", sourceLocation: location)
            return
        }
        let violations = response.body.withUnsafeBytes { body in
            operation.checkResponse(
                status: status,
                headers: response.headers.map { ($0.name, $0.value) }.filter {
                    ($0.1 == Self.cacheable || !Self.common.contains($0.0.lowercased())) && $0.1 != Self.commonPolicy
                }, body: body)
        }
        #expect(
            violations.isEmpty,
            "\(operation.id) answered \(status), which the document does not promise: \(violations)",
            sourceLocation: location)
    }

    private func checkProblem(at location: SourceLocation) {
        #expect(response["Content-Type"] == "application/problem+json", sourceLocation: location)
        #expect(json["status"].integer == status, sourceLocation: location)
        #expect(json["request_id"].string == response["X-Request-Id"], sourceLocation: location)
        let code = ProblemCode(rawValue: json["code"].string ?? "")
        #expect(code?.status == status, "\(response.text)", sourceLocation: location)
        #expect(json["type"].string == "urn:strongroom:problem:\(json["code"].string ?? "")", sourceLocation: location)
        for name in ["title", "detail"] { #expect(json[name].string?.isEmpty == false, sourceLocation: location) }
        let known: Set = [
            "type", "title", "status", "code", "detail", "request_id", "errors", "feature", "reason", "approval",
        ]
        #expect(Set(json.names).isSubset(of: known), sourceLocation: location)
        switch status {
        case 401: #expect(response["WWW-Authenticate"]?.hasPrefix("Bearer") == true, sourceLocation: location)
        case 405: #expect(response["Allow"] != nil, sourceLocation: location)
        case 503: #expect(response["Retry-After"] != nil, sourceLocation: location)
        default: break
        }
    }
}
