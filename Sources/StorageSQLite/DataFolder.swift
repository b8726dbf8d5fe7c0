// The folder that holds the database: made private to its owner, and held by one server at a time.

internal import Glibc
internal import Synchronization

/// A data folder, locked for as long as the value lives or until `release`.
final class DataFolder: Sendable {
    static let databaseName = "strongroom.db"
    static let lockName = "lock"

    let databasePath: String
    /// Whether there was a write-ahead log with something in it: whoever had the folder before did not close it.
    let wasLeftOpen: Bool
    /// The locked file's descriptor; -1 once released.
    private let lock: Atomic<Int32>

    /// Creates the folder (0700, its parent must exist) and the database file (0600) where they are missing, and takes
    /// the lock. An existing folder of another user, or that others may write to, is refused, and any other's mode is left alone; the files' modes are set.
    init(path: String) throws(SQLiteStoreOpenError) {
        databasePath = "\(path)/\(Self.databaseName)"
        try Self.create(path)
        var folder = stat()
        guard stat(path, &folder) == 0 else { throw .folder(errno: errno) }
        if folder.st_mode & S_IFMT == S_IFDIR, folder.st_uid != geteuid() || folder.st_mode & 0o022 != 0 {
            throw .openToOthers(mode: folder.st_mode & 0o7777)
        }
        let descriptor = try openPrivately("\(path)/\(Self.lockName)")
        // The kernel drops this lock when the process ends, however it ends: no stale lock can stop a restart.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            if code == EWOULDBLOCK { throw .inUse }
            throw .folder(errno: code)
        }
        lock = Atomic(descriptor)

        // Before SQLite opens it: SQLite gives the files that it adds (-wal, -shm) the database's mode. Never after:
        // closing any descriptor of the file would drop the locks that SQLite holds on it in this process.
        Glibc.close(try openPrivately(databasePath))

        var status = stat()
        wasLeftOpen = stat("\(databasePath)-wal", &status) == 0 && status.st_size > 0
    }

    deinit { release() }

    /// Makes the folder (0700, its parent must exist) where it is missing.
    static func create(_ path: String) throws(SQLiteStoreOpenError) {
        if mkdir(path, 0o700) == 0 {
            try syncDirectory("\(path)/..")
        } else if errno != EEXIST {
            throw .folder(errno: errno)
        }
    }

    /// Lets another server have the folder. May be called again.
    func release() {
        let descriptor = lock.exchange(-1, ordering: .acquiringAndReleasing)
        guard descriptor >= 0 else { return }
        // By name: closing leaves it with a child that is just being started, until that has become what it is to run.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }
}

/// Opens a file for its owner alone, creating it where it is missing. Symbolic links are not followed.
private func openPrivately(_ path: String) throws(SQLiteStoreOpenError) -> Int32 {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .folder(errno: errno) }
    guard fchmod(descriptor, 0o600) == 0 else {
        let code = errno
        Glibc.close(descriptor)
        throw .folder(errno: code)
    }
    return descriptor
}

/// Puts a directory's entries on disk.
private func syncDirectory(_ path: String) throws(SQLiteStoreOpenError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .folder(errno: errno) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .folder(errno: errno) }
}

/// What the system says of an `errno` value.
func systemText(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { room in
        guard let start = room.baseAddress, strerror_r(code, start, room.count) == 0 else { return "error \(code)" }
        return String(cString: start)
    }
}
