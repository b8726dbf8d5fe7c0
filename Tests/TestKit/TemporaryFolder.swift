// A folder of a test's own.

public import Glibc

/// A fresh folder (0700) under the system's temporary one, removed with all that is in it when the value goes.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() throws {
        var template = Array("/tmp/strongroom-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestError("mkdtemp", code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { remove(path) }

    /// A path in it.
    public func file(_ name: String) -> String { path + "/" + name }
}

/// Writes a file, new or in place of what is there.
public func writeFile(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw TestError("open \(path)", code: errno) }
    defer { close(file) }
    guard fchmod(file, mode) == 0, write(file, bytes, bytes.count) == bytes.count else {
        throw TestError("write \(path)", code: errno)
    }
}

/// A small file's bytes.
public func readFile(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw TestError("open \(path)", code: errno) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let length = read(file, &bytes, bytes.count)
    guard length >= 0 else { throw TestError("read \(path)", code: errno) }
    return Array(bytes.prefix(length))
}

/// The permission bits of a file.
public func mode(of path: String) throws -> mode_t {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw TestError("stat \(path)", code: errno) }
    return status.st_mode & 0o7777
}

private func remove(_ path: String) {
    if unlink(path) == 0 { return }
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
    }
    closedir(folder)
    rmdir(path)
}
