// Whether the service is sealed, and the way from one to the other: shares or a passphrase give the root key, and sealing
// lets go of it and of every open key.

public import Audit
public import CoreBridge
public import Network
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

    func finishSchedule() { schedule?.finish() }

    /// Lets go of everything that opens anything. What requests are at just now they finish; those that need the root key
    /// find it gone.
    func close() {
        schedule?.stop()
        // First, so that nothing is done that cannot be recorded any more.
        tokens.close()
        service.endChanges()
        audit?.close()
        // Keys are opened with the root key, so that this goes last.
        service.pool.close()
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
    /// It cannot be done without waiting, and waiting was not allowed: ask again where it is.
    case wouldBlock
    case alreadyUnsealed
    /// Its source has tried too often, or has an attempt in line; seconds until there may be room for it.
    case tooManyAttempts(retryAfter: Int64)
    /// The service is stopping.
    case stopping
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
    private let report: @Sendable (RecordName) -> Void
    private let unseal: @Sendable (RootKey) throws(UnsealError) -> Unsealed
    private let badShares: SourceLimit
    private let passphrases: PassphraseQueue
    private let state: Locked<State>
    /// Held while the service is unsealed (by the start, the last share, or the thread that tries passphrases), and while it is sealed.
    private let opening = Lock()

    /// Sealed at first.
    /// - Parameters:
    ///   - identity: the installation's, as it is stored.
    ///   - scryptCost: a passphrase with a lower one is given it when it next unseals.
    ///   - report: told of records that were altered; any thread.
    ///   - now: seconds since 1970.
    ///   - unseal: makes what an unsealed service has.
    public init(
        _ wrapped: WrappedRoot, identity: [UInt8], store: any Store, scryptCost: Int,
        now: @escaping @Sendable () -> Int64, report: @escaping @Sendable (RecordName) -> Void = { _ in },
        unseal: @escaping @Sendable (RootKey) throws(UnsealError) -> Unsealed
    ) throws(CoreError) {
        self.store = store
        self.scryptCost = scryptCost
        self.report = report
        self.unseal = unseal
        badShares = SourceLimit(burst: 64, now: now)
        passphrases = PassphraseQueue(now: now)
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
        try opening.withLock { () throws(UnsealError) in try finish(with: key) }
    }

    /// Takes a share; the last that is needed unseals. Gives how far it is. A right share is taken whatever others give from its
    /// source; only wrong ones are limited. They change nothing.
    public func add(
        share: UnsafeRawBufferPointer, from peer: Peer, waiting: Waiting
    ) throws(UnsealError) -> SealState {
        let shares = try collected()
        let progress: CollectedShares.Progress
        do { progress = try shares.add(share) } catch {
            guard [.shareMalformed, .shareOfAnotherSet, .shareWrong].contains(error.code), peer.user == nil,
                let seconds = badShares.take(from: peer.source)
            else { throw .core(error) }
            throw .tooManyAttempts(retryAfter: seconds)
        }
        // Where there are enough, one opens with them; who gave another meanwhile is told how far it is.
        let isLast = try state.withLock { state throws(UnsealError) in
            guard state.shares === shares else { return false }
            state.sharesGiven = max(state.sharesGiven, progress.have)
            guard progress.have >= progress.threshold, !state.isOpeningWithShares else { return false }
            if waiting == .forbidden { throw .wouldBlock }
            state.isOpeningWithShares = true
            return true
        }
        guard isLast else { return status }
        defer { state.withLock { $0.isOpeningWithShares = false } }
        try opening.withLock { () throws(UnsealError) in
            let key: UnsealKey
            do throws(CoreError) { key = try UnsealKey.of(shares) } catch {
                if error.code == .unsealKeyWrong { forgetShares() }
                throw .core(error)
            }
            try finish(with: key)
        }
        return status
    }

    /// Puts a passphrase in line to be tried. Its attempt is told what became of it, unless this throws. Does not wait.
    public func tryPassphrase(_ attempt: any PassphraseAttempt) throws(UnsealError) {
        try state.withLock { state throws(UnsealError) in
            guard state.unsealed == nil else { throw .alreadyUnsealed }
            guard case .passphrase = state.method else { throw .core(CoreError(.unsealMethodWrong)) }
        }
        try passphrases.add(attempt) { [self] attempt in
            var result: Result<SealState, UnsealError> = .failure(.alreadyUnsealed)
            attempt.withPassphrase { passphrase in
                do throws(UnsealError) { result = .success(try open(passphrase: passphrase)) } catch {
                    result = .failure(error)
                }
            }
            if result != .failure(.core(CoreError(.unsealKeyWrong))) { passphrases.giveBack(attempt) }
            attempt.ended(result)
        }
    }

    /// Turns away passphrases that wait to be tried, and takes no more.
    public func refuseFromNow() { passphrases.refuseFromNow() }

    /// As `refuseFromNow`, and returns when no passphrase is being tried any more.
    public func stop() { passphrases.stop() }

    /// Begins nothing of the schedule from now on: the service is about to stop.
    public func finishSchedule() { current?.finishSchedule() }

    /// Seals: from when this returns, nothing of the service opens anything, and secret memory holds no root key and no key
    /// that no request is using. False where it was sealed.
    public func close() -> Bool {
        // What is unsealed next reads the store, which nothing of before may change then.
        opening.withLock {
            let unsealed = state.withLock { state in
                defer { state.unsealed = nil }
                return state.unsealed
            }
            unsealed?.close()
            return unsealed != nil
        }
    }

    // MARK: -

    private struct State {
        var wrapped: WrappedRoot
        var method: WrappedRoot.Method
        var identity: [UInt8]
        var unsealed: Unsealed?
        var shares: CollectedShares?
        var sharesGiven = 0
        var isOpeningWithShares = false
    }

    /// What shares are collected in. They stay there until the service is unsealed, whatever else is given.
    private func collected() throws(UnsealError) -> CollectedShares {
        try state.withLock { state throws(UnsealError) in
            guard state.unsealed == nil else { throw .alreadyUnsealed }
            if let shares = state.shares { return shares }
            do throws(CoreError) {
                let shares = try CollectedShares(for: state.wrapped)
                state.shares = shares
                return shares
            } catch {
                throw .core(error)
            }
        }
    }

    private func forgetShares() {
        state.withLock { state in
            state.shares = nil
            state.sharesGiven = 0
        }
    }

    /// Takes half a second or so, and 128 MiB.
    private func open(passphrase: UnsafeRawBufferPointer) throws(UnsealError) -> SealState {
        guard current == nil else { throw .alreadyUnsealed }
        let wrapped = state.withLock { $0.wrapped }
        let key: UnsealKey
        do { key = try UnsealKey.open(passphrase: passphrase, of: wrapped) } catch { throw .core(error) }
        try opening.withLock { () throws(UnsealError) in try finish(with: key) }
        raiseCost(of: passphrase, with: key)
        return status
    }

    /// With `opening` held.
    private func finish(with key: UnsealKey) throws(UnsealError) {
        guard current == nil else { throw .alreadyUnsealed }
        let (wrapped, identity) = state.withLock { ($0.wrapped, $0.identity) }
        let root: RootKey
        do { root = try wrapped.open(with: key) } catch { throw .core(error) }
        try StoredRecords.authenticate(store, with: root, identity: identity, report: report)
        do throws(StorageError) { try store.checkSets() } catch {
            // What is missing was reported, and the rest is served.
            if error != .altered { throw .storage(error) }
        }
        let unsealed = try unseal(root)
        state.withLock { $0.unsealed = unsealed }
        forgetShares()
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
