// Deciding again. A request is decided by its head, and may be done long after: its body takes its time, a worker is busy. By
// then its token may be revoked, its role changed, the service sealed.

internal import Audit
internal import HTTPServer
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    /// Decides again what was decided before, where it may be decided otherwise now.
    @inline(__always)
    func confirm(_ exchange: Exchange, _ route: Route, on thread: ServingThread) throws(CallError) {
        guard exchange.principal != nil else { return }
        if !exchange.isSettled { try decideAgain(exchange, route) }
        // Nothing is changed that cannot be recorded. What changes nothing is refused when its record fails.
        if thread.isWorker, exchange.unsealed?.audit?.trail.isOpen == false { throw CallError(.auditUnavailable) }
    }

    /// Finds the principal again, with its role as it is now, and holds the request to that.
    func decideAgain(_ exchange: Exchange, _ route: Route) throws(CallError) {
        guard let unsealed = exchange.unsealed, unsealed === seal.current else {
            // Its record goes to the trail that is open now, if one is.
            exchange.unsealed = nil
            throw CallError(.sealed)
        }
        guard let before = exchange.principal, let principal = unsealed.tokens.current(before) else {
            throw CallError(.unauthenticated)
        }
        exchange.principal = principal
        exchange.needsAssociatedData = false
        (exchange.rate, exchange.approvals) = (nil, 0)
        do { try authorise(route, exchange) } catch { throw .problem(error) }
        // What has a body by now was held to it before, and counted.
        if exchange.needsAssociatedData, let body = exchange.body { try authoriseBody(body) }
    }
}

extension Exchange {
    /// Whether what was decided for the principal holds: neither tokens nor roles have changed, its token has not expired, and the
    /// service was not sealed. False says only that it has to be decided again.
    @inline(__always)
    var isSettled: Bool {
        guard let principal, let tokens = unsealed?.tokens else { return true }
        return tokens.isSettled(principal)
    }
}
