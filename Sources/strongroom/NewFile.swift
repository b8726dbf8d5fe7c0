// Files that commands make for secrets and results: new ones, closed to others, which are there whole or not at all.

internal import Bytes
internal import Glibc

/// Why something could not be written, in words.
struct WriteError: Error, CustomStringConvertible {
    let description: String
    /// An `errno`, where there is one.
    var code: Int32?

    init(_ what: String, _ code: Int32) {
        description = "\(what): \(String(cString: strerror(code)))"
        self.code = code
    }

    init(_ description: String) { self.description = description }
}

enum NewFile {
    /// Writes a new file of mode 0600 under a name of its own, syncs it and renames it to `path`. A file or link that was there
    /// is replaced: nothing is written through a link, and no mode is kept. When this returns, the file is on disk.
    static func write(_ bytes: ByteBuffer, to path: String) throws(WriteError) {
        if let descriptor = descriptor(of: path) { return try bytes.write(to: descriptor, path) }
        var status = stat()
        if lstat(path, &status) == 0, ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) {
            throw WriteError("\(path): is there and is not a file; name another")
        }
        let folder = folder(of: path)
        let number = UInt64.random(in: .min ... .max)
        let temporary = "\(folder)/.strongroom-\(String(number, radix: 16))"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WriteError(path, errno) }
        do throws(WriteError) {
            do throws(WriteError) {
                guard fchmod(file, 0o600) == 0 else { throw WriteError(path, errno) }
                try bytes.write(to: file, path)
            } catch {
                close(file)
                throw error
            }
            guard close(file) == 0, rename(temporary, path) == 0 else { throw WriteError(path, errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        try sync(folder)
    }

    private static func sync(_ folder: String) throws(WriteError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw WriteError(folder, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw WriteError(folder, errno) }
    }

    /// The open descriptor that a path names. The shell opened it for the command.
    private static func descriptor(of path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default:
            let prefix = ["/dev/fd/", "/proc/self/fd/"].first { path.hasPrefix($0) }
            return prefix.flatMap { Int32(path.dropFirst($0.count)) }
        }
    }
}

extension ByteBuffer {
    /// Writes all of it to a descriptor, and syncs that where it is of a file.
    /// - Parameter name: what the descriptor is called in an error.
    func write(to descriptor: Int32, _ name: String) throws(WriteError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw WriteError(name, count == 0 ? EIO : errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        // Pipes, terminals and sockets are not synced.
        guard fsync(descriptor) == 0 || [EINVAL, EROFS, ENOTSUP].contains(errno) else { throw WriteError(name, errno) }
    }
}
