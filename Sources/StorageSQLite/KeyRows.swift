// Keys and versions between their records and their rows.

internal import GRDB
internal import Storage

/// The columns that the initialisers below read, in their order.
let keyColumns = """
    id, ring, name, algorithm, usages, exportable, derived, convergent, min_decrypt_version, latest_version, \
    deletion_protected, delete_at, rotation_period, rotate_at, min_approvals, approvals_by, owner, created_at, revision
    """
/// How many those are.
let keyColumnCount = 19
let versionColumns = "key_id, version, state, created_at, sealed"

extension KeyRecord {
    init(row: Row, labels: [String: String]) throws(StorageError) {
        let deletion = try row.optionalInteger(11)
        guard let approvalsBy = ApproverKind(rawValue: try row.text(15)) else { throw .corrupt }
        self.init(
            id: try row.keyID(0), ring: try row.text(1), name: try row.text(2), algorithm: try row.text(3),
            usages: try row.words(4), exportable: try row.flag(5), derived: try row.flag(6),
            convergent: try row.flag(7), labels: labels, minDecryptVersion: try row.integer(8),
            latestVersion: try row.integer(9), deletionProtected: try row.flag(10),
            rotationPeriod: try row.optionalInteger(12), rotateAt: try row.optionalInteger(13),
            minApprovals: try row.integer(14), approvalsBy: approvalsBy, owner: try row.text(16),
            state: deletion.map(KeyState.pendingDeletion(at:)) ?? .enabled, createdAt: try row.integer(17),
            revision: try row.integer(18))
    }

    var deletionColumn: Int64? {
        switch state {
        case .enabled: nil
        case .pendingDeletion(let time): time
        }
    }
}

extension KeyVersionRecord {
    /// Of `versionColumns`, and the count of uses where it is wanted.
    init(row: Row, hasUses: Bool = false) throws(StorageError) {
        guard let state = KeyVersionState(rawValue: try row.text(2)) else { throw .corrupt }
        self.init(
            keyID: try row.keyID(0), version: try row.integer(1), state: state, createdAt: try row.integer(3),
            sealed: try row.optionalBytes(4), usesReserved: hasUses ? try row.optionalInteger(5) ?? 0 : 0)
    }
}
