import Foundation
import Glibc
import Storage
import StorageAuthentication
import Testing

@testable import StorageSQLite

@Suite struct OpeningTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a new folder is its owner's alone, and so is every file in it")
    func permissions() throws {
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        #expect(try mode(of: folder.data) == 0o700)
        for file in ["strongroom.db", "strongroom.db-wal", "strongroom.db-shm", "lock"] {
            #expect(try mode(of: "\(folder.data)/\(file)") == 0o600, "\(file)")
        }
    }

    @Test("a database that others could read is closed to them; an existing folder is left as it is")
    func tightening() throws {
        try folder.open().close()
        #expect(chmod(folder.database, 0o644) == 0)
        #expect(chmod(folder.data, 0o750) == 0)
        let store = try folder.open()
        try store.checkReady()
        #expect(try mode(of: folder.database) == 0o600)
        #expect(try mode(of: folder.data) == 0o750)
    }

    @Test("a folder is held by one store at a time, until it is closed")
    func exclusive() throws {
        let first = try folder.open()
        #expect(throws: SQLiteStoreOpenError.inUse) { try folder.open() }
        _ = try first.create(sampleKey("k"))
        try first.close()
        let second = try folder.open()
        #expect(try second.key(named: "k") != nil)
    }

    @Test("a store that was closed is one file: nothing is left in its log")
    func closedWhole() throws {
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        _ = try store.key(named: "k")
        try store.close()
        let manager = FileManager.default
        for file in try manager.contentsOfDirectory(atPath: folder.data) where file.hasPrefix("strongroom.db-") {
            try manager.removeItem(atPath: "\(folder.data)/\(file)")
        }
        #expect(try folder.open().key(named: "k") != nil)
    }

    @Test("a store that nobody refers to any more gives its folder back")
    func released() throws {
        do {
            let store = try folder.open()
            try store.checkReady()
        }
        try folder.open().checkReady()
    }

    @Test("a folder whose parent is missing, or that is a file, cannot be opened")
    func unusableFolder() throws {
        #expect(throws: SQLiteStoreOpenError.folder(errno: ENOENT)) {
            try SQLiteStore(folder: folder.path + "/missing/data")
        }
        try Data().write(to: URL(fileURLWithPath: folder.data))
        #expect(throws: SQLiteStoreOpenError.folder(errno: ENOTDIR)) { try folder.open() }
    }

    @Test("a database behind a symbolic link is refused")
    func symbolicLink() throws {
        try folder.makeDataFolder()
        #expect(symlink("/tmp/elsewhere.db", folder.database) == 0)
        #expect(throws: SQLiteStoreOpenError.notPlain(file: "strongroom.db")) { try folder.open() }
    }

    @Test(
        "what is no plain file is refused by name, and never waited for",
        arguments: ["lock", "strongroom.db", "strongroom.db-wal", "strongroom.db-shm", "strongroom.db-journal"],
        ["pipe", "link", "folder", "socket"])
    func notPlain(name: String, kind: String) throws {
        try folder.open().close()
        let path = folder.data + "/" + name
        unlink(path)
        switch kind {
        case "pipe": #expect(mkfifo(path, 0o600) == 0)
        case "link": #expect(symlink("/dev/null", path) == 0)
        case "folder": #expect(mkdir(path, 0o700) == 0)
        default: #expect(mknod(path, S_IFSOCK | 0o600, 0) == 0)
        }
        #expect(throws: SQLiteStoreOpenError.notPlain(file: name)) { try folder.open() }
        #expect(SQLiteStoreOpenError.notPlain(file: name).description.hasPrefix(name + " in the data folder"))
        #expect(remove(path) == 0)
        try folder.open().checkReady()
    }

    @Test("a folder is held by one store at a time also when its lock file is removed or exchanged")
    func lockRemoved() throws {
        let first = try folder.open()
        let lock = folder.data + "/lock"
        #expect(unlink(lock) == 0)
        #expect(throws: SQLiteStoreOpenError.inUse) { try folder.open() }
        try Data().write(to: URL(fileURLWithPath: lock))
        #expect(throws: SQLiteStoreOpenError.inUse) { try folder.open() }
        try first.close()
        try folder.open().checkReady()
    }

    @Test("SQLite is set as the promises need it")
    func pragmas() throws {
        let store = try folder.open()
        #expect(try store.writerPragma("synchronous") == 2)
        #expect(try store.writerPragma("foreign_keys") == 1)
        #expect(try store.writerPragma("secure_delete") == 1)
        #expect(try store.writerPragma("busy_timeout") == 5000)
        #expect(try store.writerPragma("cache_size") == -1024)
        #expect(try store.readerPragma("cache_size") == -512)
        #expect(try bytesFromOutside(folder.database).dropFirst(18).prefix(2) == Data([2, 2]), "the header says WAL")
    }

    @Test("a closed store says so, and can be closed again")
    func closed() throws {
        let store = try folder.open()
        try store.close()
        try store.close()
        #expect(throws: StorageError.unavailable(code: 21)) { try store.checkReady() }
        #expect(throws: StorageError.unavailable(code: 21)) { try store.create(sampleKey("k")) }
        #expect(throws: StorageError.unavailable(code: 21)) { try store.key(named: "k") }
    }

    @Test("a ready store says so")
    func ready() throws {
        try folder.open().checkReady()
    }

    @Test("a file that is no database is refused, and left as it is")
    func noDatabase() throws {
        try folder.makeDataFolder()
        let text = Data(String(repeating: "this is not a database\n", count: 300).utf8)
        try text.write(to: URL(fileURLWithPath: folder.database))
        #expect(throws: SQLiteStoreOpenError.storage(.corrupt)) { try folder.open() }
        #expect(try bytesFromOutside(folder.database) == text)
    }

    @Test("a database cut short is refused")
    func truncated() throws {
        let store = try folder.open()
        for number in 0..<40 { _ = try store.create(sampleKey("key-\(number)"), sealed: randomBytes(3000)) }
        try store.close()
        let whole = try bytesFromOutside(folder.database)
        try whole.prefix(whole.count / 8192 * 4096).write(to: URL(fileURLWithPath: folder.database))
        #expect(throws: SQLiteStoreOpenError.storage(.corrupt)) { try folder.open() }
    }

    @Test("overwritten pages are refused")
    func damaged() throws {
        let store = try folder.open()
        for number in 0..<40 { _ = try store.create(sampleKey("key-\(number)")) }
        try store.close()
        var bytes = try bytesFromOutside(folder.database)
        for index in 4096..<bytes.count { bytes[index] ^= 0x5A }
        try bytes.write(to: URL(fileURLWithPath: folder.database))
        #expect(throws: SQLiteStoreOpenError.storage(.corrupt)) { try folder.open() }
    }

    @Test("a row that is not as the schema says is damage, not a crash")
    func oddRow() throws {
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        try store.execute("PRAGMA ignore_check_constraints = ON")
        try store.execute("UPDATE key_versions SET state = 'lost'")
        #expect(throws: StorageError.corrupt) { try store.key(named: "k") }
        try store.execute("PRAGMA foreign_keys = OFF")
        try store.execute("UPDATE keys SET id = x'00'")
        #expect(throws: StorageError.corrupt) { try store.keys(KeyQuery()) }
    }

    @Test("a key without its latest version is damage")
    func missingVersion() throws {
        let store = try folder.open()
        _ = try store.create(sampleKey("k"))
        try store.execute("DELETE FROM key_versions")
        #expect(throws: StorageError.corrupt) { try store.key(named: "k") }
    }

    @Test("without room a change is refused whole, and reading goes on")
    func full() throws {
        let store = try folder.open()
        let stored = try store.create(sampleKey("k"))
        let pages = try #require(try store.writerPragma("page_count"))
        try store.execute("PRAGMA max_page_count = \(pages)")
        #expect(throws: StorageError.full) { try store.create(sampleKey("big"), sealed: randomBytes(500_000)) }
        #expect(try store.key(named: "big") == nil)
        #expect(try store.key(named: "k") == stored)
        try store.checkReady()
    }
}
