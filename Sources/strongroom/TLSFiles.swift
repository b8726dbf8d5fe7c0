// The service's certificate, key and client authorities: read from their files at the start, and again when SIGHUP says so.

internal import Bytes
internal import Glibc
internal import Logging
internal import Observability
internal import TLS

struct TLSFiles {
    let certificate: String
    let key: String
    /// Nil: clients are asked for no certificate.
    var clientAuthorities: String?
    /// Lists of revoked certificates of clients.
    var clientRevocations: String?
    var areClientsRequired = true

    /// Where they are, and where they point to: a renewed certificate has another file in the same folder.
    var folders: [String] {
        readableFolders(of: [certificate, key, clientAuthorities, clientRevocations].compactMap(\.self))
    }

    func read() throws(TLSFileError) -> TLSCertificate {
        let chain = try contents(certificate)
        let key = try TLSKey(file: self.key)
        var clients: ClientCertificates?
        if let clientAuthorities {
            clients = ClientCertificates(
                authorities: try contents(clientAuthorities),
                revocations: try clientRevocations.map { file throws(TLSFileError) in try contents(file) },
                areRequired: areClientsRequired)
        }
        do { return try TLSCertificate(chain: chain, signer: key, clients: clients) } catch {
            throw TLSFileError(description: "\(certificate) with \(self.key): \(error)")
        }
    }

    /// Whether all users of the host may do something with the key file.
    var isKeyOpen: Bool {
        var status = stat()
        return stat(key, &status) == 0 && status.st_mode & 0o007 != 0
    }

    private func contents(_ path: String) throws(TLSFileError) -> [UInt8] {
        guard let bytes = ByteBuffer.ofFile(path, limit: 1 << 20) else {
            throw TLSFileError(description: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        return [UInt8](bytes.bytes)
    }
}

/// Why they cannot be used, in words.
struct TLSFileError: Error, CustomStringConvertible {
    let description: String
}

extension TLSFiles {
    /// What the service begins with.
    func serve(_ log: Logger) throws(StartError) -> TLSServer {
        do throws(TLSFileError) {
            let certificate = try read()
            tell(of: certificate, log)
            return TLSServer(certificate)
        } catch {
            throw .tls(error.description)
        }
    }

    /// Reads them again. Connections that there are go on with what they have; where the files are not sound, so do others.
    func reload(_ tls: TLSServer, _ log: Logger) {
        do throws(TLSFileError) {
            let certificate = try read()
            tls.exchange(certificate)
            tell(of: certificate, log)
        } catch {
            log.error("the certificate was not exchanged", metadata: ["reason": "\(error)"])
        }
    }

    private func tell(of certificate: TLSCertificate, _ log: Logger) {
        let metadata: Logger.Metadata = [
            "certificate": "\(self.certificate)", "until": "\(Timestamp.rfc3339(certificate.expiresAt))",
        ]
        switch certificate.standing {
        case .ended: log.error("the certificate has expired: clients refuse it", metadata: metadata)
        case .endsSoon: log.warning("the certificate ends soon", metadata: metadata)
        case .good: log.notice("certificate read", metadata: metadata)
        }
        if isKeyOpen { log.warning("the certificate's key is open to all users", metadata: ["key": "\(key)"]) }
    }
}

extension TLSCertificate {
    enum Standing {
        case good
        /// Within two weeks.
        case endsSoon
        case ended
    }

    var standing: Standing {
        let left = expiresAt - Timestamp.now()
        return left <= 0 ? .ended : left < 14 * 86_400 ? .endsSoon : .good
    }
}
