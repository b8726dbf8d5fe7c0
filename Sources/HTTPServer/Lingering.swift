// Connections that are closed on our side while their client may still be sending. Closed for good at once, the kernel
// would answer what comes in with a reset, and a reset destroys the answer that the client has not read yet (RFC 9112,
// section 9.6): so what comes is read and dropped for a while.

internal import CMicrohttpd
internal import Glibc

/// The lingering sockets of one event loop, each a duplicate of one that libmicrohttpd has shut for writing.
struct Lingering {
    private struct Socket {
        let descriptor: Int32
        let deadline: UInt64
        var quietSince: UInt64
        var bytesLeft: Int
    }

    private var sockets: [Socket] = []
    private let limit: Int
    private let milliseconds: UInt64 = 30_000
    private let quietMilliseconds: UInt64 = 5_000
    private let bytes = 128 << 20
    /// Reads in one turn of the loop, for all of them: it has others to serve. Each begins where the last one ended.
    private let readsInTurn = 32
    private var first = 0

    /// - Parameter limit: descriptors that are kept free for it.
    init(limit: Int) {
        self.limit = limit
    }

    var isEmpty: Bool { sockets.isEmpty }
    /// To be polled for reading.
    var descriptors: [Int32] { sockets.map(\.descriptor) }

    /// Keeps the connection of `descriptor` open although its owner is about to close it. Nothing happens where there
    /// are too many already.
    mutating func keep(_ descriptor: Int32, now: UInt64) -> Bool {
        guard sockets.count < limit else { return false }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return false }
        shutdown(copy, Int32(SHUT_WR))
        sockets.append(
            Socket(descriptor: copy, deadline: now + milliseconds, quietSince: now, bytesLeft: bytes))
        return true
    }

    /// Drops what has arrived, and closes what has ended or had its time. True when any was closed.
    mutating func service(now: UInt64, scratch: UnsafeMutableRawBufferPointer) -> Bool {
        let before = sockets.count
        var reads = readsInTurn
        var left = before
        var position = first < before ? first : 0
        while left > 0 {
            left -= 1
            if position >= sockets.count { position = 0 }
            if drop(&sockets[position], now: now, scratch: scratch, reads: &reads) {
                position += 1
            } else {
                close(sockets[position].descriptor)
                sockets.swapAt(position, sockets.count - 1)
                sockets.removeLast()
            }
            if reads == 0 { break }
        }
        first = position
        return sockets.count != before
    }

    mutating func closeAll() {
        for socket in sockets { close(socket.descriptor) }
        sockets.removeAll()
    }

    /// False when the socket is to be closed.
    private func drop(
        _ socket: inout Socket, now: UInt64, scratch: UnsafeMutableRawBufferPointer, reads: inout Int
    ) -> Bool {
        for _ in 0..<min(reads, 8) {
            reads -= 1
            let length = recv(socket.descriptor, scratch.baseAddress, scratch.count, Int32(MSG_DONTWAIT))
            if length > 0 {
                // It may hold a part of a body.
                if let start = scratch.baseAddress { explicit_bzero(start, length) }
                socket.quietSince = now
                socket.bytesLeft -= length
                if socket.bytesLeft < 0 { return false }
                continue
            }
            if length == 0 || (errno != EAGAIN && errno != EINTR) { return false }
            break
        }
        return now < socket.deadline && now < socket.quietSince + quietMilliseconds
    }
}
