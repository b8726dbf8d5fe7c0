// The thread that tries passphrases, one at a time, and the line in front of it. No other thread waits for it.

public import Network
internal import Threading

/// Someone who has given a passphrase, and waits for what becomes of it.
public protocol PassphraseAttempt: AnyObject, Sendable {
    var peer: Peer { get }
    /// Whether nobody seems to wait for its end any more.
    var isAbandoned: Bool { get }
    /// Gives the passphrase, on the thread that tries it, before `ended` is called.
    func withPassphrase(_ body: (UnsafeRawBufferPointer) -> Void)
    /// Called once, on any thread.
    func ended(_ result: Result<SealState, UnsealError>)
}

/// Tries passphrases in their turn. Any thread.
final class PassphraseQueue: Sendable {
    private let limit: SourceLimit
    private let state = Locked(State())

    private struct Job {
        let attempt: any PassphraseAttempt
        let tryNow: @Sendable (any PassphraseAttempt) -> Void
    }

    private struct State {
        var line = PassphraseLine<Job>()
        /// Whether the thread is at work. It ends when nobody waits.
        var isWorking = false
        var isStopped = false
        /// The last that was started.
        var thread: Thread?
        /// How long the last attempt took.
        var duration = Duration.seconds(1)

        /// Whole seconds until all that wait have had their turn, and the next has had its.
        var seconds: Int64 {
            let time = duration * (line.count + (isWorking ? 1 : 0))
            return max(time.components.seconds + (time.components.attoseconds > 0 ? 1 : 0), 1)
        }
    }

    /// A source may try five at once, and one more each twelve seconds.
    private static let (burst, cost) = (60, Int64(12))

    /// - Parameter now: seconds; time that goes back gives nothing.
    init(now: @escaping @Sendable () -> Int64) {
        limit = SourceLimit(burst: Self.burst, now: now)
    }

    /// Puts an attempt in line, whose end is told to it unless this throws.
    /// - Parameter tryNow: called on the thread; ends the attempt.
    func add(
        _ attempt: any PassphraseAttempt, trying tryNow: @escaping @Sendable (any PassphraseAttempt) -> Void
    ) throws(UnsealError) {
        var turnedAway: [(attempt: any PassphraseAttempt, retryAfter: Int64)] = []
        defer {
            for other in turnedAway {
                giveBack(other.attempt)
                other.attempt.ended(.failure(.tooManyAttempts(retryAfter: other.retryAfter)))
            }
        }
        try state.withLock { state throws(UnsealError) in
            guard !state.isStopped else { throw .stopping }
            let source = attempt.peer.source
            if let other = state.line.waiting(from: source)?.attempt {
                guard other.isAbandoned else { throw .tooManyAttempts(retryAfter: state.seconds) }
                state.line.remove(from: source)
                turnedAway.append((other, state.seconds))
            }
            try take(for: attempt)
            switch state.line.add(Job(attempt: attempt, tryNow: tryNow), from: attempt.peer) {
            case .admitted: break
            case .displaced(let other): turnedAway.append((other.attempt, state.seconds))
            case .full:
                giveBack(attempt)
                throw .tooManyAttempts(retryAfter: state.seconds)
            }
            guard !state.isWorking else { return }
            do throws(ThreadError) {
                let last = state.thread
                state.thread = try Thread(name: "unseal") { [self] in
                    last?.join()
                    run()
                }
                state.isWorking = true
            } catch {
                // It was the only one in line.
                _ = state.line.next()
                giveBack(attempt)
                throw .schedule
            }
        }
    }

    private func take(for attempt: any PassphraseAttempt) throws(UnsealError) {
        guard attempt.peer.user == nil else { return }
        if let seconds = limit.take(Self.cost, from: attempt.peer.source) {
            throw .tooManyAttempts(retryAfter: seconds)
        }
    }

    /// Gives back what an attempt that was no guess took of its source's bucket.
    func giveBack(_ attempt: any PassphraseAttempt) { limit.giveBack(Self.cost, to: attempt.peer.source) }

    /// Turns away all that wait, and takes no more.
    func refuseFromNow() {
        let waiting = state.withLock { state in
            state.isStopped = true
            var waiting: [any PassphraseAttempt] = []
            while let job = state.line.next() { waiting.append(job.attempt) }
            return waiting
        }
        for attempt in waiting { attempt.ended(.failure(.stopping)) }
    }

    /// As `refuseFromNow`, and returns when the thread has ended.
    func stop() {
        refuseFromNow()
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        thread?.join()
    }

    private func run() {
        while let job = next() {
            let time = ContinuousClock().measure { job.tryNow(job.attempt) }
            state.withLock { $0.duration = time }
        }
    }

    private func next() -> Job? {
        state.withLock { state in
            let next = state.line.next()
            state.isWorking = next != nil
            return next
        }
    }
}
