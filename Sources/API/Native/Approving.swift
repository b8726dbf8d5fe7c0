// Holding a request back until others have approved it, and taking their approval when it is done.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import KeyService
internal import OpenAPI
internal import Storage

extension NativeAPI {
    /// Notes what the body is, before it is decoded in place, where the request may have to be approved.
    func digestBody(of request: Request, _ exchange: Exchange, _ route: Route) throws(CallError) {
        guard mayWaitForApproval(exchange, route) else { return }
        let digest = ByteBuffer(minimumCapacity: 32)
        try core { () throws(CoreError) in
            try digest.append(room: 32) { room throws(CoreError) in
                try cryptography.hash(request.body.bytes, with: .sha256, into: room)
            }
        }
        exchange.bodyDigest = [UInt8](digest.bytes)
    }

    /// Whether the request may have to be approved, as far as its head tells.
    func mayWaitForApproval(_ exchange: Exchange, _ route: Route) -> Bool {
        guard let permission = route.handling.permission, let principal = exchange.principal else { return false }
        return permission.isSensitive || permission == .update || principal.role.mayAskForApproval
            || permission == .reencrypt && principal.role.mayAnywhere(.move)
    }

    /// Holds the request to the approvals that its head asks for; handlers hold it to those that hang on the body.
    func holdToApproval(_ call: Call, _ route: Route) throws(CallError) {
        guard let permission = route.handling.permission, call.exchange.approvals > 0 || permission.isSensitive else {
            return
        }
        if route.handling.isNamedLater { return }
        try call.holdToApproval(permission, on: call.parameters.string("key"), granted: call.exchange.approvals)
    }

    /// Puts back an approval that was taken, after a refusal: nothing was done.
    func giveBackApproval(_ exchange: Exchange) {
        guard let taken = exchange.approval, let tokens = exchange.unsealed?.tokens else { return }
        exchange.approval = nil
        // Where it cannot be, it is asked for again.
        try? tokens.giveBack(taken)
    }
}

extension Call {
    /// Takes an approval, or throws with the one that there has to be: as many as the grant asks for, and where it is sensitive the
    /// key.
    /// - Parameter granted: how many the grant asks for.
    func holdToApproval(_ permission: Permission, on subject: String?, granted: Int) throws(CallError) {
        var needed = granted
        var keyID: KeyID?
        var kind = ApproverKind.token
        // Who approves what a key asks to be approved needs no approval of the same kind.
        let isSensitive = permission.isSensitive && permission != .approve
        if permission.scope == .key, let subject, granted > 0 || isSensitive {
            let key = try run { service throws(ServiceError) in
                try service.approvals(of: subject, waiting: waiting)
            }
            if isSensitive { needed = max(needed, key?.needed ?? 0) }
            (keyID, kind) = (key?.id, key?.by ?? .token)
        }
        guard needed > 0 else { return }
        // What is about every key has no name.
        let named = subject?.isEmpty == false ? subject : nil
        try takeApproval(
            needed, by: kind, key: permission.scope == .key ? named : nil, keyID,
            subject: permission.scope == .key ? nil : named)
    }

    /// Takes an approval by so many. One is good for all of a request.
    func takeApproval(
        _ needed: Int, by kind: ApproverKind, key: String?, _ keyID: KeyID?, subject: String? = nil
    ) throws(CallError) {
        if let taken = exchange.approval, taken.decisions.count >= needed { return }
        try needs(.control)
        // Where the role asks for it only since the body was decoded in place, it is not known any more what it was.
        guard let digest = exchange.bodyDigest else { throw CallError(.overloaded) }
        let request = ApprovalRequest(
            operation: try required(exchange.route?.operation.id), key: key, keyID: keyID,
            subject: subject ?? parameters.string("role") ?? parameters.string("id"), text: text,
            bodyDigest: digest)
        let principal = try required(exchange.principal)
        try runTokens { tokens throws(ServiceError) in
            if let taken = exchange.approval {
                try tokens.giveBack(taken)
                exchange.approval = nil
            }
            exchange.approval = try tokens.takeApproval(needed, by: kind, for: request, principal: principal)
        }
        exchange.approvalID = exchange.approval?.id
    }

    /// Method and target: by now they are what the document asks for, as to the bytes and as to what they say.
    private var text: String {
        var text = request.method.name.description + " " + String(decoding: request.path, as: UTF8.self)
        if let query = request.query { text += "?" + String(decoding: query, as: UTF8.self) }
        return text
    }
}
