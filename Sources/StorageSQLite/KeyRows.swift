// Keys and versions between their records and their rows.

internal import GRDB
internal import Storage

/// The columns that `KeyRecord.init(row:labels:)` reads, in a SELECT's list.
let keyColumns = """
    id, name, algorithm, usages, exportable, min_decrypt_version, latest_version, deletion_protected, delete_at, \
    created_at, revision
    """

extension Database {
    /// Keys that `sql` selects (its list is `keyColumns`), each with its labels.
    func keyRecords(_ sql: String, _ arguments: StatementArguments) throws -> [KeyRecord] {
        let rows = try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
        return try rows.map { row in
            try KeyRecord(row: row, labels: labels(of: row.keyID("id")))
        }
    }

    func keyRecord(id: KeyID) throws -> KeyRecord? {
        try keyRecords("SELECT \(keyColumns) FROM keys WHERE id = ?", [blob(id)]).first
    }

    private func labels(of id: KeyID) throws -> [String: String] {
        let statement = try cachedStatement(sql: "SELECT name, value FROM key_labels WHERE key_id = ?")
        let rows = try Row.fetchAll(statement, arguments: [blob(id)])
        var labels = [String: String](minimumCapacity: rows.count)
        for row in rows {
            labels[try row.text("name")] = try row.text("value")
        }
        return labels
    }

    func insertLabels(_ labels: [String: String], of id: KeyID) throws {
        let statement = try cachedStatement(sql: "INSERT INTO key_labels (key_id, name, value) VALUES (?, ?, ?)")
        for (name, value) in labels {
            try statement.execute(arguments: [blob(id), stored(name), stored(value)])
        }
    }

    func insertVersion(_ version: KeyVersionRecord) throws {
        let statement = try cachedStatement(
            sql: "INSERT INTO key_versions (key_id, version, state, created_at, sealed) VALUES (?, ?, ?, ?, ?)")
        try statement.execute(
            arguments: [
                blob(version.keyID), version.version, version.state.rawValue, version.createdAt,
                version.sealed.map(blob),
            ])
    }
}

extension KeyRecord {
    init(row: Row, labels: [String: String]) throws(StorageError) {
        let deletion = try row.optionalInteger("delete_at")
        self.init(
            id: try row.keyID("id"), name: try row.text("name"), algorithm: try row.text("algorithm"),
            usages: try row.text("usages").split(separator: " ").map(String.init),
            exportable: try row.flag("exportable"), labels: labels,
            minDecryptVersion: try row.integer("min_decrypt_version"), latestVersion: try row.integer("latest_version"),
            deletionProtected: try row.flag("deletion_protected"),
            state: deletion.map(KeyState.pendingDeletion(at:)) ?? .enabled,
            createdAt: try row.integer("created_at"), revision: try row.integer("revision"))
    }

    /// The usages as one column, words with a space between. `.conflict` where they would not come back as they went in.
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
        guard let state = KeyVersionState(rawValue: try row.text("state")) else { throw .corrupt }
        self.init(
            keyID: try row.keyID("key_id"), version: try row.integer("version"), state: state,
            createdAt: try row.integer("created_at"), sealed: try row.optionalBytes("sealed"))
    }
}
