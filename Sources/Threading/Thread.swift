// A thread of our own: event loops and workers must not share Swift's cooperative pool, which blocking work would starve.

internal import CThreading
internal import Glibc

/// A running POSIX thread. It is joined explicitly; dropping the value does not stop it.
// SAFETY: `identifier` is written once, before the value is given to anybody.
public final class Thread: @unchecked Sendable {
    private let identifier: pthread_t

    /// Starts `body` on a new thread, named (at most 15 bytes) for tools that list threads.
    /// - Parameters:
    ///   - niceness: added to the process's; a higher one leaves the processor to other threads. Where the system would not have it,
    ///     the thread runs as any other.
    ///   - slice: the nanoseconds that it runs at a stretch while others wait, 0 for the system's. One that asks for less comes sooner,
    ///     and displaces a thread that is within a longer one (Linux 6.12; older systems do not mind it).
    public init(
        name: String, niceness: Int = 0, slice: UInt64 = 0, _ body: @escaping @Sendable () -> Void
    ) throws(ThreadError) {
        // SAFETY: the retained box is taken over exactly once, by the new thread, or below when there is none.
        let box = Unmanaged.passRetained(Body(name: name, niceness: niceness, slice: slice, run: body))
        var identifier = pthread_t()
        let code = pthread_create(&identifier, nil, threadMain, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw ThreadError(code: code)
        }
        self.identifier = identifier
    }

    /// Waits until the thread has ended. Call it once.
    public func join() {
        pthread_join(identifier, nil)
    }
}

/// The system would not start a thread.
public struct ThreadError: Error {
    /// The `errno` value of `pthread_create`.
    public let code: Int32
}

private final class Body: Sendable {
    let name: String
    let niceness: Int
    let slice: UInt64
    let run: @Sendable () -> Void

    init(name: String, niceness: Int, slice: UInt64, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.niceness = niceness
        self.slice = slice
        self.run = run
    }
}

private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    // SAFETY: `Thread.init` retained this box for this thread alone.
    let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
    sr_thread_name(body.name)
    // On Linux both are a thread's own.
    if body.niceness != 0 || body.slice != 0 {
        sr_thread_schedule(Int32(clamping: body.niceness), body.slice)
    }
    body.run()
    return nil
}
