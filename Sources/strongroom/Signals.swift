// How the process learns that it is to stop.

internal import Glibc
internal import Threading

enum Signals {
    /// To be called before any thread is started: from then on the stop signals wait for `waitForStop`, in every thread, and
    /// writing to a connection that is gone, or past a limit on files' sizes, is an error instead of a signal.
    static func prepare() {
        var stops = stopSignals
        pthread_sigmask(SIG_BLOCK, &stops, nil)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Returns with the first SIGTERM or SIGINT. A second one ends the process at once.
    static func waitForStop() -> Int32 {
        let first = next()
        _ = try? Thread(name: "second-signal") { _exit(128 + next()) }
        return first
    }

    private static func next() -> Int32 {
        var stops = stopSignals
        var received: Int32 = 0
        while sigwait(&stops, &received) != 0 {}
        return received
    }

    private static var stopSignals: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }
}
