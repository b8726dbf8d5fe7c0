// The key file that unseals an installation, and its exchange for a new one, which a crash may cut short at any point.

internal import CoreBridge
internal import Glibc

/// A key file, by its path. While it is exchanged, the new one lies beside it under another name: the store says which of the
/// two is in force.
struct KeyFile {
    let path: String

    private var next: String { path + ".next" }

    /// Opens the key that unseals `wrapped`, and finishes an exchange that came as far as the store.
    func open(_ wrapped: WrappedRoot) throws(CoreError) -> UnsealKey {
        if access(next, F_OK) == 0, let key = try? UnsealKey.open(file: next), (try? wrapped.open(with: key)) != nil {
            try replace()
            return key
        }
        let key = try UnsealKey.open(file: path)
        _ = try wrapped.open(with: key)
        return key
    }

    /// Makes the key that is to follow. One that is left of an exchange that never came to the store makes way.
    func createNext() throws(CoreError) -> UnsealKey {
        unlink(next)
        return try UnsealKey.create(file: next)
    }

    /// Puts the new key in the old one's place.
    func replace() throws(CoreError) {
        overwrite()
        guard rename(next, path) == 0 else {
            throw CoreError(.rootKeyFileIO, numbers: (UInt64(clamping: errno), 0))
        }
        syncFolder()
    }

    /// Removes the file, where something else unseals from now on.
    func remove() {
        overwrite()
        unlink(path)
        unlink(next)
        syncFolder()
    }

    /// Zeroes what is on disk, as far as the file system writes in place.
    private func overwrite() {
        let file = Glibc.open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 4096 else { return }
        let zeros = [UInt8](repeating: 0, count: Int(status.st_size))
        _ = write(file, zeros, zeros.count)
        fsync(file)
    }

    private func syncFolder() {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = Glibc.open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
