// The logins file: read at the start, and again when SIGHUP says so.

internal import Glibc
internal import Identity
internal import Logging

struct LoginsSource {
    let path: String
    let file: LoginFile

    /// Reads it, and none of those that it names.
    init(_ given: (text: String, source: String)) throws(ConfigurationError) {
        path = given.text
        do { file = try LoginFile.read(path) } catch {
            throw ConfigurationError(source: given.source, reason: error.description)
        }
    }

    /// Where it is and what it names.
    var folders: [String] { readableFolders(of: [path] + file.files) }

    /// Says where others may write to it: they may become anybody.
    func warn(_ log: Logger) {
        for place in Set([path] + folders) {
            var status = stat()
            guard stat(place, &status) == 0, status.st_mode & 0o022 != 0, status.st_mode & S_ISVTX == 0 else {
                continue
            }
            log.warning("who may write here may log in as anybody", metadata: ["place": "\(place)"])
        }
    }

    /// Reads it again, with the keys in files. Where something is not sound, all stays as it was.
    func reload(_ logins: Logins, _ log: Logger) {
        do throws(LoginFileError) {
            try logins.exchange(try LoginFile.read(path))
            log.notice("logins read", metadata: ["file": "\(path)"])
            warn(log)
        } catch {
            log.error("the logins were not exchanged", metadata: ["reason": "\(error)"])
        }
    }
}
