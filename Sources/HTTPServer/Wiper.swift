// Large buffers are wiped and freed on a thread of their own: at the end of an upload of 32 MiB that would hold up every
// client of the event loop for milliseconds.

internal import Bytes
internal import Threading

/// Takes buffers that nobody uses any more. Any thread.
// SAFETY: everything that changes is read and written with `lock` held only.
final class Wiper: @unchecked Sendable {
    private let lock = Lock()
    private let work = Condition()
    private var buffers: [ByteBuffer] = []
    /// Bytes that wait, and those that the thread is at.
    private var waiting = 0
    private var stopping = false
    private var thread: Thread?

    /// A smaller buffer is wiped sooner than it is handed over.
    static let small = 128 << 10
    /// Whoever brings more than may wait wipes it himself.
    private static let limit = 96 << 20

    func start() throws(ThreadError) {
        thread = try Thread(name: "wiper") { self.run() }
    }

    /// Wipes a buffer and gives its memory back, now or soon.
    func discard(_ buffer: ByteBuffer) {
        let isTaken = buffer.capacity > Self.small && hand(over: buffer)
        if !isTaken { buffer.discard() }
    }

    /// Ends the thread when it has wiped what it has.
    func stop() {
        lock.lock()
        stopping = true
        work.signal()
        let thread = self.thread
        self.thread = nil
        lock.unlock()
        thread?.join()
    }

    private func hand(over buffer: ByteBuffer) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard thread != nil, !stopping, waiting + buffer.capacity <= Self.limit else { return false }
        waiting += buffer.capacity
        buffers.append(buffer)
        work.signal()
        return true
    }

    private func run() {
        while true {
            lock.lock()
            while buffers.isEmpty, !stopping { work.wait(lock) }
            let taken = buffers
            buffers = []
            lock.unlock()
            if taken.isEmpty { return }
            for buffer in taken {
                let length = buffer.capacity
                buffer.discard()
                lock.withLock { waiting -= length }
            }
        }
    }
}
