// Values between Swift and SQLite. Reading never traps: a row that is not as the schema says is damage, and says so.

internal import GRDB
internal import Storage
internal import struct Foundation.Data

/// Columns by their place in the SELECT's list: by name, GRDB folds the case of names for each row.
extension Row {
    func text(_ column: Int) throws(StorageError) -> String {
        try value(column)
    }

    func optionalText(_ column: Int) throws(StorageError) -> String? {
        try optional(column)
    }

    func integer<Value: FixedWidthInteger>(_ column: Int) throws(StorageError) -> Value {
        let stored: Int64 = try value(column)
        guard let value = Value(exactly: stored) else { throw .corrupt }
        return value
    }

    func optionalInteger(_ column: Int) throws(StorageError) -> Int64? {
        try optional(column)
    }

    func flag(_ column: Int) throws(StorageError) -> Bool {
        let stored: Int64 = try value(column)
        return stored != 0
    }

    func bytes(_ column: Int) throws(StorageError) -> [UInt8] {
        guard let bytes = try optionalBytes(column) else { throw .corrupt }
        return bytes
    }

    func optionalBytes(_ column: Int) throws(StorageError) -> [UInt8]? {
        let data: Data? = try optional(column)
        return data.map { [UInt8]($0) }
    }

    /// Words with a space between.
    func words(_ column: Int) throws(StorageError) -> [String] {
        try text(column).split(separator: " ").map(String.init)
    }

    /// As `column(of:)` writes them.
    func makers(_ column: Int) throws(StorageError) -> [TokenMaker] {
        try words(column).map { word throws(StorageError) in
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw .corrupt }
            return TokenMaker(id: String(parts[0]), roles: parts[1].split(separator: ",").map(String.init))
        }
    }

    func keyID(_ column: Int) throws(StorageError) -> KeyID {
        guard let id = KeyID(bytes: try bytes(column)) else { throw .corrupt }
        return id
    }

    private func value<Value: DatabaseValueConvertible>(_ column: Int) throws(StorageError) -> Value {
        guard let value: Value = try optional(column) else { throw .corrupt }
        return value
    }

    /// Nil for NULL only.
    private func optional<Value: DatabaseValueConvertible>(_ column: Int) throws(StorageError) -> Value? {
        let stored: DatabaseValue = self[column]
        if stored.isNull { return nil }
        guard let value = Value.fromDatabaseValue(stored) else { throw .corrupt }
        return value
    }
}

extension Database {
    /// What `make` makes of each row that `sql` selects.
    func records<Record>(
        _ sql: String, _ arguments: StatementArguments = [], _ make: (Row) throws -> Record
    ) throws -> [Record] {
        let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        var records: [Record] = []
        while let row = try rows.next() { records.append(try make(row)) }
        return records
    }
}

extension Database {
    /// Runs a statement that has to change just so many rows; without the right number nothing of the transaction stays.
    func change(
        _ sql: String, _ arguments: StatementArguments, rows: Int = 1, orThrow error: StorageError = .corrupt
    ) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
        guard changesCount == rows else { throw error }
    }

    /// Removes the rows that are there, one at most for each argument; what is there afterwards was kept by something else.
    /// - Returns: how many there were.
    @discardableResult
    func remove(from table: String, where column: String, in values: [String]) throws -> Int {
        var removed = 0
        let removal = try cachedStatement(sql: "DELETE FROM \(table) WHERE \(column) = ?")
        let rest = try cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE \(column) = ?)")
        for value in values where isWhole(value) {
            try removal.execute(arguments: [value])
            removed += changesCount
            guard try Bool.fetchOne(rest, arguments: [value]) == false else { throw StorageError.corrupt }
        }
        return removed
    }
}

/// An argument of a statement. Bytes go in as blobs.
func blob(_ bytes: [UInt8]) -> Data { Data(bytes) }

func blob(_ id: KeyID) -> Data { Data(id.bytes) }

/// Text that is to be stored. GRDB hands strings to SQLite as C strings, which a NUL would cut short in silence.
func stored(_ text: String) throws(StorageError) -> String {
    guard isWhole(text) else { throw .conflict }
    return text
}

/// Whether SQLite would see all of the text.
func isWhole(_ text: String) -> Bool {
    !text.utf8.contains(0)
}

/// Words as one column, with a space between. `.conflict` where they would not come back as they went in.
func words(_ words: [String]) throws(StorageError) -> String {
    guard words.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: " ")) }) else { throw .conflict }
    return try stored(words.joined(separator: " "))
}

/// A token's makers as one column: `id=role,role` each. `.conflict` where they would not come back as they went in.
func column(of makers: [TokenMaker]) throws(StorageError) -> String {
    try words(
        makers.map { maker throws(StorageError) in
            guard ([maker.id] + maker.roles).allSatisfy({ !$0.isEmpty && !$0.utf8.contains { ",=".utf8.contains($0) } })
            else { throw .conflict }
            return maker.id + "=" + maker.roles.joined(separator: ",")
        })
}
