// The lines that wait to be written: composed in place, bounded, and counted when there is no room for them.

internal import Synchronization
internal import Threading

/// Lines in memory. Any thread may append; whoever writes them takes them all at once.
final class LineBuffer: Sendable {
    /// Bytes of lines that it holds at most.
    let capacity: Int
    private let format: LogFormat
    private let state: Locked<State>
    private let droppedLines = Atomic(0)

    init(format: LogFormat, capacity: Int) {
        self.format = format
        self.capacity = capacity
        state = Locked(State(lines: Lines(capacity: capacity)))
    }

    private struct State {
        var lines: Lines
        var time = RenderedTime()
        /// Dropped since the buffer was last taken.
        var dropped = 0
    }

    /// What an append means to the thread that writes.
    enum Level {
        case firstLine
        case waiting
        case halfFull
    }

    var dropped: Int { droppedLines.load(ordering: .relaxed) }

    /// Composes a line at the end of the buffer, or drops it where there is no room for the longest.
    func append(_ compose: (inout LogLine) -> Void) -> Level {
        // Outside the lock: the order of lines within a millisecond is no concern, and the lock is everybody's.
        let now = Timestamp.nowWithMilliseconds()
        return state.withLock { state in
            let before = state.lines.count
            guard before + LogSink.maximumLineBytes <= capacity else {
                state.dropped += 1
                droppedLines.wrappingAdd(1, ordering: .relaxed)
                return .waiting
            }
            state.time.set(now.seconds)
            add(now.milliseconds, to: &state, compose)
            if before == 0 { return .firstLine }
            let half = capacity / 2
            return before < half && state.lines.count >= half ? .halfFull : .waiting
        }
    }

    /// Exchanges the lines for `empty`. When lines were dropped, the last one says so: the others would have come after
    /// it.
    func take(_ empty: Lines) -> Lines {
        let now = Timestamp.nowWithMilliseconds()
        return state.withLock { state in
            let dropped = state.dropped
            state.dropped = 0
            if dropped > 0 {
                state.time.set(now.seconds)
                add(now.milliseconds, to: &state) { line in
                    line.positional("level", "warning")
                    line.positional("logger", "log")
                    line.positional("message", "lines were dropped: they came faster than they could be written")
                    line.number("dropped", dropped)
                }
            }
            let taken = state.lines
            state.lines = empty
            return taken
        }
    }

    /// Counts lines that were taken but could not be written.
    func countDropped(_ lines: Int) {
        droppedLines.wrappingAdd(lines, ordering: .relaxed)
        state.withLock { $0.dropped += lines }
    }

    /// There is room for a line.
    private func add(_ milliseconds: Int, to state: inout State, _ compose: (inout LogLine) -> Void) {
        var line = LogLine(room: state.lines.room(LogSink.maximumLineBytes), format: format)
        line.begin(state.time, milliseconds: milliseconds)
        compose(&line)
        line.end()
        state.lines.count += line.count
    }
}

/// Memory for lines, of a fixed size: nothing is copied as lines are added, and the system gives memory only to what is
/// used of it. (Not the `ByteBuffer`, which wipes what it held: nothing secret is ever logged.)
struct Lines {
    private let memory: Memory
    /// Bytes in use.
    var count = 0

    /// - Parameter capacity: of lines; there is room for one more, about those that were dropped.
    init(capacity: Int) {
        memory = Memory(byteCount: capacity + LogSink.maximumLineBytes)
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[..<count]) }

    /// The next so many bytes, fewer at the end.
    func room(_ length: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory.bytes[count..<min(count + length, memory.bytes.count)])
    }

    private final class Memory {
        let bytes: UnsafeMutableRawBufferPointer

        init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 16) }
        deinit { bytes.deallocate() }
    }
}
