// Refusals as RFC 9457 problem documents. They name what is wrong and where, and never repeat a value.

internal import Bytes
internal import HTTPServer
internal import Identity
internal import JSON
internal import KeyService
internal import Observability
internal import OpenAPI
internal import Storage

struct Problem: Error {
    var code: ProblemCode
    /// What does not fit, by JSON Pointer; at most as many as the validator gives.
    var violations: [SchemaViolation] = []
    /// 501: the feature that the operation needs.
    var feature: String?
    /// 429 and 503: seconds until it may be done; nil where they are not known.
    var retryAfter: Int64?
    /// 429: the rate that it was beyond.
    var rate: RateRefusal?
    /// 401: why a login is refused.
    var login: LoginRefusal.Reason?
    /// 403: what has to be approved first.
    var approval: ApprovalRecord?
    /// 405: the methods that the path takes.
    var allow: String?
    /// What it says in place of what its code does.
    var state: ProblemState?
    /// In a batch: it is one item's, whatever its code.
    var belongsToItem = false

    init(_ code: ProblemCode, retryAfter: Int64? = nil) {
        self.code = code
        self.retryAfter = retryAfter
    }

    init(_ state: ProblemState) {
        code = state.code
        self.state = state
    }

    init(violations: [SchemaViolation]) {
        code = .schemaViolation
        self.violations = violations
    }

    func response(to request: Request) -> Response {
        let body = ByteBuffer(minimumCapacity: 512)
        var writer = JSONWriter(body)
        writer.beginObject()
        writer.name("type")
        writer.string("urn:strongroom:problem:" + code.rawValue)
        writer.name("title")
        writer.string(code.title)
        writer.name("status")
        writer.integer(code.status)
        writer.name("code")
        writer.string(code.rawValue)
        writer.name("detail")
        writer.string(detail)
        writer.name("request_id")
        writer.string(request.id.description)
        if let feature {
            writer.name("feature")
            writer.string(feature)
        }
        if let login {
            writer.name("reason")
            writer.string(login.rawValue)
        }
        if let approval {
            writer.name("approval")
            writer.beginObject()
            writer.name("id")
            writer.string(approval.id)
            writer.name("needed")
            writer.integer(approval.needed)
            writer.name("given")
            writer.integer(approval.decisions.count { $0.approves })
            writer.name("expires_at")
            writer.string(Timestamp.rfc3339(approval.expiresAt))
            writer.endObject()
        }
        if !violations.isEmpty {
            writer.name("errors")
            writer.beginArray()
            for violation in violations {
                writer.beginObject()
                writer.name("pointer")
                writer.string(violation.pointer)
                writer.name("keyword")
                writer.string(violation.keyword)
                writer.name("detail")
                writer.string(violation.detail)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        body.append("\n")
        return Response(status: code.status, contentType: "application/problem+json", headers: headers, body: body)
    }

    private var detail: String {
        if let login { return login.detail }
        let (detail, advice) = state.map { ($0.detail, $0.advice) } ?? (code.detail, code.advice)
        return advice.map { detail + " " + $0 } ?? detail
    }

    private var headers: [Response.Header] {
        var headers: [Response.Header] = []
        switch code.status {
        case 401: headers.append(Response.Header("WWW-Authenticate", "Bearer realm=\"strongroom\""))
        case 405: if let allow { headers.append(Response.Header("Allow", allow)) }
        // What a quota refuses waits for nobody: something has to end or to be removed.
        case 429 where [.tooManyTokens, .tooManyApprovals, .tooManyKeys].contains(code): break
        case 429, 503:
            headers.append(Response.Header("Retry-After", "\(rate?.retryAfter ?? retryAfter ?? 1)"))
            // draft-ietf-httpapi-ratelimit-headers
            if let rate {
                let policy = "\"grant\";q=\(rate.rate.requests);w=\(rate.rate.seconds)"
                headers.append(Response.Header("RateLimit-Policy", policy))
                headers.append(Response.Header("RateLimit", "\"grant\";r=\(rate.remaining);t=\(rate.retryAfter)"))
            }
        default: break
        }
        return headers
    }
}
