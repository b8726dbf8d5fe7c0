// Keys and versions between their records and their rows.

internal import GRDB
internal import Storage

/// The columns that the initialisers below read, in their order.
let keyColumns = """
    id, name, algorithm, usages, exportable, min_decrypt_version, latest_version, deletion_protected, delete_at, \
    created_at, revision, derived, convergent, rotation_period, rotate_at, min_approvals
    """
let versionColumns = "key_id, version, state, created_at, sealed, uses_reserved"

extension Database {
    /// Keys that `sql` selects (its list is `keyColumns`), each with its labels.
    func keyRecords(_ sql: String, _ arguments: StatementArguments) throws -> [KeyRecord] {
        try records(sql, arguments) { row in
            try KeyRecord(row: row, labels: labels(of: row.keyID(0)))
        }
    }

    func keyRecord(id: KeyID) throws -> KeyRecord? {
        try keyRecords("SELECT \(keyColumns) FROM keys WHERE id = ?", [blob(id)]).first
    }

    func labels(of id: KeyID) throws -> [String: String] {
        let pairs = try records("SELECT name, value FROM key_labels WHERE key_id = ?", [blob(id)]) { row in
            (try row.text(0), try row.text(1))
        }
        // Names are unique within a key: they are its primary key.
        return Dictionary(pairs) { first, _ in first }
    }

    func insertLabels(_ labels: [String: String], of id: KeyID) throws {
        let statement = try cachedStatement(sql: "INSERT INTO key_labels (key_id, name, value) VALUES (?, ?, ?)")
        for (name, value) in labels {
            try statement.execute(arguments: [blob(id), stored(name), stored(value)])
        }
    }

    func insertVersion(_ version: KeyVersionRecord) throws {
        let statement = try cachedStatement(
            sql: "INSERT INTO key_versions (\(versionColumns)) VALUES (?, ?, ?, ?, ?, ?)")
        try statement.execute(
            arguments: [
                blob(version.keyID), version.version, version.state.rawValue, version.createdAt,
                version.sealed.map(blob), version.usesReserved,
            ])
    }
}

extension KeyRecord {
    init(row: Row, labels: [String: String]) throws(StorageError) {
        let deletion = try row.optionalInteger(8)
        self.init(
            id: try row.keyID(0), name: try row.text(1), algorithm: try row.text(2),
            usages: try row.text(3).split(separator: " ").map(String.init), exportable: try row.flag(4),
            derived: try row.flag(11), convergent: try row.flag(12), labels: labels,
            minDecryptVersion: try row.integer(5), latestVersion: try row.integer(6),
            deletionProtected: try row.flag(7), rotationPeriod: try row.optionalInteger(13),
            rotateAt: try row.optionalInteger(14), minApprovals: try row.integer(15),
            state: deletion.map(KeyState.pendingDeletion(at:)) ?? .enabled,
            createdAt: try row.integer(9), revision: try row.integer(10))
    }

    /// The usages as one column, words with a space between. `.conflict` where they would not come back as they went
    /// in.
    var usagesColumn: String {
        get throws(StorageError) {
            guard usages.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) else { throw .conflict }
            return try stored(usages.joined(separator: " "))
        }
    }

    var deletionColumn: Int64? {
        switch state {
        case .enabled: nil
        case .pendingDeletion(let time): time
        }
    }
}

extension KeyVersionRecord {
    init(row: Row) throws(StorageError) {
        guard let state = KeyVersionState(rawValue: try row.text(2)) else { throw .corrupt }
        self.init(
            keyID: try row.keyID(0), version: try row.integer(1), state: state, createdAt: try row.integer(3),
            sealed: try row.optionalBytes(4), usesReserved: try row.integer(5))
    }
}
