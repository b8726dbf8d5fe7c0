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

    public var description: String {
        switch self {
        case .key(let name): "key \(name)"
        case .token(let id): "token \(id)"
        case .role(let name): "role \(name)"
        case .approval(let id): "approval \(id)"
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

    mutating func append(_ value: Int64) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }

    mutating func append(_ value: Int64?) {
        append(value != nil)
        if let value { append(value) }
    }

    mutating func append(_ value: Bool) { bytes.append(value ? 1 : 0) }
}

extension StoredKey {
    /// All of a key but its sealed blobs, which are bound to their key and version by themselves: what became of each
    /// version is in it.
    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/key/1")
        record.append(key.id.bytes)
        record.append(key.name)
        record.append(key.algorithm)
        record.append(Int64(key.usages.count))
        for usage in key.usages { record.append(usage) }
        for flag in [key.exportable, key.derived, key.convergent, key.deletionProtected] { record.append(flag) }
        record.append(Int64(key.minDecryptVersion))
        record.append(Int64(key.latestVersion))
        record.append(key.rotationPeriod)
        record.append(key.rotateAt)
        switch key.state {
        case .enabled: record.append(nil)
        case .pendingDeletion(let time): record.append(Optional(time))
        }
        record.append(key.createdAt)
        record.append(key.revision)
        record.append(Int64(key.labels.count))
        for (name, value) in key.labels.sorted(by: { $0.key < $1.key }) {
            record.append(name)
            record.append(value)
        }
        record.append(Int64(versions.count))
        for version in versions {
            record.append(Int64(version.version))
            record.append(version.state.rawValue)
            record.append(version.createdAt)
            record.append(version.usesReserved)
            record.append(version.sealed != nil)
        }
        // Keys of before there were approvals have MACs without them.
        if key.minApprovals > 0 { record.append(Int64(key.minApprovals)) }
        return record
    }
}

extension TokenRecord {
    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/token/1")
        record.append(id)
        record.append(mac)
        record.append(name)
        record.append(role)
        record.append(createdAt)
        record.append(expiresAt)
        record.append(parent != nil)
        if let parent { record.append(parent) }
        record.append(timeToLive)
        // Those of before there were logins have MACs without it.
        if let identity { record.append(identity) }
        return record
    }
}

extension RoleRecord {
    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/role/1")
        record.append(name)
        record.append(createdAt)
        record.append(revision)
        record.append(Int64(grants.count))
        for grant in grants {
            record.append(grant.allows)
            record.append(Int64(grant.operations.count))
            for operation in grant.operations { record.append(operation) }
            record.append(grant.names)
            record.append(grant.needsAssociatedData)
            record.append(Int64(grant.networks.count))
            for network in grant.networks { record.append(network) }
            // Grants of before there were these have MACs without them. No flag, with which the next grant begins, reads like
            // either.
            if let rate = grant.rate {
                record.append("rate")
                record.append(rate.requests)
                record.append(rate.seconds)
            }
            if grant.approvals > 0 {
                record.append("approvals")
                record.append(Int64(grant.approvals))
            }
        }
        return record
    }
}

extension ApprovalRecord {
    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/approval/1")
        record.append(id)
        record.append(request)
        record.append(bodyDigest)
        record.append(operation)
        for text in [key, subject] {
            record.append(text != nil)
            if let text { record.append(text) }
        }
        record.append(keyID != nil)
        if let keyID { record.append(keyID.bytes) }
        record.append(token)
        record.append(role)
        for number in [Int64(needed), createdAt, expiresAt, Int64(decisions.count)] { record.append(number) }
        for decision in decisions {
            record.append(decision.token)
            record.append(decision.role)
            record.append(decision.approves)
            record.append(decision.decidedAt)
        }
        // Those of before there were logins have MACs without them. No token's id reads like the word.
        if identity != nil || decisions.contains(where: { $0.identity != nil }) {
            record.append("identities")
            for identity in [identity] + decisions.map(\.identity) {
                record.append(identity != nil)
                if let identity { record.append(identity) }
            }
        }
        return record
    }
}

extension ImportKeyRecord {
    /// All of it but the sealed blob, which is bound to the id by itself.
    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/import-key/1")
        record.append(id.bytes)
        record.append(createdAt)
        record.append(expiresAt)
        return record
    }
}
