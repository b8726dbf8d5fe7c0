import Foundation
import GRDB
import Storage
import Testing

@testable import StorageSQLite

@Suite struct MigrationTests {
    @Test("a database of every earlier schema is brought up to date with its records", arguments: schemaFixtures)
    func migrate(fixture: SchemaFixture) throws {
        let folder = try TemporaryFolder()
        try fixture.write(to: folder)
        let store = try folder.open()
        try fixture.expectRecords(store)

        let fresh = try TemporaryFolder()
        #expect(try store.schema() == fresh.open().schema())
        #expect(try mode(of: folder.database) == 0o600)
    }

    @Test("every migration has a fixture of the schema it leads to")
    func completeness() {
        #expect(schemaFixtures.map(\.migration) == Schema.migrations.map(\.name))
    }

    @Test("a released migration is never edited: it makes the very schema of its fixture", arguments: schemaFixtures)
    func unchanged(fixture: SchemaFixture) throws {
        let folder = try TemporaryFolder()
        try fixture.write(to: folder)
        let statement = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name"
        let released = try DatabaseQueue(path: folder.database).read { try String.fetchAll($0, sql: statement) }

        let queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue, upTo: fixture.migration)
        #expect(try queue.read { try String.fetchAll($0, sql: statement) } == released)
    }

    @Test("versions whose encryptions were not counted count as used up, where their algorithm has a limit")
    func uncounted() throws {
        let folder = try TemporaryFolder()
        try schemaFixtures[0].write(to: folder)
        let queue = try DatabaseQueue(path: folder.database)
        try queue.write { database in
            try database.execute(sql: "UPDATE keys SET algorithm = 'aes-256-gcm' WHERE name = 'orders'")
        }
        try queue.close()
        let store = try folder.open()
        let orders = try #require(try store.key(named: "orders"))
        let limit: Int64 = 1 << 32
        #expect(orders.versions.map(\.usesReserved) == [limit, limit])
        #expect(try store.reserveUses(keyID: orders.key.id, version: 2, count: 1, limit: limit) == nil)
        #expect(try store.key(named: "old")?.versions.map(\.usesReserved) == [0])
    }

    @Test("a database written by a newer release is refused, and not changed")
    func newer() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        try store.execute("INSERT INTO grdb_migrations (identifier) VALUES ('v9999')")
        try store.close()
        #expect(throws: SQLiteStoreOpenError.storage(.newerSchema)) { try folder.open() }
        #expect(throws: SQLiteStoreOpenError.storage(.newerSchema), "the refusal gave the folder back") {
            try folder.open()
        }
    }
}
