// How the process learns that it is to stop.

internal import Glibc
internal import Threading

enum Signals {
    /// To be called before any thread is started: from then on the stop signals wait for `waitForStop`, in every thread, and
    /// writing to a connection that is gone, or past a limit on files' sizes, is an error instead of a signal.
    static func prepare() {
        var awaited = signals(SIGTERM, SIGINT, SIGHUP)
        pthread_sigmask(SIG_BLOCK, &awaited, nil)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Returns with the first SIGTERM or SIGINT. A second one ends the process at once.
    /// - Parameter reload: called for each SIGHUP before; nil: it stops as the others do, as when a terminal goes away.
    static func waitForStop(reload: (() -> Void)?) -> Int32 {
        var first = next()
        while first == SIGHUP, let reload {
            reload()
            first = next()
        }
        _ = try? Thread(name: "second-signal") { _exit(128 + next(of: signals(SIGTERM, SIGINT))) }
        return first
    }

    private static func next(of awaited: sigset_t = signals(SIGTERM, SIGINT, SIGHUP)) -> Int32 {
        var awaited = awaited
        var received: Int32 = 0
        while sigwait(&awaited, &received) != 0 {}
        return received
    }

    private static func signals(_ numbers: Int32...) -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        return signals
    }
}
