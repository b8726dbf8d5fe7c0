// Asynchronous functions called from where nothing is asynchronous: on the calling thread itself, with no pool of threads that it
// would have to wait for.

internal import Threading

/// Runs the jobs of one call. Default actors that the call goes to run here too (SE-0417).
final class CallingThread: TaskExecutor {
    private let jobs = Locked<[UnownedJob]>([])
    private let lock = Lock()
    private let arrived = Condition()

    /// What an asynchronous function gives.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () async -> Value?) -> Value? {
        let executor = CallingThread()
        let result = Locked<(value: Value?, isThere: Bool)>((nil, false))
        Task(executorPreference: executor) {
            let value = await work()
            result.withLock { $0 = (value, true) }
        }
        while !result.withLock({ $0.isThere }) {
            executor.next()?.runSynchronously(on: executor.asUnownedTaskExecutor())
        }
        return result.withLock { $0.value }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        lock.withLock {
            jobs.withLock { $0.append(job) }
            arrived.signal()
        }
    }

    /// Waits for one.
    private func next() -> UnownedJob? {
        lock.withLock {
            while jobs.withLock({ $0.isEmpty }) { arrived.wait(lock) }
            return jobs.withLock { $0.removeFirst() }
        }
    }
}
