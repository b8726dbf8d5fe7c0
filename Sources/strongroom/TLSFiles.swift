// The service's certificate, key and client authorities: read from their files at the start, and again when SIGHUP says so.

internal import Bytes
internal import Glibc
internal import TLS

struct TLSFiles {
    let certificate: String
    let key: String
    /// Nil: clients need no certificate.
    let clientAuthorities: String?

    /// Where they are, and where they point to: a renewed certificate has another file in the same folder.
    var folders: [String] {
        [certificate, key, clientAuthorities].compactMap { $0 }.flatMap { file in [file, resolved(file)] }
            .map { folder(of: $0) }
    }

    func read() throws(TLSFileError) -> TLSCertificate {
        let chain = try contents(certificate)
        var key = try contents(self.key)
        defer {
            key.withUnsafeMutableBytes { room in if let start = room.baseAddress { explicit_bzero(start, room.count) } }
        }
        var authorities: [UInt8]?
        if let clientAuthorities { authorities = try contents(clientAuthorities) }
        do { return try TLSCertificate(chain: chain, key: key, clientAuthorities: authorities) } catch {
            throw TLSFileError(description: "\(certificate) with \(self.key): \(error)")
        }
    }

    /// The key file's mode, where it is open to all.
    var isKeyOpen: Bool {
        var status = stat()
        return stat(key, &status) == 0 && status.st_mode & 0o007 != 0
    }

    private func contents(_ path: String) throws(TLSFileError) -> [UInt8] {
        guard let bytes = readFile(path, limit: 1 << 20) else {
            throw TLSFileError(description: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        return [UInt8](bytes.bytes)
    }

    private func resolved(_ path: String) -> String {
        guard let text = realpath(path, nil) else { return path }
        defer { free(text) }
        return String(cString: text)
    }
}

/// Why they cannot be used, in words.
struct TLSFileError: Error, CustomStringConvertible {
    let description: String
}

/// The folder that a file is in.
func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
}
