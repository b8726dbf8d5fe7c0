// The embedded store: one SQLite file in a folder that one server holds at a time.

internal import CSQLiteConfiguration
internal import GRDB
public import Storage
internal import Synchronization

/// `RecordStore` on SQLite through GRDB.
///
/// A pool of one writer and two readers, not a single connection: a commit waits for the disk (milliseconds), and the
/// reads that open cold keys must not queue behind it. The price is two more page caches of at most 512 KiB.
public final class SQLiteStore: RecordStore {
    let pool: DatabasePool
    private let folder: DataFolder
    private let schema: SchemaCheck
    /// SQLite's count of changes of the schema, as of when it was last compared.
    let schemaVersion = Atomic<Int>(-1)

    /// Opens the data folder `path`, creating it (0700) and the database (0600) where they are missing, and makes the
    /// tables in an empty one. Blocks; the folder is held until `close`, or until the last reference to the store is
    /// gone.
    public init(folder path: String) throws(SQLiteStoreOpenError) {
        folder = try DataFolder(path: path)
        do {
            pool = try DatabasePool(path: folder.databasePath, configuration: Self.configuration)
            schema = try SchemaCheck()
            try prepare()
        } catch {
            throw .storage(StorageError(error))
        }
    }

    /// Makes the data folder where it is missing, as `init` does.
    public static func createFolder(_ path: String) throws(SQLiteStoreOpenError) { try DataFolder.create(path) }

    public func checkReady() throws(StorageError) {
        _ = try read { records in
            try Bool.fetchOne(records.database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM installation)"))
        }
    }

    public func close() throws(StorageError) {
        // SQLite does this with the last connection only if that may write, and a reader may be the last. What is not moved stays
        // in the log, and the next start finds it there.
        try? eraseRemains()
        do {
            try pool.close()
        } catch {
            throw StorageError(error)
        }
        folder.release()
    }

    // MARK: Access

    /// Runs `body` on a reader, in one transaction: everything that it reads is of one moment.
    public func read<Value>(_ body: (SQLiteTransaction) throws -> Value) throws(StorageError) -> Value {
        do {
            return try pool.read { database in
                try checkSchema(database)
                return try body(SQLiteTransaction(database: database))
            }
        } catch {
            throw StorageError(error)
        }
    }

    /// Runs `body` in a transaction that has the right to write from its start on; a throw rolls everything back.
    public func write<Value>(_ body: (SQLiteTransaction) throws -> Value) throws(StorageError) -> Value {
        do {
            return try pool.write { database in
                try checkSchema(database)
                return try body(SQLiteTransaction(database: database))
            }
        } catch {
            throw StorageError(error)
        }
    }

    /// Compares the schema again where somebody has changed it since.
    private func checkSchema(_ database: Database) throws {
        let version = try Int.fetchOne(database.cachedStatement(sql: "PRAGMA schema_version")) ?? -1
        guard version != schemaVersion.load(ordering: .relaxed) else { return }
        try schema.check(database)
        schemaVersion.store(version, ordering: .relaxed)
    }

    /// Erases from disk what committed transactions have overwritten or deleted. `secure_delete` zeroes it in the
    /// database, but pages as they were before stay in the write-ahead log until that is moved over and cut to nothing.
    public func eraseRemains() throws(StorageError) {
        do {
            // With the readers held back: one that still looks at an older state would keep the log alive.
            _ = try pool.barrierWriteWithoutTransaction { database in
                try database.checkpoint(.truncate)
            }
        } catch {
            throw StorageError(error)
        }
    }

    // MARK: Opening

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "strongroom"
        configuration.maximumReaderCount = 2
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { database in
            // Whoever can write to the file could have its triggers and views do what the service never asked for.
            guard csqlite_distrust_schema(database.sqliteConnection) == 0 else {
                throw StorageError.unavailable(code: ResultCode.SQLITE_ERROR.rawValue)
            }
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            // Damaged pages are noticed when they are read, at next to no cost.
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            // The page caches, in KiB (so says the minus), are all that SQLite keeps resident to speak of.
            if database.configuration.readonly {
                try database.execute(sql: "PRAGMA cache_size = -512")
            } else {
                try database.execute(sql: "PRAGMA cache_size = -1024")
                try database.execute(sql: "PRAGMA secure_delete = ON")
                try database.execute(sql: "PRAGMA journal_size_limit = 1048576")
            }
        }
        return configuration
    }

    private func prepare() throws {
        let isNew = try pool.writeWithoutTransaction { database in
            // Here and not in the configuration: GRDB sets NORMAL when it turns to WAL, after the configuration's turn,
            // and with that a power cut takes back what was acknowledged.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            return try schema.isUnbegun(database)
        }
        if isNew { try Schema.migrator.migrate(pool) }
        try pool.writeWithoutTransaction { database in
            try checkSchema(database)
            // A process that died between destroying a version and erasing its remains has left that to us. Otherwise
            // opening need not wait for the disk.
            if folder.wasLeftOpen { _ = try database.checkpoint(.truncate) }
        }
    }
}

/// What one transaction sees and changes.
public struct SQLiteTransaction: RecordTransaction {
    let database: Database
}
