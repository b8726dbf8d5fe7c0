// Where log lines go: gathered in memory and written many at a time, so that logging costs a request next to nothing,
// and a reader who does not keep up costs it no more.

internal import Synchronization
public import Threading

/// Lines for one file descriptor.
///
/// Appending copies a line into a bounded buffer, from any thread. A thread of the sink's own writes the buffer out
/// about 10 ms after its first line, or at once when it is half full; with nothing to write, it sleeps. Lines are never
/// torn. Into a pipe they go in pieces that the system writes whole (PIPE_BUF, 4096 bytes), so that other writers to
/// the same pipe cannot cut them either. While the reader does not keep up, the buffer fills, then lines are dropped
/// and counted, and one line says how many as soon as there is room.
///
/// The process must ignore SIGPIPE. Lines that cannot be written (a closed pipe, a full disk) count as dropped.
public final class LogSink: Sendable {
    /// The longest line, with its newline: PIPE_BUF.
    public static let maximumLineBytes = 4096

    public let format: LogFormat
    private let lines: LineBuffer
    private let writer: LineWriter
    private let wakeUp: WakeUp
    private let thread: Thread
    private let closed = Atomic(false)

    /// - Parameters:
    ///   - descriptor: standard error unless given; stays the caller's, and open for as long as the sink is used.
    ///   - capacity: bytes held at most before lines are dropped; as many again may be on their way out.
    public init(
        descriptor: Int32 = 2, format: LogFormat = .text, capacity: Int = 1 << 20
    ) throws(ThreadError) {
        let lines = LineBuffer(format: format, capacity: max(capacity, Self.maximumLineBytes * 2))
        let writer = LineWriter(descriptor: descriptor, lines: lines)
        let wakeUp = WakeUp()
        thread = try Thread(name: "log") { writeLines(writer, wakeUp) }
        self.format = format
        self.lines = lines
        self.writer = writer
        self.wakeUp = wakeUp
    }

    deinit { close() }

    /// Lines that were given up because the buffer was full or could not be written.
    public var droppedLines: Int { lines.dropped }

    /// Appends the line that `compose` makes; it is opened with the time and closed here. `compose` runs with the sink
    /// locked: it must be quick and must not log.
    func append(_ compose: (inout LogLine) -> Void) {
        switch lines.append(compose) {
        case .firstLine: wakeUp.signal(urgent: false)
        case .halfFull: wakeUp.signal(urgent: true)
        case .waiting: break
        }
    }

    /// Writes what has been appended so far, on this thread.
    /// - Returns: false when that took longer than `milliseconds`, because the reader does not read.
    @discardableResult
    public func flush(milliseconds: Int = 1000) -> Bool {
        writer.drain(milliseconds: milliseconds)
    }

    /// Writes what there is, waiting 1 s at most, and ends the sink's thread. Lines appended later are written by
    /// `flush` alone. May be called again.
    public func close() {
        guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        wakeUp.stop()
        thread.join()
        flush()
    }
}

/// The sink's thread. It holds the sink's parts but not the sink, which could not end otherwise.
private func writeLines(_ writer: LineWriter, _ wakeUp: WakeUp) {
    while wakeUp.wait() {
        while !writer.drain(milliseconds: 100) {
            if wakeUp.isStopping { return }
        }
    }
}

/// Tells the sink's thread that there are lines.
private final class WakeUp: Sendable {
    private let lock = Lock()
    private let changed = Condition()
    // Changed with the lock held only; atomic to be read without it, and to need no more than a `let`.
    private let hasLines = Atomic(false)
    private let isUrgent = Atomic(false)
    private let stopping = Atomic(false)

    /// How long lines gather before they are written.
    private static let gatheringMilliseconds = 10

    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func signal(urgent: Bool) {
        lock.withLock {
            hasLines.store(true, ordering: .relaxed)
            if urgent { isUrgent.store(true, ordering: .relaxed) }
            changed.signal()
        }
    }

    func stop() {
        lock.withLock {
            stopping.store(true, ordering: .relaxed)
            changed.signal()
        }
    }

    /// Waits for lines, and for others to join them. False when the sink is closing.
    func wait() -> Bool {
        lock.withLock {
            while !hasLines.load(ordering: .relaxed) && !isStopping { changed.wait(lock) }
            if !isUrgent.load(ordering: .relaxed) && !isStopping {
                _ = changed.wait(lock, milliseconds: Self.gatheringMilliseconds)
            }
            hasLines.store(false, ordering: .relaxed)
            isUrgent.store(false, ordering: .relaxed)
            return !isStopping
        }
    }
}
