// Schemas that somebody else changed: what they add never runs, and the store is not used.

import Foundation
import GRDB
import Storage
import StorageAuthentication
import Testing
import Threading

@testable import StorageSQLite

@Suite struct SchemaTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// As another program that opens the file.
    private func fromOutside(_ sql: String) throws {
        let queue = try DatabaseQueue(path: folder.database)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test(
        "a schema that is not the service's own to the letter refuses the start with the difference",
        arguments: [
            (
                "CREATE TRIGGER keep BEFORE DELETE ON tokens BEGIN SELECT RAISE(IGNORE); END",
                "the trigger keep on the table tokens was added"
            ),
            (
                "CREATE TRIGGER lower AFTER UPDATE ON keys BEGIN UPDATE keys SET min_approvals = 0; END",
                "the trigger lower on the table keys was added"
            ),
            (
                "CREATE TRIGGER t AFTER INSERT ON grdb_migrations BEGIN DELETE FROM tokens; END",
                "the trigger t on the table grdb_migrations was added"
            ),
            ("CREATE VIEW v AS SELECT 1", "the view v was added"),
            ("CREATE TABLE more (x)", "the table more was added"),
            ("CREATE INDEX i ON keys (min_approvals)", "the index i on the table keys was added"),
            ("CREATE TABLE [\u{1B}[2J\u{202E}] (x)", "the table ??2J??? was added"),
            ("DROP INDEX keys_by_owner", "the index keys_by_owner on the table keys is missing"),
            ("ALTER TABLE tokens ADD COLUMN more TEXT", "the table tokens is not as the service made it"),
            ("ALTER TABLE roles RENAME TO others", "was added"),
            ("DROP TABLE audit_anchor", "the table audit_anchor is missing"),
            (
                "ALTER TABLE grdb_migrations ADD COLUMN more TEXT",
                "the table grdb_migrations is not as the service made it"
            ),
            (
                "DROP TABLE grdb_migrations; CREATE VIEW grdb_migrations AS SELECT 'v1' AS identifier",
                "the view grdb_migrations was added"
            ),
            ("ANALYZE", "the table sqlite_stat1 was added"),
        ])
    func planted(statement: String, difference: String) throws {
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        try store.close()
        try fromOutside(statement)
        do {
            _ = try folder.open()
            Issue.record("opened")
        } catch SQLiteStoreOpenError.storage(.schemaAltered(let found)) {
            #expect(found.contains(difference), "\(found)")
            #expect(SQLiteStoreOpenError.storage(.schemaAltered(found)).description.contains(found))
        }
    }

    @Test("a first start that was cut short before it made its tables goes on, and a database without them is refused")
    func unbegun() throws {
        try folder.makeDataFolder()
        try fromOutside("CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        try store.close()
        try fromOutside(
            """
            PRAGMA foreign_keys = OFF; DROP TABLE keys; DROP TABLE key_labels; DROP TABLE key_versions;
            DROP TABLE key_uses; DROP TABLE tokens
            """)
        #expect(throws: SQLiteStoreOpenError.self) { try folder.open() }
    }

    @Test("a schema that is changed while the store is open ends its use, with a report, until it is put back")
    func whileRunning() throws {
        let store = try folder.open()
        let altered = Locked<[RecordName]>([])
        store.authenticateRecords(with: .sample { record in altered.withLock { $0.append(record) } })
        let key = try store.create(sampleKey("k")).key
        try fromOutside("CREATE TRIGGER keep BEFORE DELETE ON keys BEGIN SELECT RAISE(IGNORE); END")
        let difference = "the trigger keep on the table keys was added"
        #expect(throws: StorageError.schemaAltered(difference)) { try store.key(named: "k") }
        #expect(throws: StorageError.schemaAltered(difference)) {
            try store.deleteKey(keyID: key.id, expectedRevision: 1)
        }
        #expect(throws: StorageError.schemaAltered(difference)) { try store.checkReady() }
        #expect(altered.withLock { $0 } == Array(repeating: .schema(difference), count: 3))
        try fromOutside("DROP TRIGGER keep; VACUUM")
        #expect(try store.key(named: "k") != nil)
        try store.deleteKey(keyID: key.id, expectedRevision: 1)
        #expect(try store.key(named: "k") == nil)
    }

    @Test("no connection runs triggers or reads views, and none writes to the schema itself")
    func distrust() throws {
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        try store.execute("CREATE TRIGGER keep BEFORE DELETE ON keys BEGIN SELECT RAISE(IGNORE); END")
        try store.execute("CREATE TRIGGER clear AFTER DELETE ON keys BEGIN DELETE FROM audit_anchor; END")
        try store.execute("CREATE VIEW v AS SELECT name FROM keys")
        #expect(throws: DatabaseError.self) { try store.execute("SELECT * FROM v") }
        for _ in 0..<3 {
            #expect(throws: DatabaseError.self) {
                try store.records.pool.read { try Row.fetchAll($0, sql: "SELECT * FROM v") }
            }
        }
        #expect(throws: DatabaseError.self) {
            try store.execute("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'keep'")
        }
        try store.execute("INSERT INTO audit_anchor VALUES (1, 1, zeroblob(32), NULL)")
        try store.execute("DELETE FROM keys")
        #expect(try store.writerCount("keys") == 0)
        #expect(try store.writerCount("audit_anchor") == 1)
    }

    @Test("foreign keys still cascade, and the database can be compacted")
    func cascades() throws {
        let store = try folder.open()
        let key = try store.create(sampleKey("k", labels: ["a": "b"])).key
        _ = try store.create(sampleKey("other", labels: ["a": "b"]))
        try store.execute("DELETE FROM keys WHERE name = 'k'")
        for table in ["keys", "key_labels", "key_versions", "key_uses"] {
            #expect(try store.writerCount(table) == 1, "\(table)")
        }
        try store.execute("VACUUM")
        #expect(try store.key(named: "other") != nil)
        #expect(throws: StorageError.notFound) { try store.deleteKey(keyID: key.id, expectedRevision: 1) }
    }
}
