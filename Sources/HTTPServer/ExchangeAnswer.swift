// The end of an exchange: how its answer, or a refusal, gets on its way.

internal import Bytes
internal import CMicrohttpd
internal import Glibc
internal import Synchronization

/// Bodies of refused requests are read to their end up to this many bytes.
let swallowLimit = 64 << 10

extension EventLoop {
    /// Asks the handler what to say.
    func refusal(_ refusal: Refusal, _ request: Request) -> Response {
        request.known = true
        switch refusal {
        case .overloaded: counters.overloaded.bump()
        case .overShare: counters.overShare.bump()
        default: break
        }
        return settings.handler.response(to: refusal, of: request)
    }

    /// Gives `request.decided` to libmicrohttpd, or, where it is held, once it is let go.
    func answerDecided(_ request: Request, _ connection: OpaquePointer) -> MHD_Result {
        if request.isHeld {
            request.isHeld = false
            let record = request.record
            request.phase = .working
            // From here on another thread may let it go; that comes through the inbox, which this thread reads later.
            if settings.handler.hold(request) {
                suspend(connection, record)
                return .YES
            }
        }
        if let reason = request.decidedRefusal {
            request.decidedRefusal = nil
            request.decided = refusal(reason, request)
        }
        let decided = request.decided
        request.decided = nil
        guard let decided else { return .NO }
        if queue(decided, for: request, connection) { return .YES }
        // It cannot be sent as it is. If what the handler says to that cannot either, there is nothing left to say.
        return queue(refusal(.noAnswer, request), for: request, connection) ? .YES : .NO
    }

    /// Leaves the connection alone until its request comes back through the inbox.
    func suspend(_ connection: OpaquePointer, _ record: ConnectionRecord.Pointer) {
        record.pointee.state = .working
        record.pointee.deadline = 0
        MHD_suspend_connection(connection)
        counters.suspended.bump()
    }

    /// Answers past libmicrohttpd, and has it close the connection. It goes at once, also where it was to be held: it is a refusal
    /// of what has not ended.
    func answerDirectly(_ request: Request, _ response: Response) -> MHD_Result {
        let record = request.record
        record.pointee.linger = true
        request.phase = .answered
        if sendDirectly(
            response, id: request.id, withBody: request.method != .head, to: record.pointee.descriptor,
            session: request.connection.flatMap(sr_mhd_session))
        {
            request.answeredDirectly = true
            request.status = response.status
            request.responseBytes = response.body.count
            counters.bytesSent.bump(response.body.count)
        }
        return .NO
    }

    /// Drops `bytes` of the body; with a refusal, begins to. Gives up on bodies that go on and on.
    func swallow(_ bytes: Int, of request: Request, answering reason: Refusal? = nil) -> MHD_Result {
        if let reason {
            request.decided = refusal(reason, request)
            request.phase = .swallowing
            request.bodyBytes = 0
            request.dropBody(wiper: settings.wiper)
            request.giveBackReserved()
        }
        request.bodyBytes += bytes
        guard request.bodyBytes > swallowLimit, request.announcedBody == nil, let decided = request.decided else {
            return .YES
        }
        return answerDirectly(request, decided)
    }

    private static let largeAnswer = 1 << 20

    /// libmicrohttpd gives the system all that is left of an answer, which copies as much as its buffer takes: left to
    /// itself that becomes megabytes.
    private func boundSendBuffer(_ descriptor: Int32) {
        var bytes: Int32 = 256 << 10
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    private func queue(_ response: Response, for request: Request, _ connection: OpaquePointer) -> Bool {
        let size = response.body.capacity
        if size <= RequestMemory.free { _ = countSmall(size, of: request, always: true) }
        guard
            let answer = libraryResponse(for: response, id: request.id, closing: draining, wiper: settings.wiper)
        else { return false }
        defer { MHD_destroy_response(answer) }
        let record = request.record
        let now = monotonicMilliseconds()
        if response.body.count > Self.largeAnswer { boundSendBuffer(record.pointee.descriptor) }
        guard MHD_queue_response(connection, UInt32(truncatingIfNeeded: response.status), answer) == .YES else {
            return false
        }
        record.pointee.state = .answering
        record.pointee.deadline = now + UInt64(settings.configuration.responseSeconds) * 1000
        request.phase = .answered
        request.status = response.status
        request.responseBytes = response.body.count
        counters.bytesSent.bump(response.body.count)
        return true
    }
}
