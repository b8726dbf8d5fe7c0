// Writing lines out, without ever waiting for a reader while holding a lock.

internal import Glibc
internal import Threading

/// Writes what a `LineBuffer` holds to a descriptor. Any thread may drain; one at a time writes.
final class LineWriter: Sendable {
    private let descriptor: Int32
    /// A write to it ends when the disk has taken it, with no reader to wait for: pieces can be of any size.
    private let isFile: Bool
    private let lines: LineBuffer
    private let state: Locked<State>

    init(descriptor: Int32, lines: LineBuffer) {
        self.descriptor = descriptor
        self.lines = lines
        state = Locked(State(lines: Lines(capacity: lines.capacity)))
        var status = stat()
        isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private struct State {
        /// Taken from the buffer, written up to `written`.
        var lines: Lines
        var written = 0

        var isWritten: Bool { written >= lines.count }
        var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: lines.bytes[written...]) }
    }

    /// Memory of which more than this was used goes back to the system: it was needed for a burst.
    private static let keptBytes = 256 << 10

    /// Writes all lines appended before the call. False when the reader has not taken them within `milliseconds`.
    func drain(milliseconds: Int) -> Bool {
        let start = Timestamp.monotonicNanoseconds()
        var taken = false
        while true {
            let written = state.withLock { state in
                if state.isWritten {
                    takeLines(&state)
                    taken = true
                }
                return writeWithoutWaiting(&state)
            }
            if written && taken { return true }
            // Else what an earlier call had taken is written, and the lines behind it come next.
            if written { continue }
            let elapsed = Int(clamping: (Timestamp.monotonicNanoseconds() &- start) / 1_000_000)
            guard elapsed < milliseconds else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&entry, 1, Int32(clamping: milliseconds - elapsed))
        }
    }

    private func takeLines(_ state: inout State) {
        if state.lines.count > Self.keptBytes { state.lines = Lines(capacity: lines.capacity) }
        state.lines.count = 0
        state.lines = lines.take(state.lines)
        state.written = 0
    }

    /// True when everything that was taken is written.
    private func writeWithoutWaiting(_ state: inout State) -> Bool {
        while !state.isWritten {
            switch writePiece(state) {
            case .wrote(let count): state.written += count
            case .wouldWait: return false
            case .failed:
                lines.countDropped(newlines(in: state))
                state.written = state.lines.count
            }
        }
        return true
    }

    private enum Outcome {
        case wrote(Int)
        case wouldWait
        case failed
    }

    private func writePiece(_ state: State) -> Outcome {
        let rest = state.rest
        var piece = rest.count
        if !isFile {
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&entry, 1, 0) > 0 else { return .wouldWait }
            // A pipe that is ready for writing has room for PIPE_BUF bytes, and takes so many in one piece.
            piece = wholeLines(rest, atMost: LogSink.maximumLineBytes)
        }
        let written = write(descriptor, rest.baseAddress, piece)
        if written > 0 { return .wrote(written) }
        if written == 0 { return .failed }
        switch errno {
        case EINTR: return .wrote(0)
        case EAGAIN: return .wouldWait
        default: return .failed
        }
    }

    /// How many lines end in what is not written yet.
    private func newlines(in state: State) -> Int {
        state.rest.count { $0 == UInt8(ascii: "\n") }
    }
}

/// The length of as many whole lines as `limit` bytes hold; all there is, up to the limit, where not even one ends.
private func wholeLines(_ bytes: UnsafeRawBufferPointer, atMost limit: Int) -> Int {
    let prefix = bytes.prefix(limit)
    guard prefix.count < bytes.count, let newline = prefix.lastIndex(of: UInt8(ascii: "\n")) else {
        return prefix.count
    }
    return newline - prefix.startIndex + 1
}
