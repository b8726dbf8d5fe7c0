// The lines that wait to be written: composed in place, bounded, and counted when there is no room for them.

internal import Bytes
internal import Synchronization
internal import Threading

/// Lines in memory. Any thread may append; whoever writes them takes them all at once.
final class LineBuffer: Sendable {
    private let format: LogFormat
    private let capacity: Int
    private let state = Locked(State())
    private let droppedLines = Atomic(0)

    init(format: LogFormat, capacity: Int) {
        self.format = format
        self.capacity = capacity
    }

    private struct State {
        var bytes = ByteBuffer(minimumCapacity: 16 << 10)
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
            let before = state.bytes.count
            guard before + LogSink.maximumLineBytes <= capacity else {
                state.dropped += 1
                droppedLines.wrappingAdd(1, ordering: .relaxed)
                return .waiting
            }
            state.time.set(now.seconds)
            add(now.milliseconds, to: &state, compose)
            if before == 0 { return .firstLine }
            let half = capacity / 2
            return before < half && state.bytes.count >= half ? .halfFull : .waiting
        }
    }

    /// Exchanges the lines for `empty`, which is empty. When lines were dropped, the last one says so: the others would
    /// have come after it.
    func take(_ empty: ByteBuffer) -> ByteBuffer {
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
            let taken = state.bytes
            state.bytes = empty
            return taken
        }
    }

    /// Counts lines that were taken but could not be written.
    func countDropped(_ lines: Int) {
        droppedLines.wrappingAdd(lines, ordering: .relaxed)
        state.withLock { $0.dropped += lines }
    }

    private func add(_ milliseconds: Int, to state: inout State, _ compose: (inout LogLine) -> Void) {
        let time = state.time
        state.bytes.append(room: LogSink.maximumLineBytes) { room in
            var line = LogLine(room: room, format: format)
            line.begin(time, milliseconds: milliseconds)
            compose(&line)
            line.end()
            return line.count
        }
    }
}
