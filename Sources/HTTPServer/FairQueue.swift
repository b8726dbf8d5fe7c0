// A bounded queue in which owners take turns: however much one brings, the next job of another waits for one turn of each.

/// Jobs that wait, a line for each owner. The first job of a line is taken in the owner's turn.
struct FairQueue<Job> {
    /// What became of a job that was brought.
    enum Admission {
        case taken
        /// There is no room, and no owner has more jobs that wait than this one.
        case full
        /// As many jobs of this owner wait as may.
        case ownerFull
        /// It was taken in the place of another: the latest of the owner with the most.
        case displaced(Job)
    }

    private struct Line {
        var jobs = Fifo<Job>()
        /// Jobs that were put back. The two are taken from in turn, so that new ones do not wait for the end of old ones.
        var begun = Fifo<Job>()
        var takesBegun = false
        /// Jobs that were taken and are not done.
        var running = 0
        var isInTurn = false

        var isEmpty: Bool { jobs.count == 0 && begun.count == 0 }

        mutating func removeFirst() -> Job? {
            takesBegun.toggle()
            return takesBegun ? begun.removeFirst() ?? jobs.removeFirst() : jobs.removeFirst() ?? begun.removeFirst()
        }
    }

    let limit: Int
    let ownerLimit: Int
    let ownerRunning: Int
    private(set) var count = 0
    private(set) var running = 0
    private var lines: [Int: Line] = [:]
    /// Owners with a job that may be taken, each once.
    private var turns = Fifo<Int>()

    init(limit: Int, ownerLimit: Int, ownerRunning: Int) {
        self.limit = limit
        self.ownerLimit = ownerLimit
        self.ownerRunning = ownerRunning
    }

    mutating func add(_ job: Job, of owner: Int) -> Admission {
        let waiting = lines[owner]?.jobs.count ?? 0
        guard waiting < ownerLimit else { return count < limit ? .ownerFull : .full }
        var displaced: Job?
        if count >= limit {
            guard let longest = lines.max(by: { $0.value.jobs.count < $1.value.jobs.count }),
                longest.value.jobs.count > waiting + 1
            else { return .full }
            displaced = lines[longest.key]?.jobs.removeLast()
            count -= 1
        }
        lines[owner, default: Line()].jobs.append(job)
        count += 1
        giveTurn(to: owner)
        return displaced.map { .displaced($0) } ?? .taken
    }

    /// Puts back a job that was taken and is not done. One that was begun is never refused.
    mutating func putBack(_ job: Job, of owner: Int) {
        lines[owner, default: Line()].begun.append(job)
        count += 1
        done(owner)
    }

    /// The next job. Whoever takes it says `done`, or puts it back.
    mutating func take() -> Job? {
        guard let owner = turns.removeFirst() else { return nil }
        lines[owner]?.isInTurn = false
        guard let job = lines[owner]?.removeFirst() else { return nil }
        lines[owner]?.running += 1
        running += 1
        count -= 1
        giveTurn(to: owner)
        return job
    }

    mutating func done(_ owner: Int) {
        lines[owner]?.running -= 1
        running -= 1
        if let line = lines[owner], line.isEmpty, line.running <= 0 {
            lines[owner] = nil
        } else {
            giveTurn(to: owner)
        }
    }

    /// Takes out all jobs that wait.
    mutating func removeAll() -> [Job] {
        var jobs: [Job] = []
        for owner in Array(lines.keys) {
            while let job = lines[owner]?.removeFirst() { jobs.append(job) }
            lines[owner]?.isInTurn = false
            if lines[owner]?.running == 0 { lines[owner] = nil }
        }
        turns = Fifo()
        count = 0
        return jobs
    }

    private mutating func giveTurn(to owner: Int) {
        guard let line = lines[owner], !line.isInTurn, !line.isEmpty, line.running < ownerRunning else { return }
        lines[owner]?.isInTurn = true
        turns.append(owner)
    }
}

/// First in, first out.
private struct Fifo<Element> {
    private var elements: [Element?] = []
    private var first = 0

    var count: Int { elements.count - first }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() -> Element? {
        guard first < elements.count else { return nil }
        let element = elements[first]
        elements[first] = nil
        first += 1
        if first == elements.count {
            elements.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 64, first * 2 >= elements.count {
            elements.removeFirst(first)
            first = 0
        }
        return element
    }

    mutating func removeLast() -> Element? {
        guard first < elements.count else { return nil }
        return elements.removeLast()
    }
}
