// How a store knows a record that was changed behind its back: a MAC beside it, over all of it, made with a key that only the
// core has.

/// Makes the MACs of records, and is told of those that are not as they were written.
public struct RecordAuthentication: Sendable {
    /// 32 bytes for a record's bytes. Throws `.recordKeyUnavailable`.
    public let mac: @Sendable (RecordBytes) throws(StorageError) -> [UInt8]
    /// Called for each record whose MAC is not its own, as often as it is met; any thread, perhaps within a transaction.
    public let reportAltered: @Sendable (RecordName) -> Void

    public init(
        mac: @escaping @Sendable (RecordBytes) throws(StorageError) -> [UInt8],
        reportAltered: @escaping @Sendable (RecordName) -> Void
    ) {
        self.mac = mac
        self.reportAltered = reportAltered
    }
}

/// Which record. Nothing in it is secret.
public enum RecordName: Sendable, Equatable, CustomStringConvertible {
    case key(name: String)
    case token(id: String)
    case role(name: String)
    case approval(id: String)
    case importKey(KeyID)
    /// Where the audit trail ended.
    case auditAnchor
    /// How many records of a kind there are.
    case set(RecordSet.Kind)
    /// The store's schema, which all records are found by; what was changed of it.
    case schema(String)

    public var description: String {
        switch self {
        case .key(let name): "key \(name)"
        case .token(let id): "token \(id)"
        case .role(let name): "role \(name)"
        case .approval(let id): "approval \(id)"
        case .set(let kind): "number of \(kind.rawValue) (one was removed or put back)"
        case .auditAnchor: "note of where the audit trail ended"
        case .schema(let difference): "schema of the store (\(difference))"
        case .importKey(let id):
            "import key " + id.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
    }
}

/// A record as one run of bytes that no other record has: each member behind its length, or the mark that it is absent.
public struct RecordBytes: Sendable, Equatable {
    public private(set) var bytes: [UInt8] = []

    init(kind: String) { append(kind) }

    mutating func append(_ text: String) { append(Array(text.utf8)) }

    mutating func append(_ value: [UInt8]) {
        append(Int64(value.count))
        bytes += value
    }

    mutating func append(_ texts: [String]) {
        append(Int64(texts.count))
        for text in texts { append(text) }
    }

    mutating func append(_ text: String?) {
        append(text != nil)
        if let text { append(text) }
    }

    mutating func append(_ value: Int64) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }

    mutating func append(_ value: Int64?) {
        append(value != nil)
        if let value { append(value) }
    }

    mutating func append(_ value: Bool) { bytes.append(value ? 1 : 0) }
}

/// A record with a MAC.
public protocol AuthenticatedRecord: Sendable {
    var recordName: RecordName { get }
    /// All that the MAC is over.
    var recordBytes: RecordBytes { get }
}

extension StoredKey: AuthenticatedRecord {
    public var recordName: RecordName { .key(name: key.fullName) }

    /// All of a key but its sealed blobs, which are bound to their key and version by themselves, and its counts of uses,
    /// which have MACs of their own: what became of each version is in it.
    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/key/2")
        record.append(key.id.bytes)
        record.append(key.ring)
        record.append(key.name)
        record.append(key.algorithm)
        record.append(key.usages)
        for flag in [key.exportable, key.derived, key.convergent, key.deletionProtected] { record.append(flag) }
        record.append(Int64(key.minDecryptVersion))
        record.append(Int64(key.latestVersion))
        record.append(key.rotationPeriod)
        record.append(key.rotateAt)
        record.append(Int64(key.minApprovals))
        record.append(key.approvalsBy.rawValue)
        record.append(key.owner)
        switch key.state {
        case .enabled: record.append(nil as Int64?)
        case .pendingDeletion(let time): record.append(Optional(time))
        }
        record.append(key.createdAt)
        record.append(key.revision)
        record.append(Int64(key.labels.count))
        for (name, value) in key.labels.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            record.append(name)
            record.append(value)
        }
        record.append(Int64(versions.count))
        for version in versions {
            record.append(Int64(version.version))
            record.append(version.state.rawValue)
            record.append(version.createdAt)
            record.append(version.sealed != nil)
        }
        return record
    }
}

extension KeyUses {
    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/key-uses/1")
        record.append(keyID.bytes)
        record.append(Int64(version))
        record.append(reserved)
        return record
    }
}

extension TokenRecord: AuthenticatedRecord {
    public var recordName: RecordName { .token(id: id) }

    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/token/2")
        record.append(id)
        record.append(mac)
        record.append(name)
        record.append(roles)
        record.append(createdAt)
        record.append(expiresAt)
        record.append(makers, bound: boundMakers)
        record.append(timeToLive)
        record.append(identity)
        return record
    }
}

extension RoleRecord: AuthenticatedRecord {
    public var recordName: RecordName { .role(name: name) }

    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/role/2")
        record.append(id)
        record.append(name)
        record.append(createdAt)
        record.append(revision)
        record.append(Int64(grants.count))
        for grant in grants {
            record.append(grant.allows)
            record.append(grant.operations)
            record.append(grant.names)
            record.append(grant.needsAssociatedData)
            record.append(grant.networks)
            record.append(grant.rate?.requests)
            record.append(grant.rate?.seconds)
            record.append(Int64(grant.approvals))
        }
        return record
    }
}

extension ApprovalRecord: AuthenticatedRecord {
    public var recordName: RecordName { .approval(id: id) }

    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/approval/2")
        record.append(id)
        record.append(request)
        record.append(bodyDigest)
        record.append(operation)
        record.append(key)
        record.append(subject)
        record.append(keyID != nil)
        if let keyID { record.append(keyID.bytes) }
        record.append(asker)
        record.append(approvalsBy.rawValue)
        for number in [Int64(needed), createdAt, expiresAt, Int64(decisions.count)] { record.append(number) }
        for decision in decisions {
            record.append(decision.party)
            record.append(decision.approves)
            record.append(decision.decidedAt)
        }
        return record
    }
}

extension RecordBytes {
    fileprivate mutating func append(_ party: ApprovalParty) {
        append(party.token)
        append(party.roles)
        append(party.identity)
        append(party.makers, bound: party.boundMakers)
    }

    fileprivate mutating func append(_ makers: [TokenMaker], bound: Int) {
        append(Int64(bound))
        append(Int64(makers.count))
        for maker in makers {
            append(maker.id)
            append(maker.roles)
        }
    }
}

extension ImportKeyRecord: AuthenticatedRecord {
    public var recordName: RecordName { .importKey(id) }

    /// All of it but the sealed blob, which is bound to the id by itself.
    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/import-key/1")
        record.append(id.bytes)
        record.append(createdAt)
        record.append(expiresAt)
        return record
    }
}

extension AuditAnchorRecord {
    /// As the note of one installation: another's, or this one's under an earlier root key, has another MAC.
    public func recordBytes(of installation: [UInt8]) -> RecordBytes {
        var record = RecordBytes(kind: "strongroom/audit-anchor/1")
        record.append(installation)
        record.append(sequence)
        record.append(mac)
        return record
    }
}
