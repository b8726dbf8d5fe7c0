// One record of each request in the audit trail, on disk before its answer is sent.

public import Audit
internal import Bytes
public import HTTPServer
internal import KeyService
internal import Network
internal import OpenAPI

extension NativeAPI {
    /// Puts a request's record in line, and has its answer held until that is on disk. Where no record can be written, the answer
    /// is that.
    func audited(_ answer: Response, of request: Request) -> Response {
        guard let exchange = request.attachment as? Exchange, !exchange.isAudited, let route = exchange.route,
            route.isAudited
        else { return answer }
        // Unsealing begins without what records it.
        if exchange.unsealed == nil { exchange.unsealed = seal.current }
        guard let audit = exchange.unsealed?.audit else { return answer }
        exchange.isAudited = true
        // What anybody can send again and again must not fill the disk.
        if exchange.principal == nil, answer.status >= 400, !audit.admitsAnonymousRecord(from: exchange.peer) {
            return answer
        }
        guard let ticket = audit.trail.append(exchange.record(of: request, answer, route)) else {
            if audit.trail.settings.isBestEffort { return answer }
            // Sealing closes the trail as well.
            let code: ProblemCode = seal.current === exchange.unsealed ? .auditUnavailable : .sealed
            exchange.refusal = code
            return Problem(code).response(to: request)
        }
        exchange.auditTicket = ticket
        request.isHeld = true
        return answer
    }

    public func hold(_ request: Request) -> Bool {
        guard let exchange = request.attachment as? Exchange, let audit = exchange.unsealed?.audit else { return false }
        return audit.trail.wait(for: exchange.auditTicket, request)
    }
}

extension Call {
    /// Keeps the request's record before the operation is done, where it cannot be kept afterwards.
    func keepRecord(status: Int) throws(CallError) {
        guard let audit = exchange.unsealed?.audit, let route = exchange.route else { return }
        exchange.isAudited = true
        let record = exchange.record(of: request, Response(status: status, body: ByteBuffer()), route)
        guard audit.trail.keep(record) else { throw CallError(.auditUnavailable) }
    }

    /// Gets a version of the path's key to use, and notes its number for the record.
    func use(_ work: (KeyService) throws(ServiceError) -> KeyInUse) throws(CallError) -> KeyInUse {
        let key = try run(work)
        let versions = exchange.versions
        exchange.versions =
            versions.map { min($0.lowerBound, key.version)...max($0.upperBound, key.version) }
            ?? key.version...key.version
        return key
    }
}

extension Exchange {
    fileprivate func record(of request: Request, _ answer: Response, _ route: Route) -> AuditRecord {
        var record = AuditRecord(
            operation: route.operation.id,
            outcome: answer.status < 400 ? .done : answer.status < 500 ? .refused : .failed)
        record.request = (request.id.high, request.id.low)
        record.status = answer.status
        record.code = refusal?.rawValue
        record.token = principal?.tokenID
        record.role = principal?.role.name
        record.identity = identity
        // Of one who is nobody yet it is just what somebody sent.
        if identity != nil { record.role = wantedRole }
        // Names only where they were checked against the document.
        let checked = parametersAreSound ? parameters : CheckedParameters()
        record.key = key ?? checked.string("key")
        record.subject = subject ?? checked.string("role") ?? checked.string("id")
        record.versions = versions
        record.approval = approvalID
        record.decision = decision
        record.items = body?.items("items")?.count
        record.requestBytes = requestBytes
        record.responseBytes = answer.body.count
        record.peer = peer.text
        return record
    }
}

extension Request: AuditWaiter {
    public func auditEnded(kept: Bool) { release(kept: kept) }
}
