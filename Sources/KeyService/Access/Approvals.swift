// Requests that others have to approve before they are done: who asked for exactly what, and who agreed.

internal import Bytes
internal import CoreBridge
public import Storage
internal import Threading

/// A request as it is put to those who may approve it.
public struct ApprovalRequest: Sendable {
    /// The operation's id in the document.
    public let operation: String
    public let key: String?
    public let keyID: KeyID?
    /// A role or token that it is about.
    public let subject: String?
    /// Method and target as they were sent.
    public let text: String
    /// SHA-256 of the body, 32 bytes.
    public let bodyDigest: [UInt8]

    public init(
        operation: String, key: String?, keyID: KeyID?, subject: String?, text: String, bodyDigest: [UInt8]
    ) {
        self.operation = operation
        self.key = key
        self.keyID = keyID
        self.subject = subject
        self.text = text
        self.bodyDigest = bodyDigest
    }
}

/// What was asked for and is not done yet, in memory as in the store. Each function that throws waits for the store, and what it
/// changed is there when it returns. Any thread.
public final class Approvals: Sendable {
    private let core: Core
    private let store: any Store
    private let now: @Sendable () -> Int64
    /// What lifetimes are counted from.
    private let nextSecond: @Sendable () -> Int64
    private let lifetime: Int64
    private let state: Locked<[String: ApprovalRecord]>
    /// Tokens that were revoked of late, and when: an approval that was taken is out of reach of the revocation until it is given
    /// back.
    private let revoked = Locked<[String: Int64]>([:])
    /// Held from before a change of the store until it is known here. True once the service is sealed.
    private let changes = Locked(false)

    /// - Parameter lifetime: seconds after which what was asked for is forgotten, whatever was decided.
    init(
        core: Core, store: any Store, lifetime: Int64, now: @escaping @Sendable () -> Int64,
        nextSecond: @escaping @Sendable () -> Int64
    ) throws(StorageError) {
        self.nextSecond = nextSecond
        self.core = core
        self.store = store
        self.now = now
        self.lifetime = lifetime
        let stored = try store.approvals()
        state = Locked(Dictionary(stored.map { ($0.id, $0) }) { first, _ in first })
    }

    /// Takes the approval of a request, which is good for this once. Where there is none yet, it is asked for.
    /// - Parameters:
    ///   - kind: who counts as one approver.
    ///   - party: who asks; nil where its token no longer stands.
    ///   - mayApprove: whether roles of these names still grant it, for the key that it is about.
    /// - Returns: what was approved, to be given back where the request is refused after all.
    /// - Throws: `.approvalRequired` with how far it is, `.approvalDenied`, `.tooManyApprovals`.
    func take(
        _ needed: Int, by kind: ApproverKind, for request: ApprovalRequest, party: () -> ApprovalParty?,
        mayApprove: (_ roles: [String]) -> Bool
    ) throws(ServiceError) -> ApprovalRecord {
        try change { () throws(ServiceError) in
            // Revoked since the request was decided: what it asked for has just been taken back.
            guard let party = party() else { throw .callerChanged }
            let owner = party.owner
            let mine = known { $0.asker.owner == owner }
            guard var found = mine.first(where: { $0.asker.token == party.token && $0.isOf(request) }) else {
                let all = state.withLock { $0.count }
                let charged = party.charged
                guard mine.count < Self.maximumOfOne, all < Self.maximum,
                    known({ $0.asker.charged == charged }).count < Self.maximumOfHead
                else { throw .tooManyApprovals }
                let time = now()
                let asked = ApprovalRecord(
                    id: try identifier(), request: request.text, bodyDigest: request.bodyDigest,
                    operation: request.operation, key: request.key,
                    keyID: request.keyID, subject: request.subject, asker: party, needed: needed, approvalsBy: kind,
                    createdAt: time, expiresAt: nextSecond() + lifetime)
                try put(asked)
                throw .approvalRequired(asked)
            }
            if found.needed != needed || found.approvalsBy != kind {
                (found.needed, found.approvalsBy) = (needed, kind)
                try put(found)
            }
            // A role may have changed since, and the key may ask for others.
            var judged = found
            judged.decisions = found.decisions.filter { mayApprove($0.party.roles) && found.counts($0.party) }
            switch judged.state {
            case .denied: throw .approvalDenied(judged)
            case .pending: throw .approvalRequired(judged)
            case .approved: try remove([found.id])
            }
            return judged
        }
    }

    /// Puts back what was taken for a request that was refused, without what was decided with tokens that were revoked meanwhile.
    func giveBack(_ approval: ApprovalRecord) throws(ServiceError) {
        try change { () throws(ServiceError) in
            let revoked = Set(revoked.withLock { $0.keys })
            var approval = approval
            approval.decisions.removeAll { $0.party.ends(with: revoked) }
            if !approval.asker.ends(with: revoked) { try put(approval) }
        }
    }

    /// Those that have not expired, by id, past `after`.
    public func list(after: String?, limit: Int) -> [ApprovalRecord] {
        Array(known { $0.id > after ?? "" }.sorted { $0.id < $1.id }.prefix(limit))
    }

    /// How many there are that have not expired.
    public var waiting: Int { known { _ in true }.count }

    /// One that has not expired.
    public func approval(id: String) throws(ServiceError) -> ApprovalRecord {
        guard let found = state.withLock({ $0[id] }), found.expiresAt > now() else { throw .approvalNotFound }
        return found
    }

    /// Notes what a token decides; what the same token or identity decided of it before is no more.
    /// - Parameter party: who decides; nil where its token no longer stands, or has another role than it had.
    func decide(_ id: String, approves: Bool, party: () -> ApprovalParty?) throws(ServiceError) -> ApprovalRecord {
        try change { () throws(ServiceError) in
            // Revoked since it was shown: what it decided has just been taken back.
            guard let party = party() else { throw .callerChanged }
            var approval = try approval(id: id)
            guard !approval.asker.isSame(as: party) else { throw .ownApproval }
            guard approval.counts(party) else { throw .identityRequired }
            // Who logs in again is the same, whatever became of the token that it had before, and may think better of it.
            let others = approval.decisions.filter {
                $0.party.token != party.token && !$0.party.isIdentity(of: party)
            }
            guard !others.contains(where: { $0.party.isSame(as: party) }) else { throw .ownApproval }
            guard others.count < Self.maximumDecisions else { throw .tooManyDecisions }
            approval.decisions = others
            approval.decisions.append(ApprovalDecision(party: party, approves: approves, decidedAt: now()))
            try put(approval)
            return approval
        }
    }

    /// Takes back what was asked for and decided with tokens that are revoked, and with those that went with them, and ends them with
    /// `end` before anybody decides anything else.
    func withdraw(_ tokens: Set<String>, _ end: () throws(ServiceError) -> Void) throws(ServiceError) {
        try change { () throws(ServiceError) in
            try remove(known { $0.asker.ends(with: tokens) }.map(\.id))
            for var approval in known({ $0.decisions.contains { $0.party.ends(with: tokens) } }) {
                approval.decisions.removeAll { $0.party.ends(with: tokens) }
                try put(approval)
            }
            try end()
            let time = now()
            revoked.withLock { revoked in for token in tokens { revoked[token] = time } }
        }
    }

    /// Forgets what has expired. Gives how many there were.
    /// - Parameter keep: asked with their ids just before; false leaves them all for another time. They are good for nothing in
    ///   any case.
    public func tidy(keeping keep: ([String]) -> Bool = { _ in true }) throws(ServiceError) -> Int {
        try change { () throws(ServiceError) in
            let time = now()
            revoked.withLock { revoked in revoked = revoked.filter { $0.value > time - Self.revokedSeconds } }
            let expired = state.withLock { $0.values.filter { $0.expiresAt <= time }.map(\.id) }.sorted()
            guard !expired.isEmpty, keep(expired) else { return 0 }
            try remove(expired)
            return expired.count
        }
    }

    /// Ends all changes: none begins once this returns.
    func close() { changes.withLock { $0 = true } }

    // MARK: -

    private func change<Value>(_ work: () throws(ServiceError) -> Value) throws(ServiceError) -> Value {
        try changes.withLock { isClosed throws(ServiceError) in
            if isClosed { throw .storage(.recordKeyUnavailable) }
            return try work()
        }
    }

    /// They are all kept in memory; one owner is not to take the room of all.
    private static let maximum = 1000
    private static let maximumOfOne = 32
    /// Nor one that makes tokens of other roles.
    private static let maximumOfHead = 256
    /// Longer than any request is under way.
    private static let revokedSeconds: Int64 = 3600
    /// More than can be needed, so that those who think otherwise still have a say.
    private static let maximumDecisions = 64

    private func known(_ isWanted: (ApprovalRecord) -> Bool) -> [ApprovalRecord] {
        let time = now()
        return state.withLock { $0.values.filter { $0.expiresAt > time && isWanted($0) } }
    }

    private func put(_ approval: ApprovalRecord) throws(ServiceError) {
        do { try store.putApproval(approval) } catch { throw .storage(error) }
        state.withLock { $0[approval.id] = approval }
    }

    private func remove(_ ids: [String]) throws(ServiceError) {
        guard !ids.isEmpty else { return }
        do { try store.deleteApprovals(ids: ids) } catch { throw .storage(error) }
        state.withLock { state in for id in ids { state.removeValue(forKey: id) } }
    }

    private func identifier() throws(ServiceError) -> String {
        do { return try AccessToken.identifier(from: core) } catch { throw .core(error) }
    }
}

extension ApprovalRecord {
    public enum State: String, Sendable {
        case pending, approved, denied
    }

    /// Whether what this token decides counts.
    func counts(_ party: ApprovalParty) -> Bool { approvalsBy == .token || party.identity != nil }

    /// Whether it may be done. One who denies is enough.
    public var state: State {
        decisions.contains { !$0.approves } ? .denied : decisions.count >= needed ? .approved : .pending
    }

    fileprivate func isOf(_ request: ApprovalRequest) -> Bool {
        bodyDigest == request.bodyDigest && self.request == request.text && operation == request.operation
            && key == request.key && keyID == request.keyID
    }
}
