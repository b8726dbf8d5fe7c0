// What tests need of the store's inside: to do half of an operation, and to ask SQLite how it is set.

import Foundation
import GRDB
import Storage
import StorageAuthentication
import Testing

@testable import StorageSQLite

extension AuthenticatedStore where Records == SQLiteStore {
    /// The first half of destroying version 1: the transaction, without erasing what it leaves in the log.
    func markDestroyedWithoutErasing(_ id: KeyID) throws {
        try records.pool.write { database in
            try database.execute(
                sql: "UPDATE key_versions SET state = 'destroyed', sealed = NULL WHERE key_id = ? AND version = 1",
                arguments: [Data(id.bytes)])
        }
    }

    func writerPragma(_ name: String) throws -> Int? {
        try records.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    func readerPragma(_ name: String) throws -> Int? {
        try records.pool.read { try Int.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    func writerCount(_ table: String) throws -> Int? {
        try records.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
    }

    func execute(_ sql: String) throws {
        try records.pool.writeWithoutTransaction { try $0.execute(sql: sql) }
    }

    /// The statements that make the schema, in a stable order.
    func schema() throws -> [String] {
        try records.pool.read { database in
            try String.fetchAll(
                database, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
        }
    }
}

/// Copies the database and its log, as they are at this moment, into the data folder of another.
func copyFiles(from source: TemporaryFolder, to target: TemporaryFolder) throws {
    try target.makeDataFolder()
    // The database first: in between, the log may grow but the database must not change.
    for suffix in ["", "-wal"] {
        try bytesFromOutside(source.database + suffix).write(to: URL(fileURLWithPath: target.database + suffix))
    }
}
