// What goes wrong in the kit itself, and the clock its waits go by.

internal import Glibc

/// A failure of a test's own means: a connection, a child process, a wait that took too long.
public struct TestError: Error, CustomStringConvertible {
    public let what: String
    /// An `errno` value; `ETIMEDOUT` where a wait took too long; 0 where neither fits.
    public let code: Int32

    public init(_ what: String, code: Int32 = 0) {
        self.what = what
        self.code = code
    }

    public var description: String {
        code == 0 ? what : "\(what): \(String(cString: strerror(code)))"
    }
}

/// Seconds on the monotonic clock.
public func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Asks again and again, each few milliseconds, until `condition` holds. False when `seconds` pass before it does.
public func eventually(within seconds: Double = 5, _ condition: () -> Bool) -> Bool {
    let deadline = now() + seconds
    while !condition() {
        if now() > deadline { return false }
        usleep(2_000)
    }
    return true
}
