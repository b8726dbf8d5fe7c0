// Preconditions of requests (RFC 9110, section 13): what there has to be for a request to be done. There is no time of the last
// change, so those that compare one are ignored, as the RFC has it.

internal import Bytes
internal import HTTPServer
internal import KeyService
internal import OpenAPI
internal import Storage

/// What If-Match and If-None-Match of a request ask for.
struct Preconditions {
    private let ifMatch: EntityTags?
    private let ifNoneMatch: EntityTags?
    /// GET or HEAD.
    private let isReading: Bool

    /// What a request is about, as it stands.
    enum Target {
        case tagged(String)
        /// It is there, and has no entity tag.
        case untagged
        /// It is yet to be made.
        case absent
    }

    enum Verdict {
        case proceed
        case failed
        /// Who asks has it already.
        case notModified
    }

    /// Nil where the request has none.
    init?(_ request: Request) throws(Problem) {
        guard request.count(of: .ifMatch) + request.count(of: .ifNoneMatch) > 0 else { return nil }
        ifMatch = try Self.tags(of: .ifMatch, "If-Match", request)
        ifNoneMatch = try Self.tags(of: .ifNoneMatch, "If-None-Match", request)
        isReading = request.method == .get || request.method == .head
    }

    private static func tags(
        of field: HeaderField, _ name: StaticString, _ request: Request
    ) throws(Problem) -> EntityTags? {
        guard request.count(of: field) > 0 else { return nil }
        guard let tags = EntityTags(lines: request.values(of: field)) else {
            throw Problem(violations: [
                SchemaViolation(pointer: "/header/\(name)", keyword: "pattern", detail: "must be entity tags, or `*`")
            ])
        }
        return tags
    }

    /// In the order of RFC 9110, 13.2.2.
    func verdict(on target: Target) -> Verdict {
        if let ifMatch {
            let matches =
                switch target {
                case .tagged(let tag): ifMatch.contain(tag, strongly: true)
                case .untagged: ifMatch == .any
                case .absent: false
                }
            if !matches { return .failed }
        }
        guard let ifNoneMatch else { return .proceed }
        switch target {
        case .tagged(let tag):
            guard ifNoneMatch.contain(tag, strongly: false) else { return .proceed }
            return isReading ? .notModified : .failed
        // Without a tag nobody can have it already.
        case .untagged: return ifNoneMatch == .any && !isReading ? .failed : .proceed
        case .absent: return .proceed
        }
    }
}

/// What the preconditions of an operation's requests are held against.
enum PreconditionTarget {
    /// The key or role that it changes or shows: its handler does it, with the record that it changes.
    case handled
    /// The path's key, which it uses.
    case key
    /// What it makes.
    case made
    /// Something without an entity tag.
    case untagged
}

extension Call {
    /// What the preconditions ask of a key, to be asked of the record that is about to be changed; nil where there are none.
    var keyCondition: KeyCondition? {
        guard let preconditions = exchange.preconditions else { return nil }
        return { preconditions.verdict(on: .tagged($0.entityTag)) == .proceed }
    }

    /// The same of a role.
    var roleCondition: RoleCondition? {
        guard let preconditions = exchange.preconditions else { return nil }
        return { preconditions.verdict(on: .tagged($0.entityTag)) == .proceed }
    }

    /// Holds a request to its preconditions before its handler is called, where that does not do it.
    func holdToPreconditions(_ target: PreconditionTarget) throws(CallError) {
        guard let preconditions = exchange.preconditions else { return }
        let verdict: Preconditions.Verdict
        switch target {
        case .handled: return
        case .made: verdict = preconditions.verdict(on: .absent)
        case .untagged: verdict = preconditions.verdict(on: .untagged)
        case .key:
            let name = try key
            let record = try run { service throws(ServiceError) in
                try service.record(of: name, waiting: waiting)
            }
            // What shows a part of a key is not what has its tag.
            verdict =
                switch preconditions.verdict(on: .tagged(record.entityTag)) {
                case .notModified: .proceed
                case let other: other
                }
        }
        if verdict == .failed { throw CallError(.preconditionFailed) }
    }

    /// The answer in place of one that shows what has the tag: 304, or 412; nil where it is to be shown.
    func conditional(_ tag: String, headers: [Response.Header]) throws(CallError) -> Response? {
        switch exchange.preconditions?.verdict(on: .tagged(tag)) {
        case nil, .proceed: nil
        case .failed: throw CallError(.preconditionFailed)
        case .notModified: Response(status: 304, contentType: nil, headers: headers, body: ByteBuffer())
        }
    }
}
