// Whether the service is sealed, and the way from one to the other: shares or a passphrase give the root key, and sealing
// lets go of it and of every open key.

public import Audit
public import CoreBridge
public import Storage
internal import Threading

/// What there is only while the service is unsealed.
public final class Unsealed: Sendable {
    public let service: KeyService
    public let tokens: TokenAuthority
    /// Nil where nothing is audited.
    public let audit: AuditLog?
    private let schedule: KeySchedule?

    /// - Parameters:
    ///   - audit: closed when the service is sealed.
    ///   - schedule: stopped when the service is sealed.
    public init(service: KeyService, tokens: TokenAuthority, audit: AuditLog? = nil, schedule: KeySchedule? = nil) {
        self.service = service
        self.tokens = tokens
        self.audit = audit
        self.schedule = schedule
    }

    /// Lets go of everything that opens anything. What requests are at just now they finish; those that need the root key
    /// find it gone.
    func close() {
        schedule?.stop()
        // First, so that nothing is done that cannot be recorded any more.
        tokens.close()
        service.endChanges()
        audit?.close()
        service.pool.drain()
        service.closeRoots()
    }
}

/// How far unsealing is.
public struct SealState: Equatable, Sendable {
    public let isSealed: Bool
    public let method: WrappedRoot.Method
    /// Shares that were given since it was sealed.
    public let sharesGiven: Int
}

/// Why the service was not unsealed.
public enum UnsealError: Error, Equatable, Sendable {
    case alreadyUnsealed
    /// So many of late, or another one is under way.
    case tooManyAttempts
    /// A wrong passphrase or share, another method than the root key's, or a fault.
    case core(CoreError)
    case storage(StorageError)
    /// The audit trail could not be opened.
    case audit(AuditFailure)
    /// The thread of what is due could not be started.
    case schedule
}

/// The seal of a service. Any thread.
public final class Seal: Sendable {
    private let store: any Store
    private let scryptCost: Int
    private let report: @Sendable (RecordEvent) -> Void
    private let unseal: @Sendable (RootKey) throws(UnsealError) -> Unsealed
    private let attempts: AttemptLimit
    private let state: Locked<State>

    /// Sealed at first.
    /// - Parameters:
    ///   - identity: the installation's, as it is stored.
    ///   - scryptCost: a passphrase with a lower one is given it when it next unseals.
    ///   - report: told of records that were altered; any thread.
    ///   - now: seconds since 1970.
    ///   - unseal: makes what an unsealed service has.
    public init(
        _ wrapped: WrappedRoot, identity: [UInt8], store: any Store, scryptCost: Int,
        now: @escaping @Sendable () -> Int64, report: @escaping @Sendable (RecordEvent) -> Void = { _ in },
        unseal: @escaping @Sendable (RootKey) throws(UnsealError) -> Unsealed
    ) throws(CoreError) {
        self.store = store
        self.scryptCost = scryptCost
        self.report = report
        self.unseal = unseal
        attempts = AttemptLimit(burst: 64, perSecond: 1, now: now)
        state = Locked(State(wrapped: wrapped, method: try wrapped.method(), identity: identity))
    }

    /// Nil while it is sealed.
    public var current: Unsealed? { state.withLock { $0.unsealed } }

    public var status: SealState {
        state.withLock {
            SealState(isSealed: $0.unsealed == nil, method: $0.method, sharesGiven: $0.sharesGiven)
        }
    }

    /// Unseals with a key that was had otherwise, as from a key file at the start.
    public func open(with key: UnsealKey) throws(UnsealError) {
        try begin()
        defer { end() }
        try finish(with: key)
    }

    /// Takes a share; the last that is needed unseals. Gives how far it is.
    public func add(share: UnsafeRawBufferPointer) throws(UnsealError) -> SealState {
        try beginAttempt(1)
        defer { end() }
        let key: UnsealKey
        do throws(CoreError) {
            let shares = try collected()
            let progress = try shares.add(share)
            state.withLock { $0.sharesGiven = progress.have }
            if progress.have < progress.threshold { return status }
            key = try UnsealKey.of(shares)
        } catch {
            throw .core(error)
        }
        forgetShares()
        try finish(with: key)
        return status
    }

    /// Unseals with a passphrase. Takes a second or so.
    public func open(passphrase: UnsafeRawBufferPointer) throws(UnsealError) -> SealState {
        try beginAttempt(12)
        defer { end() }
        let wrapped = state.withLock { $0.wrapped }
        let key: UnsealKey
        do { key = try UnsealKey.open(passphrase: passphrase, of: wrapped) } catch { throw .core(error) }
        try finish(with: key)
        raiseCost(of: passphrase, with: key)
        return status
    }

    /// Seals: from when this returns, nothing of the service opens anything, and secret memory holds no root key and no key
    /// that no request is using. False where it was sealed.
    public func close() -> Bool {
        let unsealed = state.withLock { state in
            defer { state.unsealed = nil }
            // What is unsealed next reads the store, which nothing of before may change then.
            if state.unsealed != nil { state.isClosing = true }
            return state.unsealed
        }
        guard let unsealed else { return false }
        unsealed.close()
        state.withLock { $0.isClosing = false }
        return true
    }

    // MARK: -

    private struct State {
        var wrapped: WrappedRoot
        var method: WrappedRoot.Method
        var identity: [UInt8]
        var unsealed: Unsealed?
        var shares: CollectedShares?
        var sharesGiven = 0
        /// One unsealing at a time.
        var isBusy = false
        var isClosing = false
    }

    /// An attempt that counts; none does while there is nothing to unseal.
    private func beginAttempt(_ cost: Int64) throws(UnsealError) {
        guard current == nil else { throw .alreadyUnsealed }
        guard attempts.take(cost) else { throw .tooManyAttempts }
        try begin()
    }

    private func begin() throws(UnsealError) {
        try state.withLock { state throws(UnsealError) in
            guard state.unsealed == nil else { throw .alreadyUnsealed }
            guard !state.isBusy, !state.isClosing else { throw .tooManyAttempts }
            state.isBusy = true
        }
    }

    private func end() {
        state.withLock { $0.isBusy = false }
    }

    private func collected() throws(CoreError) -> CollectedShares {
        if let shares = state.withLock({ $0.shares }) { return shares }
        let shares = try CollectedShares(for: state.withLock { $0.wrapped })
        state.withLock { $0.shares = shares }
        return shares
    }

    private func forgetShares() {
        state.withLock { state in
            state.shares = nil
            state.sharesGiven = 0
        }
    }

    private func finish(with key: UnsealKey) throws(UnsealError) {
        let (wrapped, identity) = state.withLock { ($0.wrapped, $0.identity) }
        let root: RootKey
        do { root = try wrapped.open(with: key) } catch { throw .core(error) }
        let authenticated = try StoredRecords.authenticate(store, with: root, identity: identity, report: report)
        state.withLock { $0.identity = authenticated }
        let unsealed = try unseal(root)
        state.withLock { $0.unsealed = unsealed }
    }

    /// Wraps the root key anew where its passphrase has a cost below today's. What fails here is tried again another time.
    private func raiseCost(of passphrase: UnsafeRawBufferPointer, with key: UnsealKey) {
        let (wrapped, method) = state.withLock { ($0.wrapped, $0.method) }
        guard case .passphrase(let cost) = method, cost < scryptCost,
            let higher = try? UnsealKey.create(passphrase: passphrase, cost: scryptCost),
            let rewrapped = try? wrapped.rewrapped(from: key, to: higher),
            (try? store.setWrappedRoot(rewrapped.bytes, expected: wrapped.bytes)) != nil
        else { return }
        state.withLock { state in
            state.wrapped = rewrapped
            state.method = .passphrase(cost: scryptCost)
        }
    }
}
