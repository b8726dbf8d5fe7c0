// Why a server could not be made or started, for whoever runs it to read.

/// Errors of `Server.init` and `Server.start`. They name settings and system errors, never a request.
public enum ServerError: Error, Equatable {
    /// A setting that cannot work.
    case configuration(String)
    /// The address is not a numeric IPv4 or IPv6 address.
    case addressNotNumeric
    /// Somebody listens on this address and port already.
    case addressInUse
    /// A system call failed, with this `errno` value.
    case system(call: String, code: Int32)
    /// Fewer descriptors than even a small server needs.
    case descriptorLimit(needed: Int, limit: Int)
    /// libmicrohttpd would not start.
    case library
    /// `start` was called a second time, or after `stop`.
    case alreadyStarted
}
