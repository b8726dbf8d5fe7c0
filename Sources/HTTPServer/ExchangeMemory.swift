// What an exchange counts against the server's memory: an estimate before the work, the answer after it, nothing when
// it is over.

internal import Bytes
internal import Synchronization

extension EventLoop {
    /// Takes room for a body that is about to arrive and for the work on it. Nil where there is room.
    func room(forBody length: Int, of request: Request) -> Refusal? {
        guard length > 0 else { return nil }
        let memory = settings.requestMemory
        if memory.isCrowded, let refusal = memory.refusal(for: request.owner) { return refusal }
        guard length > RequestMemory.free else { return countSmall(length, of: request) ? nil : .overloaded }
        return request.reserve(length * (1 + request.workCopies))
    }

    /// The same for a chunked body, as it grows to `length`.
    func room(toGrowTo length: Int, of request: Request) -> Refusal? {
        if length <= RequestMemory.free {
            // All that it may become before it is counted as a large one.
            if request.smallMemory > 0 { return nil }
            return room(forBody: RequestMemory.free, of: request)
        }
        // Growing moves it: for a moment it is there twice.
        let needed = length * (1 + max(request.workCopies, 1))
        return needed <= request.reserved ? nil : request.reserve(needed + min(needed, 1 << 20))
    }

    /// Counts `bytes` of a small request or answer. False where there is no room, unless it is counted `always`.
    func countSmall(_ bytes: Int, of request: Request, always: Bool = false) -> Bool {
        let after = counters.smallMemory.load(ordering: .relaxed) &+ bytes
        if after > smallAllowance {
            let lots = (after - smallAllowance + settings.requestMemory.lot - 1) / settings.requestMemory.lot
            let more = lots * settings.requestMemory.lot
            guard settings.requestMemory.changeLots(by: more, always: always) else { return false }
            smallAllowance += more
        }
        counters.smallMemory.store(after, ordering: .relaxed)
        request.smallMemory &+= bytes
        return true
    }

    /// Gives back all that a request counted.
    func giveBackMemory(of request: Request) {
        request.giveBackReserved()
        guard request.smallMemory > 0 else { return }
        counters.smallMemory.bump(-request.smallMemory)
        request.smallMemory = 0
        let lot = settings.requestMemory.lot
        if smallAllowance - counters.smallMemory.load(ordering: .relaxed) >= 2 * lot {
            smallAllowance -= lot
            _ = settings.requestMemory.changeLots(by: -lot)
        }
    }
}

extension Request {
    /// Takes room for `total` bytes, which the body and the work on it are about to use in all. Nil where there is room, or
    /// was taken before; else the refusal that is to be answered, with nothing done. On the thread that has the request.
    public func reserve(_ total: Int) -> Refusal? {
        guard total > max(reserved, RequestMemory.free) else { return nil }
        // Nobody could ever have so much, and waiting would not help.
        if total > memory.share { return .bodyTooLarge }
        if let refusal = memory.take(total - reserved, for: owner) { return refusal }
        reserved = total
        return nil
    }

    /// Takes on an answer. From here on it alone is counted, and a large body is dropped: a client that reads slowly
    /// holds no more than what it has to read.
    func decide(_ response: Response?) {
        decided = response
        guard let response else { return }
        let size = response.body.capacity > RequestMemory.free ? response.body.capacity : 0
        guard size > 0 || reserved > 0 else { return }
        received?.discard()
        let more = size - reserved
        if more > 0, method == .get || method == .head {
            // Nothing was changed by it, so that it may as well be refused.
            if let refusal = memory.take(more, for: owner) {
                decided = nil
                decidedRefusal = refusal
                return
            }
        } else if more != 0 {
            memory.count(more, for: owner)
        }
        reserved = size
    }

    func giveBackReserved() {
        guard reserved > 0 else { return }
        memory.count(-reserved, for: owner)
        reserved = 0
    }
}
