// Which databases are opened: those of this schema, and no others.

import Foundation
import GRDB
import Storage
import StorageAuthentication
import Testing

@testable import StorageSQLite

@Suite struct MigrationTests {
    @Test(
        "a database of an earlier or a later build is refused, and left as it is",
        arguments: ["v1", "v7", "strongroom-1", "v9999"])
    func others(migration: String) throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        try store.execute("DELETE FROM grdb_migrations")
        try store.execute("INSERT INTO grdb_migrations (identifier) VALUES ('\(migration)')")
        try store.close()
        let expected: StorageError = migration == "v9999" ? .newerSchema : .olderSchema
        #expect(throws: SQLiteStoreOpenError.storage(expected)) { try folder.open() }
        #expect(throws: SQLiteStoreOpenError.storage(expected), "the refusal gave the folder back") {
            try folder.open()
        }
        let queue = try DatabaseQueue(path: folder.database)
        #expect(
            try queue.read { try String.fetchAll($0, sql: "SELECT identifier FROM grdb_migrations") } == [migration])
        #expect(try queue.read { try String.fetchAll($0, sql: "SELECT name FROM keys") } == ["k"])
    }

    @Test("an earlier build's database is refused in words that say what to do")
    func words() {
        let text = SQLiteStoreOpenError.storage(.olderSchema).description
        #expect(text.contains("earlier build") && text.contains("empty data folder"))
    }

    @Test("a database is opened again as it was made")
    func reopened() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        let key = try store.create(sampleKey("k"))
        let schema = try store.schema()
        try store.close()
        let again = try folder.open()
        #expect(try again.schema() == schema)
        #expect(try again.key(named: "k") == key)
        #expect(try mode(of: folder.database) == 0o600)
    }
}
