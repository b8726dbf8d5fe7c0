// Why TLS could not be set up, or a connection with it could not.

internal import CGnuTLS

public struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, and why it did not succeed: GnuTLS's words, which hold nothing of what was sent.
    public let description: String

    init(_ what: String, code: Int32) {
        description = "\(what): \(String(cString: ctls_error_text(code)))"
    }

    init(_ description: String) { self.description = description }
}
