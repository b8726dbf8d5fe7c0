// The files of the audit trail: one folder, each file named by its first record, appended to and never changed.

internal import Bytes
internal import Glibc

/// Why the trail could not be read or written.
public enum AuditFailure: Error, Equatable, Sendable {
    case file(errno: Int32)
    /// The folder is another user's, or others may write to it.
    case openToOthers(mode: UInt32)
    /// What has a file's name is a pipe, a device, a folder or a link.
    case notPlain
    /// Of the core's: the service is being sealed, or secret memory is gone.
    case core
    /// Some line is no record.
    case malformed
    /// A record's MAC does not follow from the one before it.
    case altered
}

/// One file of the trail.
struct AuditFile: Sendable {
    /// The sequence number of its first record.
    let first: Int64
    let path: String

    /// Opens it, and gives its length as well; what is no plain file is refused.
    func open(_ flags: Int32) throws(AuditFailure) -> (descriptor: Int32, size: Int) {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else {
            // A folder or a pipe that nobody reads cannot be opened to be written to.
            throw [EISDIR, ENXIO, ENODEV, ELOOP].contains(errno) ? .notPlain : .file(errno: errno)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            throw .notPlain
        }
        return (descriptor, Int(status.st_size))
    }
}

/// The folder of the trail.
struct AuditFolder: Sendable {
    let path: String

    /// Makes the folder (0700) where it is missing; one that is there is to be its owner's to write to alone.
    func create() throws(AuditFailure) {
        if mkdir(path, 0o700) == 0 {
            do throws(AuditFailure) { try Self.sync("\(path)/..") } catch {
                // One that is there is taken to be on disk.
                rmdir(path)
                throw error
            }
        } else if errno != EEXIST {
            throw .file(errno: errno)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .file(errno: errno) }
        if status.st_uid != geteuid() || status.st_mode & 0o022 != 0 {
            throw .openToOthers(mode: status.st_mode & 0o7777)
        }
    }

    /// All files, the earliest first. Whatever else is in the folder is passed over.
    func files() throws(AuditFailure) -> [AuditFile] {
        guard let directory = opendir(path) else { throw .file(errno: errno) }
        defer { closedir(directory) }
        var files: [AuditFile] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.count == Self.nameLength, name.hasSuffix(Self.suffix), let first = Int64(name.prefix(20)),
                Self.name(first) == name
            else { continue }
            files.append(AuditFile(first: first, path: "\(path)/\(name)"))
        }
        return files.sorted { $0.first < $1.first }
    }

    /// A file that begins with the record of this number, with its entry on disk. One that an earlier attempt began is taken; what has
    /// something in it is not.
    func beginFile(first: Int64) throws(AuditFailure) -> AuditWriter {
        let writer = try AuditWriter(AuditFile(first: first, path: "\(path)/\(Self.name(first))"), creating: true)
        guard writer.size == 0 else { throw .file(errno: EEXIST) }
        try Self.sync(path)
        return writer
    }

    /// Puts a folder's entries on disk.
    private static func sync(_ path: String) throws(AuditFailure) {
        let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .file(errno: errno) }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw .file(errno: errno) }
    }

    private static let suffix = ".jsonl"
    private static let nameLength = 26

    /// Padded, so that names sort as numbers do.
    private static func name(_ first: Int64) -> String {
        let digits = String(first)
        return String(repeating: "0", count: max(20 - digits.count, 0)) + digits + suffix
    }
}

/// A file that is being written: one user at a time.
final class AuditWriter {
    let file: AuditFile
    private let descriptor: Int32
    /// Bytes that are on disk.
    private(set) var size: Int

    init(_ file: AuditFile, creating: Bool = false) throws(AuditFailure) {
        self.file = file
        (descriptor, size) = try file.open(O_WRONLY | O_APPEND | (creating ? O_CREAT : 0))
    }

    deinit { Glibc.close(descriptor) }

    /// Whether the file is as this left it, and still where it was.
    var isUntouched: Bool {
        var status = stat()
        var there = stat()
        return fstat(descriptor, &status) == 0 && Int(status.st_size) == size && status.st_nlink == 1
            && lstat(file.path, &there) == 0 && there.st_ino == status.st_ino && there.st_dev == status.st_dev
    }

    /// Writes `bytes` and has them on disk before it returns. After a failure call `repair` first.
    func append(_ bytes: UnsafeRawBufferPointer) throws(AuditFailure) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let written = write(descriptor, start, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw .file(errno: errno)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
        guard fdatasync(descriptor) == 0 else { throw .file(errno: errno) }
        size += bytes.count
    }

    /// Cuts off what a failed `append` may have left, of which nobody was told that it is there.
    func repair() throws(AuditFailure) {
        guard ftruncate(descriptor, size) == 0, fdatasync(descriptor) == 0 else { throw .file(errno: errno) }
    }

    /// Cuts the file to its first `length` bytes.
    func cut(to length: Int) throws(AuditFailure) {
        size = length
        try repair()
    }
}
