// Logins: what a caller shows is held against the logins file, and becomes who it is and what a token of its may be.

public import KeyService
public import Network
public import TLS
internal import Bytes
internal import JSON
internal import Threading

/// The logins that the service takes. Any thread; a call may read a file, and waits for no issuer.
public final class Logins: Sendable {
    private let state: Locked<State>
    /// Called when keys are to be fetched soon.
    private let fetchSoon: Locked<@Sendable () -> Void>
    private let now: @Sendable () -> Int64
    private let overflowUsers: Set<UInt32>

    private struct State {
        var file: LoginFile
        /// By the exact key of the `iss` of their tokens.
        var issuers: [String: (settings: IssuerSettings, keys: IssuerKeys)]
    }

    /// Reads the issuers' key files. Keys behind URLs are had later, by `refresh`.
    /// - Parameters:
    ///   - overflowUsers: whom the kernel names where it does not know who it is.
    ///   - now: seconds since 1970.
    public init(
        _ file: LoginFile = LoginFile(), overflowUsers: Set<UInt32> = [65_534], now: @escaping @Sendable () -> Int64
    ) throws(LoginFileError) {
        self.now = now
        self.overflowUsers = overflowUsers
        let fetchSoon = Locked<@Sendable () -> Void>({})
        self.fetchSoon = fetchSoon
        state = Locked(State(file: file, issuers: try Self.issuers(of: file, now) { fetchSoon.withLock { $0 }() }))
    }

    /// Takes another file in place of the one that there is, which stays where this throws.
    public func exchange(_ file: LoginFile) throws(LoginFileError) {
        let fetchSoon = fetchSoon
        let issuers = try Self.issuers(of: file, now) { fetchSoon.withLock { $0 }() }
        state.withLock { $0 = State(file: file, issuers: issuers) }
    }

    /// Has keys anew that are due. May wait for all issuers, one after the other.
    /// - Parameter report: told which issuer's keys could not be had, and why.
    public func refresh(_ report: (_ issuer: String, _ reason: String) -> Void) {
        for issuer in state.withLock({ Array($0.issuers.values) }) {
            do { try issuer.keys.refreshIfDue() } catch { report(issuer.settings.name, error.description) }
        }
    }

    /// Has `body` called, on any thread, when `refresh` is to be called soon.
    func whenKeysAreWanted(_ body: @escaping @Sendable () -> Void) { fetchSoon.withLock { $0 = body } }

    /// Issuers whose keys are not there, by name.
    public var issuersWithoutKeys: [String] {
        state.withLock { Array($0.issuers.values) }.filter { !$0.keys.areThere }.map(\.settings.name).sorted()
    }

    /// Whether any issuer's tokens are taken.
    public var takesTokens: Bool { state.withLock { !$0.issuers.isEmpty } }

    /// Who shows a JSON Web Token.
    /// - Parameter text: the token in its compact form.
    public func login(jwt text: UnsafeRawBufferPointer, role: String) throws(LoginRefusal) -> Login {
        let issuers = state.withLock { $0.issuers }
        guard !issuers.isEmpty else { throw LoginRefusal(.notConfigured) }
        let token = try JSONWebToken(text)
        guard let claimed = token.claims.root.member("iss")?.string, let issuer = issuers[claimed.exactKey] else {
            throw LoginRefusal(.issuer)
        }
        guard issuer.settings.algorithms.contains(token.algorithm) else { throw LoginRefusal(.algorithm) }
        let key = try issuer.keys.key(id: token.keyID, for: token.algorithm)
        guard key.verify(token.signature, of: token.signed, with: token.algorithm) else {
            throw LoginRefusal(.signature)
        }
        return try issuer.settings.login(token.claims.root, role: role, at: now())
    }

    /// Who shows a client certificate, which the handshake has proved.
    /// - Parameter isAccepted: whether it still is: a connection may be older than what revoked it.
    public func login(
        certificate: ClientCertificate?, isAccepted: @autoclosure () -> Bool = true, role: String
    ) throws(LoginRefusal) -> Login {
        let rules = state.withLock { $0.file.certificates }
        guard !rules.isEmpty else { throw LoginRefusal(.notConfigured) }
        guard let certificate, let name = certificate.identity else { throw LoginRefusal(.noCertificate) }
        guard isAccepted() else { throw LoginRefusal(.certificateNotAccepted) }
        let identity = "certificate:" + name
        guard certificate.expiresAt > now() else { throw LoginRefusal(.expired, identity: identity) }
        guard let rule = rules.first(where: { $0.given.role == role && $0.holds(for: certificate) }) else {
            throw LoginRefusal(.role, identity: identity)
        }
        return Login(
            identity: identity, name: "login by certificate", role: role, timeToLive: rule.given.timeToLive,
            notAfter: certificate.expiresAt)
    }

    /// Whose process is at the other end of a Unix socket.
    public func login(peer: Peer, role: String) throws(LoginRefusal) -> Login {
        let rules = state.withLock { $0.file.peers }
        guard !rules.isEmpty else { throw LoginRefusal(.notConfigured) }
        guard let user = peer.user else { throw LoginRefusal(.noPeer) }
        // In a user namespace all who have no number in it look so: they cannot be told apart.
        guard !overflowUsers.contains(user) else { throw LoginRefusal(.unknownUser) }
        guard let rule = rules.first(where: { $0.given.role == role && $0.users.contains(Int(user)) }) else {
            throw LoginRefusal(.role, identity: peer.text)
        }
        return Login(
            identity: peer.text, name: "login by peer", role: role, timeToLive: rule.given.timeToLive, notAfter: nil)
    }

    /// A file that cannot be read is for its operator to mend at once; what is somewhere else may come later.
    private static func issuers(
        of file: LoginFile, _ now: @escaping @Sendable () -> Int64, wake: @escaping @Sendable () -> Void
    ) throws(LoginFileError) -> [String: (settings: IssuerSettings, keys: IssuerKeys)] {
        var issuers: [String: (settings: IssuerSettings, keys: IssuerKeys)] = [:]
        for settings in file.issuers {
            let keys = IssuerKeys(settings.keys, refreshSeconds: settings.refreshSeconds, now: now, wake: wake)
            if case .file = settings.keys {
                do { try keys.refresh() } catch { throw LoginFileError(description: error.description) }
            }
            issuers[settings.issuer.exactKey] = (settings, keys)
        }
        return issuers
    }
}

extension LoginFile {
    /// No logins at all.
    public init() {}
}

extension IssuerSettings {
    /// Who the bearer of these claims is, which the issuer has signed.
    fileprivate func login(_ claims: JSONValue, role: String, at time: Int64) throws(LoginRefusal) -> Login {
        guard let subject = claims.member("sub")?.string, (1...255).contains(subject.utf8.count),
            !subject.hasSteeringCharacters
        else { throw LoginRefusal(.claims) }
        let identity = "jwt:\(name):\(subject)"
        func date(_ name: StaticString) throws(LoginRefusal) -> Double? {
            guard let value = claims.member(name) else { return nil }
            // What is past the year 275760 is no date.
            guard let seconds = value.real, seconds >= 0, seconds <= 8.64e12 else {
                throw LoginRefusal(.claims, identity: identity)
            }
            return seconds
        }
        guard let audience = claims.member("aud"), audience.kind == .string || audience.kind == .array,
            let expiry = try date("exp")
        else { throw LoginRefusal(.claims, identity: identity) }
        guard audience.strings.contains(where: { audiences.contains($0.exactKey) }) else {
            throw LoginRefusal(.audience, identity: identity)
        }
        let (now, skew) = (Double(time), Double(skewSeconds))
        guard now < expiry + skew else { throw LoginRefusal(.expired, identity: identity) }
        let (begin, issued) = (try date("nbf"), try date("iat"))
        for date in [begin, issued].compactMap(\.self) where date > now + skew {
            throw LoginRefusal(.notYetValid, identity: identity)
        }
        if let maximumAge {
            guard let issued else { throw LoginRefusal(.claims, identity: identity) }
            guard now < issued + Double(maximumAge) + skew else { throw LoginRefusal(.tooOld, identity: identity) }
        }
        guard let rule = rules.first(where: { $0.given.role == role && $0.holds(for: claims) }) else {
            throw LoginRefusal(.role, identity: identity)
        }
        return Login(
            identity: identity, name: "login by jwt", role: role, timeToLive: rule.given.timeToLive,
            notAfter: max(time + 1, Int64(expiry)))
    }
}

extension ClientCertificate {
    /// What it is known by: its subject, or where that is empty its first alternative name. Nil where that is too long to be kept, or
    /// has characters that steer a terminal.
    fileprivate var identity: String? {
        let name = subject.isEmpty ? names.first.map { "\($0.kind.rawValue)=\($0.text)" } : subject
        return name.flatMap { $0.utf8.count <= 255 && !$0.hasSteeringCharacters ? $0 : nil }
    }
}

extension CertificateRule {
    fileprivate func holds(for certificate: ClientCertificate) -> Bool {
        names.allSatisfy { kind, patterns in
            certificate.names.contains { name in
                name.kind == kind && patterns.contains { $0.matches(name.text) }
            }
        }
    }
}
