// The logins file: read at the start, and again when SIGHUP says so.

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

    /// Reads it again, with the keys in files. Where something is not sound, all stays as it was.
    func reload(_ logins: Logins, _ log: Logger) {
        do throws(LoginFileError) {
            try logins.exchange(try LoginFile.read(path))
            log.notice("logins read", metadata: ["file": "\(path)"])
        } catch {
            log.error("the logins were not exchanged", metadata: ["reason": "\(error)"])
        }
    }
}
