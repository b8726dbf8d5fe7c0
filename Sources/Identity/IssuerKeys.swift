// The keys of one issuer as they were last read from a file or fetched. They are looked for again from time to time, and when a token
// names an unknown key, but not more often than the issuer should have to bear.

internal import Bytes
internal import HTTPClient
internal import JSON
internal import Synchronization
internal import Threading

/// Where an issuer's keys come from.
enum KeySource: Sendable, Equatable {
    case file(String)
    /// - Parameters:
    ///   - authorities: a file in PEM; nil: those that the system trusts.
    ///   - tokenFile: a file whose contents are sent as a bearer token, as Kubernetes asks for.
    case url(HTTPAddress, path: String, authorities: String?, tokenFile: String?)
}

/// An issuer's keys. Any thread.
final class IssuerKeys: Sendable {
    private let source: KeySource
    private let refreshSeconds: Int64
    private let now: @Sendable () -> Int64
    private let wake: @Sendable () -> Void
    private let state = Locked(State())
    /// One thread at a time looks for them; others go on with what there is.
    private let refreshing = OneAtATime()

    private struct State {
        var keys: [SignatureKey] = []
        /// When they were read, and when that was last tried; nil: never.
        var hadAt: Int64?
        var triedAt: Int64?
        var hasFailed = false
        /// A token has named a key that is unknown, and they have not been fetched since.
        var isWanted = false
    }

    /// After which keys that could not be read again are believed no longer.
    static let maximumAge: Int64 = 86_400
    /// Between two attempts that tokens cause.
    static let minimumPause: Int64 = 10

    /// - Parameter wake: called where keys that are fetched are to be fetched soon, by whoever calls `refreshIfDue`.
    init(
        _ source: KeySource, refreshSeconds: Int64, now: @escaping @Sendable () -> Int64,
        wake: @escaping @Sendable () -> Void = {}
    ) {
        self.source = source
        self.refreshSeconds = refreshSeconds
        self.now = now
        self.wake = wake
    }

    /// The key that a token names, or the only one that fits where it names none. An unknown one may have come with a rotation. A file
    /// is then read at once. What has to be fetched is fetched by another thread, and the login may be tried again: anybody can
    /// send tokens with made-up names, and must not hold a worker with each while an issuer is slow.
    func key(id: String?, for algorithm: String) throws(LoginRefusal) -> SignatureKey {
        if let key = try known(id, algorithm) { return key }
        let time = now()
        let pause = state.withLock { ($0.triedAt.map { $0 + Self.minimumPause } ?? time) - time }
        if case .file = source {
            if pause <= 0 { try? refresh() }
        } else if pause <= 0 {
            let isFirst = state.withLock { state in
                defer { state.isWanted = true }
                return !state.isWanted
            }
            if isFirst { wake() }
            throw LoginRefusal(.keysUnavailable, retryAfter: 1)
        }
        if let key = try known(id, algorithm) { return key }
        guard areThere else { throw LoginRefusal(.keysUnavailable, retryAfter: max(pause, 1)) }
        throw LoginRefusal(.key)
    }

    /// Looks for them where it is time to.
    func refreshIfDue() throws(KeySourceError) {
        let time = now()
        let isDue = state.withLock { state in
            // What went wrong is tried again soon.
            let pause = state.hasFailed ? min(refreshSeconds, 60) : refreshSeconds
            return state.isWanted || (state.triedAt.map { $0 + pause <= time } ?? true)
        }
        if isDue { try refresh() }
    }

    /// Looks for them. What there was stays where that fails.
    func refresh() throws(KeySourceError) {
        try refreshing.run { () throws(KeySourceError) in try fetch() }
    }

    private func fetch() throws(KeySourceError) {
        let time = now()
        defer {
            // The pause begins when an issuer that is slow has ended.
            let end = now()
            state.withLock { ($0.triedAt, $0.isWanted) = (end, false) }
        }
        state.withLock { $0.hasFailed = true }
        let text = try source.read()
        guard let keys = SignatureKey.set(text.bytes) else {
            throw KeySourceError("\(source): is not a JSON Web Key Set with a key that signatures are verified with")
        }
        state.withLock { state in
            state.keys = keys
            state.hadAt = time
            state.hasFailed = false
        }
    }

    private func known(_ id: String?, _ algorithm: String) throws(LoginRefusal) -> SignatureKey? {
        let (keys, hadAt) = state.withLock { ($0.keys, $0.hadAt) }
        guard let hadAt else { return nil }
        guard hadAt + Self.maximumAge > now() else { throw LoginRefusal(.keysUnavailable) }
        let fitting = keys.filter { key in
            key.takes(algorithm) && (id.map { key.id?.isExactly($0) == true } ?? true)
        }
        return fitting.count == 1 ? fitting[0] : nil
    }

    /// Whether there are any to verify with.
    var areThere: Bool {
        let time = now()
        return state.withLock { ($0.hadAt ?? -Self.maximumAge) + Self.maximumAge > time }
    }
}

/// Something that one thread does at a time, and that others do without. Any thread.
final class OneAtATime: Sendable {
    private let isUnderWay = Atomic(false)

    /// Nothing where another is at it.
    func run<Failure: Error>(_ work: () throws(Failure) -> Void) throws(Failure) {
        guard isUnderWay.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else { return }
        defer { isUnderWay.store(false, ordering: .releasing) }
        try work()
    }
}

/// Why an issuer's keys could not be had, in words.
struct KeySourceError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension KeySource: CustomStringConvertible {
    var description: String {
        switch self {
        case .file(let path): path
        case .url(let address, let path, _, _): "\(address)\(path)"
        }
    }

    fileprivate func read() throws(KeySourceError) -> ByteBuffer {
        switch self {
        case .file(let path):
            guard let bytes = ByteBuffer.ofFile(path, limit: Self.maximumBytes) else {
                throw KeySourceError("\(path): cannot be read")
            }
            return bytes
        case .url(let address, let path, let authorities, let tokenFile):
            do throws(HTTPClientError) {
                var client = HTTPClient(
                    address,
                    authorities: try authorities.map { path throws(HTTPClientError) in
                        try HTTPClient.authorities(in: path)
                    })
                (client.timeoutSeconds, client.deadlineSeconds, client.maximumAnswer) = (5, 10, Self.maximumBytes)
                var request = HTTPClient.Request(method: "GET", path: path)
                request.token = try tokenFile.map { path throws(HTTPClientError) in try HTTPClient.token(in: path) }
                let answer = try client.send(request)
                guard answer.status == 200 else {
                    throw HTTPClientError("\(self): answered \(answer.status)")
                }
                return answer.body
            } catch {
                throw KeySourceError(error.description)
            }
        }
    }

    private static let maximumBytes = 262_144
}
