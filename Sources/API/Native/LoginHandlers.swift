// Logins: what proves who a caller is, exchanged for a token that ends soon.

internal import Audit
internal import HTTPServer
internal import Identity
internal import KeyService
internal import OpenAPI
internal import Storage

extension NativeAPI {
    func loginByJWT(_ call: Call) throws(CallError) -> Response {
        let text = try call.required(call.body.bytes("jwt"))
        // Verifying a signature takes a tenth of a millisecond.
        if logins.takesTokens { try call.needs(.entry) }
        return try logIn(call) { role throws(LoginRefusal) in try logins.login(jwt: text, role: role) }
    }

    func loginByCertificate(_ call: Call) throws(CallError) -> Response {
        let certificate = call.request.clientCertificate
        // Verifying its chain takes up to some milliseconds.
        if certificate != nil { try call.needs(.entry) }
        return try logIn(call) { role throws(LoginRefusal) in
            try logins.login(
                certificate: certificate, isAccepted: call.request.isClientCertificateAccepted, role: role)
        }
    }

    func loginByPeer(_ call: Call) throws(CallError) -> Response {
        try logIn(call) { role throws(LoginRefusal) in try logins.login(peer: call.exchange.peer, role: role) }
    }

    private func logIn(
        _ call: Call, _ find: (_ role: String) throws(LoginRefusal) -> Login
    ) throws(CallError) -> Response {
        let exchange = call.exchange
        guard let unsealed = seal.current else { throw CallError(ProblemCode.sealed) }
        exchange.unsealed = unsealed
        guard unsealed.audit?.trail.isOpen ?? true else { throw CallError(ProblemCode.auditUnavailable) }
        let role = try call.required(call.body.string("role"))
        exchange.wantedRole = role
        let login: Login
        do { login = try find(role) } catch {
            exchange.identity = error.identity
            // What is not the caller's fault is not counted. A good login never comes here, whatever others behind its address send.
            if error.reason != .keysUnavailable, error.reason != .notConfigured,
                let seconds = unsealed.tokens.noteBadLogin(from: exchange.peer)
            {
                throw .problem(Problem(.tooManyAttempts, retryAfter: seconds))
            }
            var problem = Problem(
                error.reason == .keysUnavailable ? .loginUnavailable : .loginRefused, retryAfter: error.retryAfter)
            problem.login = error.reason
            throw .problem(problem)
        }
        try call.needs(.entry)
        exchange.identity = login.identity
        let (text, record) = try call.runTokens { tokens throws(ServiceError) in try tokens.logIn(login) }
        exchange.subject = record.id
        return try call.shown(text, record)
    }
}
