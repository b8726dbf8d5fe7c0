// The threads that do slow work, and the bounded queue in front of them.

internal import Threading

/// A fixed number of threads. A request that finds the queue full is refused at once, so that waiting stays bounded.
// SAFETY: everything that changes is read and written with `lock` held only.
final class Workers: @unchecked Sendable {
    private struct Job {
        let request: Request
        let loop: EventLoop
    }

    private let handler: any RequestHandler
    private let limit: Int
    private let lock = Lock()
    private let work = Condition()
    private let ended = Condition()
    /// A ring: `count` jobs from `first`.
    private var ring: [Job?]
    private var first = 0
    private var count = 0
    private var stopping = false
    private var running = 0
    private var threads: [Thread] = []

    init(handler: any RequestHandler, queue: Int) {
        self.handler = handler
        limit = queue
        ring = Array(repeating: nil, count: max(queue, 1))
    }

    func start(threads number: Int) throws(ThreadError) {
        for index in 0..<number {
            lock.withLock { running += 1 }
            do {
                threads.append(try Thread(name: "http-worker-\(index)") { self.run() })
            } catch {
                lock.withLock { running -= 1 }
                throw error
            }
        }
    }

    /// Requests that wait.
    var depth: Int { lock.withLock { count } }

    /// Takes `request`, whose answer goes to `loop`. False when the queue is full.
    func submit(_ request: Request, from loop: EventLoop) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard count < limit, !stopping else { return false }
        ring[(first + count) % ring.count] = Job(request: request, loop: loop)
        count += 1
        work.signal()
        return true
    }

    /// Gives back the requests that still wait, without an answer: nobody has the time for them any more.
    func abandonQueue() {
        while let job = lock.withLock({ take() }) {
            job.loop.hand(back: job.request)
        }
    }

    /// Ends the threads and waits for them, `milliseconds` at most. Answers how many would not end; those are left
    /// behind.
    func stop(milliseconds: Int) -> Int {
        lock.lock()
        stopping = true
        work.broadcast()
        let deadline = monotonicMilliseconds() + UInt64(max(milliseconds, 0))
        while running > 0 {
            let now = monotonicMilliseconds()
            guard now < deadline, ended.wait(lock, milliseconds: Int(deadline - now)) || running > 0 else { break }
        }
        let left = running
        let joinable = left == 0 ? threads : []
        threads = []
        lock.unlock()
        for thread in joinable { thread.join() }
        return left
    }

    private func run() {
        while let job = next() {
            switch handler.respond(to: job.request, on: .worker) {
            case .answer(let response): job.request.decide(response)
            // Another thread may have answered it already.
            case .parked: continue
            case .needsWorker: job.request.decide(nil)
            }
            if job.request.isHeld {
                job.request.isHeld = false
                if handler.hold(job.request) { continue }
            }
            job.loop.hand(back: job.request, served: true)
        }
        lock.withLock {
            running -= 1
            ended.signal()
        }
    }

    private func next() -> Job? {
        lock.lock()
        defer { lock.unlock() }
        while true {
            if let job = take() { return job }
            if stopping { return nil }
            work.wait(lock)
        }
    }

    /// With the lock held.
    private func take() -> Job? {
        guard count > 0 else { return nil }
        let job = ring[first]
        ring[first] = nil
        first = (first + 1) % ring.count
        count -= 1
        return job
    }
}
