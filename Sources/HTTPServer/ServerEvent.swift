// What the server has to say about itself. Whoever makes it decides where that goes; nothing in it comes from a
// request.

/// Something worth a line in the log.
public enum ServerEvent: Sendable, Equatable {
    case listening(address: String, port: UInt16)
    /// The descriptor limit allows fewer connections than were configured.
    case connectionsReduced(from: Int, to: Int, descriptorLimit: Int)
    /// A connection could not be accepted; `code` is the `errno` value. At most once a second.
    case acceptFailed(code: Int32)
    /// libmicrohttpd complains: its fixed text, without what it would fill in. At most once a second an event loop.
    case library(message: String)
    case draining
    case stopped(DrainReport)
}
