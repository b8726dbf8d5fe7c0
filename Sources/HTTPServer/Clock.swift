// The server's clock: setting the wall clock must neither cut nor keep a connection.

internal import Glibc

/// Nanoseconds of the monotonic clock.
@inline(__always)
func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(truncatingIfNeeded: now.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: now.tv_nsec)
}

@inline(__always)
func monotonicMilliseconds() -> UInt64 {
    monotonicNanoseconds() / 1_000_000
}
