// The native API: from a request's head to its answer, by the operations of openapi/strongroom.json.

internal import Audit
internal import Bytes
public import CoreBridge
public import HTTPServer
public import Identity
public import KeyService
public import Observability
internal import Network
internal import OpenAPI
internal import Storage

/// Answers requests by the document, each operation by its handler. Immutable after it was made; any thread.
public final class NativeAPI: RequestHandler {
    let seal: Seal
    let logins: Logins
    let cryptography: Core
    let information: ServiceInformation
    let metrics: Metrics
    let readiness: Readiness
    let document: OpenAPIDocument
    private let log: AccessLog
    /// Nil at work.
    private let answerCheck: AnswerCheck?
    /// Bytes of secret memory that the keys of one request may take, where it uses more than one key. If each thread worked at such
    /// a request, half of the memory for keys would be left.
    let mostKeyBytesOfRequest: Int
    /// By the operation's index in the document.
    private let routes: [Route]

    /// Loads and compiles the document. An operation without a handler, or a handler without an operation, is an error.
    /// - Parameters:
    ///   - threads: how many threads call this at the same time.
    ///   - families: metrics to show beside those of the requests.
    ///   - undocumentedAnswer: given in tests: each answer is then held against the document, and one that does not fit
    ///     is told here, without its values, and not sent: 500 goes in its place. Called on any thread.
    public init(
        seal: Seal, logins: Logins, core: Core, log: AccessLog, information: ServiceInformation, threads: Int = 16,
        families: [MetricFamily] = [], undocumentedAnswer: (@Sendable (String) -> Void)? = nil
    ) throws(APIStartError) {
        self.seal = seal
        self.logins = logins
        cryptography = core
        mostKeyBytesOfRequest = Int(clamping: (try? core.secretMemory().keyBytes) ?? 0) / (2 * max(threads, 1))
        self.log = log
        self.information = information
        answerCheck = undocumentedAnswer.map { AnswerCheck(report: $0) }
        let handlers = Self.handlers
        do {
            document = try OpenAPIDocument.load(OpenAPIDocument.embedded)
            try Wiring.check(document, handlers: Set(handlers.keys))
            // Requests that match no operation are counted as one more.
            metrics = try Metrics(operations: document.operations.map(\.id) + ["unmatched"], families: families)
            readiness = try Readiness(seal)
        } catch {
            throw APIStartError(description: "\(error)")
        }
        routes = document.operations.compactMap { operation in
            handlers[operation.id].map { Route(operation: operation, handling: $0) }
        }
    }

    deinit { readiness.stop() }

    public func begin(_ request: Request) -> HeadDecision {
        let exchange = Exchange(peer: request.peer)
        request.attachment = exchange
        // Two say nothing.
        if let parent = request.header(.traceparent), request.count(of: .traceparent) == 1 {
            exchange.trace = TraceContext(traceparent: parent)
        }
        do throws(Problem) {
            let route = try admit(request, exchange)
            return .readBody(maximumBytes: route.handling.bodyLimit, workCopies: route.handling.workCopies)
        } catch {
            exchange.refusal = error.code
            return .refuse(finished(error.response(to: request), to: request))
        }
    }

    public func respond(to request: Request, on thread: ServingThread) -> Outcome {
        guard let exchange = request.attachment as? Exchange, let route = exchange.route else {
            return .answer(Problem(.internalError).response(to: request))
        }
        do throws(CallError) {
            exchange.requestBytes = request.body.count
            if !thread.isWorker, let lane = route.lane(forBody: request.body.count) { throw .needsWorker(lane) }
            try confirm(exchange, route, on: thread)
            if exchange.body == nil {
                if !thread.isWorker, request.body.count > Self.longestTree, mayWaitForApproval(exchange, route) {
                    throw .needsWorker(.data)
                }
                try digestBody(of: request, exchange, route)
                let body = try check(request, exchange, route, on: thread)
                exchange.body = body
                if exchange.needsAssociatedData { try authoriseBody(body) }
            }
            try exchange.countRate()
            let call = Call(request: request, exchange: exchange, thread: thread)
            let answer = try handle(call, route)
            // What took long is not for a token that was revoked meanwhile.
            if thread.isWorker, !route.handling.changesState { try confirm(exchange, route, on: thread) }
            return .answer(finished(answer, to: request))
        } catch {
            switch error {
            case .needsWorker(let lane): return .needsWorker(lane)
            case .unfinished: return .unfinished
            // From here on another thread may have the request.
            case .parked: return .parked
            case .needsUses, .decideAgain:
                return .answer(finished(Problem(.internalError).response(to: request), to: request))
            case .problem(let problem): return .answer(refused(problem, request, exchange))
            }
        }
    }

    /// The answer of a parked request, of which `work` tells what became.
    func respond(to request: Request, _ work: () throws(CallError) -> Response) -> Response {
        guard let exchange = request.attachment as? Exchange else {
            return Problem(.internalError).response(to: request)
        }
        do throws(CallError) { return finished(try work(), to: request) } catch {
            guard case .problem(let problem) = error else { return refused(Problem(.internalError), request, exchange) }
            return refused(problem, request, exchange)
        }
    }

    private func refused(_ problem: Problem, _ request: Request, _ exchange: Exchange) -> Response {
        exchange.refusal = problem.code
        if let approval = problem.approval { exchange.approvalID = approval.id }
        if problem.code.status < 500 { giveBackApproval(exchange) }
        return finished(problem.response(to: request), to: request)
    }

    /// Calls the operation's handler, again where it ran out of encryptions that were reserved.
    private func handle(_ call: Call, _ route: Route) throws(CallError) -> Response {
        for _ in 0..<Self.attempts {
            do throws(CallError) {
                if call.exchange.preconditions != nil { try call.holdToPreconditions(route.handling.preconditions) }
                try holdToApproval(call, route)
                return try route.handling.handler(self)(call)
            } catch .needsUses(let key) {
                try call.run { service throws(ServiceError) in try service.reserveUses(of: key, waiting: call.waiting) }
            } catch .decideAgain {
                try decideAgain(call.exchange, route)
            }
        }
        // Others took what was reserved again and again.
        throw CallError(.overloaded)
    }

    private static let attempts = 16

    public func response(to refusal: Refusal, of request: Request) -> Response {
        let code = ProblemCode(refusal)
        if request.attachment == nil { request.attachment = Exchange(peer: request.peer) }
        let exchange = request.attachment as? Exchange
        exchange?.refusal = code
        // What a worker took and did not do. On an event loop nothing was taken yet.
        if let exchange, exchange.approval != nil, refusal != .answerLost, refusal != .noAnswer {
            giveBackApproval(exchange)
        }
        return finished(Problem(code).response(to: request), to: request)
    }

    public func owner(of request: Request) -> RequestOwner {
        if let principal = (request.attachment as? Exchange)?.principal {
            return RequestOwner(number: principal.owner.hashValue, isKnown: true)
        }
        return RequestOwner(number: request.peer.source.hashValue, isKnown: false)
    }

    /// The answer as it is sent: held against the document in tests, and with a record in the audit trail.
    private func finished(_ answer: Response, to request: Request) -> Response {
        let answer = audited(checked(answer, to: request), of: request)
        // It may be a tree several times as large as the answer, which a slow client takes long to read.
        (request.attachment as? Exchange)?.dropBody()
        return answer
    }

    /// The answer as it may be sent: itself, unless answers are checked.
    private func checked(_ answer: Response, to request: Request) -> Response {
        guard let answerCheck, let route = (request.attachment as? Exchange)?.route else { return answer }
        return answerCheck.checked(answer, of: route.operation, to: request)
    }

    public func finished(_ request: Request, status: Int, responseBytes: Int, microseconds: Int) {
        let exchange = request.attachment as? Exchange
        let operation = exchange?.route?.operation
        metrics.record(
            operation: operation?.index ?? routes.count, status: status,
            nanoseconds: UInt64(clamping: microseconds) &* 1000)
        log.write(
            AccessLog.Entry(
                requestHigh: request.id.high, requestLow: request.id.low, method: request.method.name,
                operation: operation?.id, status: status, code: exchange?.refusal?.rawValue,
                microseconds: microseconds, requestBytes: exchange?.requestBytes ?? 0,
                responseBytes: responseBytes, peer: exchange?.peer.text ?? "", token: exchange?.principal?.tokenID,
                trace: exchange?.trace))
    }

    /// Everything that can be decided before the body is read.
    private func admit(_ request: Request, _ exchange: Exchange) throws(Problem) -> Route {
        let found: (operation: Operation, path: PathParameters)
        switch document.router.match(method: request.method.operationMethod, path: request.path) {
        case .operation(let operation, let path): found = (operation, path)
        case .notFound: throw Problem(.notFound)
        case .malformedPath: throw Problem(.malformedRequest)
        case .methodNotAllowed(let allow):
            var problem = Problem(.methodNotAllowed)
            problem.allow = allow
            throw problem
        }
        let route = routes[found.operation.index]
        exchange.route = route
        if route.operation.needsToken {
            guard let unsealed = seal.current else { throw Problem(.sealed) }
            exchange.unsealed = unsealed
            guard unsealed.audit?.trail.isOpen ?? true else { throw Problem(.auditUnavailable) }
            exchange.principal = try authenticate(request, unsealed.tokens)
        }
        do {
            try route.operation.checkParameters(
                // The only headers that the document speaks of are preconditions, which may stand on several lines.
                path: found.path, query: request.query, into: &exchange.parameters)
        } catch {
            throw Problem(violations: error.violations)
        }
        exchange.parametersAreSound = true
        exchange.preconditions = try Preconditions(request)
        try authorise(route, exchange)
        if request.announcesBody { try admitBody(of: request, route) }
        return route
    }

    private func admitBody(of request: Request, _ route: Route) throws(Problem) {
        guard route.operation.requestBody != nil else {
            // Many clients send an empty object with every POST. `check` looks at the body once it has arrived.
            guard request.method != .get, request.method != .head else { throw Problem(violations: [.unexpectedBody]) }
            return
        }
        // What is compressed would be read as what it is not (RFC 9110, 8.4).
        guard request.count(of: .contentType) <= 1, request.count(of: .contentEncoding) == 0,
            route.operation.accepts(contentType: request.header(.contentType))
        else { throw Problem(.unsupportedMediaType) }
    }

    private func authenticate(_ request: Request, _ tokens: TokenAuthority) throws(Problem) -> Principal {
        guard let header = request.header(.authorization), let token = BearerToken.find(in: header),
            request.count(of: .authorization) == 1
        else { throw Problem(.unauthenticated) }
        let found: TokenAuthority.Authentication
        do { found = try tokens.authenticate(token, from: request.peer) } catch {
            throw Problem(ProblemCode(error.code))
        }
        switch found {
        case .known(let principal): return principal
        case .unknown: throw Problem(.unauthenticated)
        case .limited(let seconds): throw Problem(.tooManyAttempts, retryAfter: seconds)
        }
    }

    /// Bytes of a body that an event loop reads by way of a tree, or makes a digest of, at most.
    private static let longestTree = 16_384

    private func check(
        _ request: Request, _ exchange: Exchange, _ route: Route, on thread: ServingThread
    ) throws(CallError) -> CheckedBody {
        var refusal: Refusal?
        var isForWorker = false
        do {
            return try route.operation.check(body: request.body) { bytes in
                isForWorker = !thread.isWorker && request.body.count > Self.longestTree
                if isForWorker { return false }
                exchange.treeBytes = bytes
                refusal = exchange.reserve(request.body.count * route.handling.workCopies, for: request)
                return refusal == nil
            }
        } catch {
            if isForWorker { throw .needsWorker(.data) }
            if let refusal { throw CallError(ProblemCode(refusal)) }
            throw .problem(Problem(of: error))
        }
    }
}

/// The API cannot be served: its document is not sound, or not the one its handlers were written for.
public struct APIStartError: Error, CustomStringConvertible {
    public let description: String
}
