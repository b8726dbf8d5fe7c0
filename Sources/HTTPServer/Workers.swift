// The threads of one lane, and how a request passes through them: taken in its owner's turn, worked on, and given back to its
// event loop. What nobody waits for any more is not begun, and not gone on with.

internal import CMicrohttpd
internal import Glibc
internal import Threading

// SAFETY: everything that changes is read and written with `lock` held only.
final class Workers: @unchecked Sendable {
    private struct Job {
        let request: Request
        let loop: EventLoop
        /// When it came, in milliseconds.
        let arrived: UInt64
        /// Some of its work is done.
        var isBegun = false
    }

    private let lane: Lane
    private let configuration: LaneConfiguration
    private let handler: any RequestHandler
    private let lock = Lock()
    private let work = Condition()
    private let ended = Condition()
    private var queue: FairQueue<Job>
    /// From when on, in milliseconds, no request is begun or gone on with any more.
    private var end = UInt64.max
    private var isClosed = false
    private var stopping = false
    private var running = 0
    private var turns = 0
    private var refused = 0
    private var abandoned = 0
    private var threads: [Thread] = []
    /// Where a request may go on, by lane. Set before the first request.
    private var lanes: [Workers] = []

    /// A request that waited no longer than this is worked on whatever its client says: it may have shut its sending side
    /// together with its request.
    private static let patience: UInt64 = 100

    init(lane: Lane, configuration: LaneConfiguration, handler: any RequestHandler) {
        self.lane = lane
        self.configuration = configuration
        self.handler = handler
        queue = FairQueue(
            limit: configuration.queue, ownerLimit: configuration.ownerQueue, ownerRunning: configuration.ownerThreads)
    }

    /// - Parameter lanes: all of the server.
    func start(among lanes: [Workers]) throws(ThreadError) {
        lock.withLock { self.lanes = lanes }
        for index in 0..<configuration.threads {
            lock.withLock { running += 1 }
            do {
                threads.append(
                    try Thread(name: "\(configuration.name)-\(index)", niceness: configuration.niceness) {
                        self.run()
                    })
            } catch {
                lock.withLock { running -= 1 }
                throw error
            }
        }
    }

    var statistics: LaneStatistics {
        lock.withLock {
            LaneStatistics(
                name: configuration.name, waiting: queue.count, working: queue.running, turns: turns,
                refused: refused, abandoned: abandoned)
        }
    }

    /// Takes `request`, whose answer goes to `loop`. Nil where it was taken, else why not.
    func submit(_ request: Request, from loop: EventLoop) -> Refusal? {
        let job = Job(request: request, loop: loop, arrived: monotonicMilliseconds())
        let owner = request.owner.number
        lock.lock()
        if isClosed {
            lock.unlock()
            return .stopping
        }
        let admission = queue.add(job, of: owner)
        switch admission {
        case .taken, .displaced: work.signal()
        case .full, .ownerFull: break
        }
        if case .taken = admission {} else { refused += 1 }
        lock.unlock()
        switch admission {
        case .taken: return nil
        case .full: return .overloaded
        case .ownerFull: return .tooManyWaiting
        case .displaced(let other):
            finish(other, with: handler.response(to: .tooManyWaiting, of: other.request))
            return nil
        }
    }

    /// Sets when to begin nothing any more, so that what is under way is over at `deadline`.
    func stopBeginning(before deadline: UInt64, seconds: Int) {
        let reserve = UInt64(min(max(configuration.longestWork, 0), seconds * 1000))
        lock.withLock { end = deadline - min(reserve, deadline) }
    }

    /// Where the time for that has come, refuses what waits.
    func closeIfDue(_ now: UInt64) {
        let waiting = lock.withLock {
            guard now >= end, !isClosed else { return [Job]() }
            isClosed = true
            return queue.removeAll()
        }
        for job in waiting { give(up: job, because: .stopping) }
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
        // They hold each other.
        lanes = []
        lock.unlock()
        for thread in joinable { thread.join() }
        return left
    }

    // MARK: The lane's threads

    private func run() {
        while let job = next() { work(on: job) }
        lock.withLock {
            running -= 1
            ended.signal()
        }
    }

    private func work(on job: Job) {
        let owner = job.request.owner.number
        if let reason = reasonToStop(job) {
            give(up: job, because: reason)
        } else {
            switch handler.respond(to: job.request, on: .worker(lane)) {
            case .answer(let response): finish(job, with: response)
            // Another thread may have answered it already.
            case .parked: break
            case .unfinished:
                if putBack(job) { return }
                give(up: job, because: .stopping)
            case .needsWorker(let other):
                let workers = lock.withLock { lanes.indices.contains(other.index) ? lanes[other.index] : nil }
                let refusal = other == lane ? nil : workers?.submit(job.request, from: job.loop)
                if let reason = other == lane || workers == nil ? .noAnswer : refusal {
                    finish(job, with: handler.response(to: reason, of: job.request))
                }
            }
        }
        lock.withLock {
            queue.done(owner)
            if queue.count > 0 { work.signal() }
        }
    }

    private func next() -> Job? {
        lock.lock()
        defer { lock.unlock() }
        while true {
            if let job = queue.take() {
                turns += 1
                return job
            }
            if stopping { return nil }
            work.wait(lock)
        }
    }

    /// Puts a request whose work is not done behind those of others. False where it may not go on.
    private func putBack(_ job: Job) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard !isClosed else { return false }
        var job = job
        job.isBegun = true
        queue.putBack(job, of: job.request.owner.number)
        work.signal()
        return true
    }

    /// Why nobody waits for a request's answer, if so.
    private func reasonToStop(_ job: Job) -> Refusal? {
        if lock.withLock({ isClosed }) { return .stopping }
        let mayHaveLeft =
            configuration.endsWithClient && (job.isBegun || monotonicMilliseconds() - job.arrived > Self.patience)
        return job.request.isClientGone(whenSilent: mayHaveLeft) ? .clientGone : nil
    }

    private func give(up job: Job, because reason: Refusal) {
        lock.withLock { abandoned += 1 }
        finish(job, with: handler.response(to: reason, of: job.request))
    }

    private func finish(_ job: Job, with response: Response) {
        let request = job.request
        request.decide(response)
        if request.isHeld {
            request.isHeld = false
            if handler.hold(request) { return }
        }
        job.loop.hand(back: request)
    }
}

extension Request {
    /// Whether the client's connection is gone; of one that is suspended, so that its descriptor stays what it is.
    /// - Parameter whenSilent: whether it is gone where the client will send no more.
    fileprivate func isClientGone(whenSilent: Bool) -> Bool {
        var polled = pollfd(fd: record.pointee.descriptor, events: whenSilent ? endOfInput : 0, revents: 0)
        return poll(&polled, 1, 0) > 0
    }
}

/// POLLRDHUP, which is hidden from Swift. Told also where bytes that nobody has read stand before the end.
private let endOfInput: Int16 = 0x2000
