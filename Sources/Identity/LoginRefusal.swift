// Why a login is refused: a word for machines, and a sentence for who set it up.

/// A refusal of a login.
public struct LoginRefusal: Error, Equatable, Sendable {
    public enum Reason: String, CaseIterable, Sendable {
        case notConfigured = "not_configured"
        case malformed
        case algorithm
        case issuer
        case key
        case keysUnavailable = "keys_unavailable"
        case signature
        case claims
        case audience
        case expired
        case notYetValid = "not_yet_valid"
        case tooOld = "too_old"
        case noCertificate = "no_certificate"
        case certificateNotAccepted = "certificate_not_accepted"
        case noPeer = "no_peer"
        case unknownUser = "unknown_user"
        case role
    }

    public let reason: Reason
    /// Who it is, where that was proved.
    public let identity: String?
    /// Seconds after which the keys that are unavailable may be there; nil for other reasons.
    public let retryAfter: Int64?

    init(_ reason: Reason, identity: String? = nil, retryAfter: Int64? = nil) {
        self.reason = reason
        self.identity = identity
        self.retryAfter = retryAfter
    }
}

extension LoginRefusal.Reason {
    /// A sentence for who meets it. It says nothing that its holder could not know.
    public var detail: String {
        switch self {
        case .notConfigured: "The service takes no logins of this kind; `--logins` names the file that says which."
        case .malformed:
            "It is not a JSON Web Token as RFC 7519 and RFC 8725 have it, or has members that are not taken."
        case .algorithm: "The token is signed with an algorithm that its issuer is not to use here."
        case .issuer: "The token's `iss` is not one of the issuers in the logins file."
        case .key: "The issuer has no key of the token's `kid`, or several and the token does not say which."
        case .keysUnavailable:
            "The issuer's keys are not there, or being fetched; try again, and see the service's log if it stays so."
        case .signature: "The token's signature is not one by the issuer's key."
        case .claims: "A claim that has to be there is missing or of the wrong type: `sub`, `aud`, `exp`."
        case .audience: "The token's `aud` is not this service's."
        case .expired: "What was shown has expired."
        case .notYetValid: "What was shown is not valid yet: compare the clocks."
        case .tooOld: "The token was issued longer ago than the logins file allows."
        case .noCertificate: "The connection has no client certificate, or one without a name."
        case .certificateNotAccepted: "The certificate was revoked, or is not of an authority that is accepted now."
        case .noPeer: "Only a connection over a Unix socket says whose process it is."
        case .unknownUser:
            "The kernel does not say whose process it is: the user has no number in the service's user namespace."
        case .role: "No rule of the logins file gives the role to who this is."
        }
    }
}
