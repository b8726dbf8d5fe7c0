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
    /// Descriptors that are locked; -1 once released. A file can be removed and made again while it is locked, and then be
    /// locked by another; the folder that the service works in cannot.
    private let folderLock: Atomic<Int32>
    private let fileLock: Atomic<Int32>

    /// Creates the folder (0700, its parent must exist) and the database file (0600) where they are missing, and takes
    /// the locks. An existing folder of another user, or that others may write to, is refused, and any other's mode is left
    /// alone; the files' modes are set. What stands in a file's place and is none is refused, and never waited for.
    init(path: String) throws(SQLiteStoreOpenError) {
        databasePath = "\(path)/\(Self.databaseName)"
        try Self.create(path)
        let folder = Descriptor(Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        var status = stat()
        guard folder.number >= 0, fstat(folder.number, &status) == 0 else { throw .folder(errno: errno) }
        if status.st_uid != geteuid() || status.st_mode & 0o022 != 0 {
            throw .openToOthers(mode: status.st_mode & 0o7777)
        }
        try folder.lock()
        let file = try openPrivately(Self.lockName, in: folder)
        try file.lock()

        // Before SQLite opens it: SQLite gives the files that it adds (-wal, -shm) the database's mode. Never after:
        // closing any descriptor of the file would drop the locks that SQLite holds on it in this process.
        _ = try openPrivately(Self.databaseName, in: folder)
        // SQLite would wait for a pipe that stands here, and follow a link.
        for suffix in ["-journal", "-wal", "-shm"] { try Self.checkPlain(Self.databaseName + suffix, in: folder) }

        wasLeftOpen = stat("\(databasePath)-wal", &status) == 0 && status.st_size > 0
        folderLock = Atomic(folder.take())
        fileLock = Atomic(file.take())
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
        for descriptor in [
            fileLock.exchange(-1, ordering: .acquiringAndReleasing),
            folderLock.exchange(-1, ordering: .acquiringAndReleasing),
        ] where descriptor >= 0 {
            // By name: closing leaves it with a child that is just being started, until that has become what it is to run.
            flock(descriptor, LOCK_UN)
            Glibc.close(descriptor)
        }
    }

    /// That nothing but a plain file has this name, if anything.
    private static func checkPlain(_ name: String, in folder: borrowing Descriptor) throws(SQLiteStoreOpenError) {
        var status = stat()
        guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return }
            throw .folder(errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notPlain(file: name) }
    }
}

/// Closed when it goes, unless it was taken.
private struct Descriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { if number >= 0 { Glibc.close(number) } }

    consuming func take() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// The kernel drops this lock when the process ends, however it ends: no stale lock can stop a restart.
    func lock() throws(SQLiteStoreOpenError) {
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .inUse }
            throw .folder(errno: errno)
        }
    }
}

/// Opens a file for its owner alone, creating it where it is missing. Symbolic links are not followed, and what is no plain
/// file is not waited for.
private func openPrivately(
    _ name: String, in folder: borrowing Descriptor
) throws(SQLiteStoreOpenError) -> Descriptor {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let file = Descriptor(openat(folder.number, name, flags, 0o600))
    let code = errno
    var status = stat()
    guard file.number >= 0 else {
        // A socket or a device without a driver, a folder, a link.
        if [ENXIO, ENODEV, EISDIR, ELOOP].contains(code) { throw .notPlain(file: name) }
        throw .folder(errno: code)
    }
    guard fstat(file.number, &status) == 0 else { throw .folder(errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notPlain(file: name) }
    guard fchmod(file.number, 0o600) == 0 else { throw .folder(errno: errno) }
    return file
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
