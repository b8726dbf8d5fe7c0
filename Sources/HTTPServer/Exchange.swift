// One request and its answer, step by step, on the event loop's thread.
//
//   target -> receiving -> answered                  the common way
//             receiving -> working -> answered       through a worker
//             swallowing -> answered                 refused by its head; its body is read and dropped
//
// A refusal waits for a small body to pass, so that the connection can serve the next request. A large one is answered
// at once and the connection closed, lingering (`Lingering`), so that the answer is read.

internal import Bytes
internal import CMicrohttpd
internal import Glibc
internal import Synchronization

/// From here on a chunked body is not grown by doubling any more.
private let largeBody = 1 << 20

extension EventLoop {
    func makeRequest(
        _ target: UnsafePointer<CChar>, _ connection: OpaquePointer, _ record: ConnectionRecord.Pointer
    ) -> Request {
        let began = monotonicNanoseconds()
        record.pointee.state = .receiving
        record.pointee.progressed = true
        record.pointee.deadline = began / 1_000_000 + UInt64(settings.configuration.requestSeconds) * 1000
        counters.requests.bump()
        counters.inFlight.bump()
        record.pointee.peeked = false
        let request = Request(
            id: identifiers.make(), target: target, connection: connection, record: record, loop: self,
            began: began)
        if request.targetLength + 64 * request.arguments > settings.configuration.connectionMemory - answerReserve {
            // libmicrohttpd is about to take the query apart into records that will not fit, and to lose its way.
            _ = answerDirectly(request, refusal(.headTooLarge, request))
            shutdown(record.pointee.descriptor, Int32(SHUT_WR))
            counters.malformed.bump()
        }
        return request
    }

    /// The head has arrived.
    func begin(
        _ request: Request, _ connection: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) -> MHD_Result {
        request.method = Method(method)
        let verdict = checkHead(
            of: request, connection: connection, method: method, version: version,
            memory: settings.configuration.connectionMemory)
        guard case .sound(let framing, let expectsContinue, let headLength) = verdict else {
            counters.malformed.bump()
            if case .tooLarge = verdict { return answerDirectly(request, refusal(.headTooLarge, request)) }
            return answerDirectly(request, refusal(.malformedHead, request))
        }
        guard noteHead(of: request, from: method, length: headLength, body: framing) else {
            counters.malformed.bump()
            return answerDirectly(request, refusal(.malformedBody, request))
        }
        request.known = true
        switch framing {
        case .none: request.announcedBody = 0
        case .length(let length): request.announcedBody = length
        case .chunked: request.announcedBody = nil
        }
        switch settings.handler.begin(request) {
        case .refuse(let response):
            request.decided = response
        case .readBody(let maximum, let workCopies):
            request.workCopies = workCopies
            // What one client may take in all bounds its largest body too.
            request.bodyBytes = max(min(maximum, settings.requestMemory.share / (1 + workCopies)), 0)
            if let length = request.announcedBody {
                if length > request.bodyBytes {
                    request.decided = refusal(.bodyTooLarge, request)
                } else if let reason = room(forBody: length, of: request) {
                    request.decided = refusal(reason, request)
                }
            }
        }
        guard request.decided != nil else {
            request.phase = .receiving
            return .YES
        }
        let length = request.announcedBody ?? (expectsContinue ? Int.max : 0)
        if length == 0 || (length <= swallowLimit && !expectsContinue) {
            request.phase = .swallowing
            request.bodyBytes = 0
            return .YES
        }
        request.record.pointee.linger = true
        return answerDecided(request, connection)
    }

    /// A piece of the body has arrived.
    func take(_ piece: UnsafeRawBufferPointer, of request: Request, _ connection: OpaquePointer) -> MHD_Result {
        request.record.pointee.progressed = true
        counters.bytesReceived.bump(piece.count)
        if request.phase == .swallowing { return swallow(piece.count, of: request) }
        if piece.count > request.bodyBytes {
            return swallow(piece.count, of: request, answering: .bodyTooLarge)
        }
        let body: ByteBuffer
        if let received = request.received {
            body = received
        } else {
            // All of what was announced, which is counted already; pages that nothing is written to cost nothing.
            body = ByteBuffer(minimumCapacity: request.announcedBody ?? piece.count)
            request.received = body
        }
        if request.announcedBody == nil,
            let reason = room(toGrowTo: body.count + piece.count, of: request)
        {
            return swallow(piece.count, of: request, answering: reason)
        }
        // Small ones grow by doubling. Growing a large one would copy and wipe it: it gets room for all that may come, of
        // which what is not written to costs nothing.
        if body.capacity >= largeBody, body.capacity - body.count < piece.count { body.reserve(request.bodyBytes) }
        request.bodyBytes -= piece.count
        body.append(piece)
        return .YES
    }

    /// The whole request has arrived.
    func complete(_ request: Request, _ connection: OpaquePointer) -> MHD_Result {
        if request.phase == .swallowing { return answerDecided(request, connection) }
        switch settings.handler.respond(to: request, on: .eventLoop) {
        case .answer(let response):
            request.decide(response)
            return answerDecided(request, connection)
        case .needsWorker(let lane):
            guard settings.lanes.indices.contains(lane.index) else { break }
            request.phase = .working
            // From here on a worker may have it; it comes back through the inbox, which this thread reads later.
            if let reason = settings.lanes[lane.index].submit(request, from: self) {
                request.decide(refusal(reason, request))
                return answerDecided(request, connection)
            }
            suspend(connection, request.record)
            return .YES
        case .parked:
            request.phase = .working
            suspend(connection, request.record)
            return .YES
        case .unfinished: break
        }
        request.decide(refusal(.noAnswer, request))
        return answerDecided(request, connection)
    }

    /// The connection has been resumed.
    func finishWork(_ request: Request, _ connection: OpaquePointer) -> MHD_Result {
        if request.answerLost {
            request.answerLost = false
            request.decided = refusal(.answerLost, request)
        }
        if request.decided == nil, request.decidedRefusal == nil { request.decided = refusal(.noAnswer, request) }
        return answerDecided(request, connection)
    }

    /// The answer has been sent, or the connection is lost.
    func end(_ request: Request, complete: Bool) {
        let now = monotonicNanoseconds()
        let record = request.record
        record.pointee.state = .waiting
        record.pointee.peeked = false
        record.pointee.request = nil
        record.pointee.deadline = waitingDeadline(from: now / 1_000_000)
        if request.ownTimeout, let connection = request.connection {
            sr_mhd_set_timeout(connection, UInt32(clamping: settings.configuration.idleSeconds))
        }
        if !complete {
            // libmicrohttpd may have answered by itself.
            record.pointee.linger = true
            if !request.answeredDirectly { request.status = 0 }
        }
        giveBackMemory(of: request)
        request.end(wiper: settings.wiper)
        counters.inFlight.bump(-1)
        if draining {
            if request.status != 0 { finishedAtDrain += 1 }
            if !record.pointee.linger { shutdown(record.pointee.descriptor, Int32(SHUT_RD)) }
        }
        if request.known {
            settings.handler.finished(
                request, status: request.status, responseBytes: request.status == 0 ? 0 : request.responseBytes,
                microseconds: Int((now &- request.began) / 1000))
        }
    }
}
