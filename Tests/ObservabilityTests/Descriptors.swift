// Pipes and sockets for tests, closed with the value.

import Glibc
import Testing
import Threading

/// Two connected descriptors: what is written to one is read from the other.
final class Connection: Sendable {
    let reading: Int32
    let writing: Int32

    /// A pipe.
    init() throws {
        // A closed reader is an error to be counted, as in the server, and not the end of the tests.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
    }

    /// A pair of sockets that keep the pieces apart in which they were written.
    init(keepingPieces: Void) throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// Fills the pipe, so that the next write would wait.
    func fill() {
        let flags = fcntl(writing, F_GETFL)
        _ = fcntl(writing, F_SETFL, flags | O_NONBLOCK)
        let page = [UInt8](repeating: UInt8(ascii: "#"), count: 4095) + [UInt8(ascii: "\n")]
        while write(writing, page, page.count) > 0 {}
        _ = fcntl(writing, F_SETFL, flags)
    }

    /// What one read gives; empty when nothing comes within 10 s.
    func readPiece() -> String {
        String(decoding: readBytes(), as: UTF8.self)
    }

    /// Reads until so many lines have come; fewer when nothing comes for 10 s.
    func readLines(_ count: Int) -> [String] {
        readPieces(lines: count).joined().split(separator: "\n").map(String.init)
    }

    /// The same, as they were read.
    func readPieces(lines count: Int) -> [String] {
        var pieces: [String] = []
        var missing = count
        while missing > 0 {
            let bytes = readBytes()
            if bytes.isEmpty { break }
            for byte in bytes where byte == UInt8(ascii: "\n") { missing -= 1 }
            pieces.append(String(decoding: bytes, as: UTF8.self))
        }
        return pieces
    }

    private func readBytes() -> [UInt8] {
        var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 10_000) > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: 1 << 16) { room, count in
            count = max(read(reading, room.baseAddress, room.count), 0)
        }
    }
}

/// Reads on a thread of its own. Not a task: those share their threads with the tests, which may all be waiting.
final class Reader: Sendable {
    private let thread: Thread
    private let result: Locked<[String]>

    init(_ read: @escaping @Sendable () -> [String]) throws {
        let result = Locked<[String]>([])
        thread = try Thread(name: "reader") {
            let lines = read()
            result.withLock { $0 = lines }
        }
        self.result = result
    }

    /// Waits for what was read. Call it once.
    func lines() -> [String] {
        thread.join()
        return result.withLock { $0 }
    }
}
