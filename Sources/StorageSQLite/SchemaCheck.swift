// That the database's schema is the service's own, to the letter: whoever can write to the file could add a trigger, a view
// or another index to it.

internal import GRDB
internal import Storage

/// The schema as the service makes it.
struct SchemaCheck: Sendable {
    private let expected: Set<SchemaEntry>

    /// Makes the schema in memory, to have what SQLite writes of it.
    init() throws {
        let database = try DatabaseQueue()
        defer { try? database.close() }
        try Schema.migrator.migrate(database)
        expected = try database.read { try $0.schemaEntries() }
    }

    /// What a first start that was cut short leaves at most.
    func isUnbegun(_ database: Database) throws -> Bool {
        let entries = try database.schemaEntries()
        guard entries.allSatisfy({ $0.table == Self.migrations && expected.contains($0) }) else { return false }
        return try entries.isEmpty || Schema.migrator.appliedIdentifiers(database).isEmpty
    }

    /// - Throws: `.olderSchema`, `.newerSchema` for another build's, `.schemaAltered` for what no build makes.
    func check(_ database: Database) throws {
        let found = try database.schemaEntries()
        let migrations = found.filter { $0.table == Self.migrations && $0.type != "trigger" }
        if !migrations.isEmpty, migrations.isSubset(of: expected) {
            let applied = try Schema.migrator.appliedIdentifiers(database)
            guard applied.isDisjoint(with: Schema.earlier) else { throw StorageError.olderSchema }
            guard applied.isSubset(of: [Schema.name]) else { throw StorageError.newerSchema }
        }
        if let difference = difference(of: found) { throw StorageError.schemaAltered(difference) }
    }

    /// The first difference, in words; nil where there is none.
    private func difference(of found: Set<SchemaEntry>) -> String? {
        let places = Set(expected.map(\.place))
        let added = found.subtracting(expected).sorted { $0.place < $1.place }
        if let entry = added.first(where: { !places.contains($0.place) }) { return "\(entry) was added" }
        if let entry = added.first { return "\(entry) is not as the service made it" }
        return expected.subtracting(found).min { $0.place < $1.place }.map { "\($0) is missing" }
    }

    private static let migrations = "grdb_migrations"
}

/// A row of `sqlite_schema`, but for where its pages begin.
struct SchemaEntry: Hashable, CustomStringConvertible {
    let type: String
    let name: String
    let table: String
    /// Nil for an index that SQLite adds to a table by itself.
    let sql: String?

    /// What there may be one of.
    var place: String { type + " " + name }

    var description: String {
        let of = ["trigger", "index"].contains(type) ? " on the table \(Self.plain(table))" : ""
        return "the \(Self.plain(type)) \(Self.plain(name))\(of)"
    }

    /// A name that somebody else may have chosen, as it can be shown.
    private static func plain(_ name: String) -> String {
        String(
            decoding: name.utf8.prefix(64).map { byte in
                byte.isNameByte ? byte : UInt8(ascii: "?")
            }, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension Database {
    fileprivate func schemaEntries() throws -> Set<SchemaEntry> {
        let entries = try records("SELECT type, name, tbl_name, sql FROM sqlite_schema") { row in
            SchemaEntry(
                type: try row.text(0), name: try row.text(1), table: try row.text(2), sql: try row.optionalText(3))
        }
        let distinct = Set(entries)
        guard distinct.count == entries.count else { throw StorageError.corrupt }
        return distinct
    }
}
