// A folder of a test's own, gone with it, and looks at its files from outside this process.

import Foundation
import Glibc
import Storage
import StorageAuthentication
import StorageSQLite
import Testing

/// A fresh folder (0700) under the system's temporary one, removed when the value goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/strongroom-test-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The data folder in it, not yet made.
    var data: String { path + "/data" }
    var database: String { data + "/strongroom.db" }

    func open() throws -> AuthenticatedStore<SQLiteStore> { AuthenticatedStore(try SQLiteStore(folder: data)) }

    /// Makes the data folder itself, for tests that put files into it first.
    func makeDataFolder() throws {
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
    }
}

/// The permission bits of a file.
func mode(of path: String) throws -> mode_t {
    var status = stat()
    try #require(lstat(path, &status) == 0, "\(path)")
    return status.st_mode & 0o7777
}

/// A file's bytes, read by another process: closing the file in this one would drop SQLite's locks on it.
func bytesFromOutside(_ path: String) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/cat")
    process.arguments = [path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return bytes
}
