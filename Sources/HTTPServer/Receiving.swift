// What arrives, seen before libmicrohttpd reads it (`CReceiving`): the framing of chunked bodies is checked here, and here is
// known which connection the library is at when it refuses a request by itself.

internal import CMicrohttpd
internal import CReceiving
internal import Glibc

extension EventLoop {
    /// On the loop's thread, before it runs the daemon.
    func observeReceiving() {
        // SAFETY: the loop outlives its thread, and no other thread has this observer.
        creceiving_observe(receivedCallback, Unmanaged.passUnretained(self).toOpaque())
    }

    /// False where the connection is to be closed; it has been answered then.
    fileprivate func received(_ bytes: UnsafeRawBufferPointer, _ record: ConnectionRecord.Pointer) -> Bool {
        turn = record
        if record.pointee.memory == nil { record.pointee.memory = UnsafeRawPointer(bytes.baseAddress) }
        record.pointee.unread &+= bytes.count
        guard record.pointee.chunks.isReading else { return true }
        if !bytes.isEmpty, readChunks(bytes, record) { return true }
        refuseBody(of: record)
        return false
    }

    /// Counts a head, which begins at `start`, as read. False where what has come of a chunked body with it is malformed.
    ///
    /// What a connection has received lies from its memory's start on, one request behind the other, so what is not read lies behind
    /// the head.
    func noteHead(of request: Request, from start: UnsafeRawPointer, length: Int, body: BodyFraming) -> Bool {
        let record = request.record
        guard let memory = record.pointee.memory else { return false }
        record.pointee.unread &-= start - memory + length
        switch body {
        case .none: return true
        case .length(let length):
            record.pointee.unread &-= length
            return true
        case .chunked:
            let arrived = record.pointee.unread
            guard (0...settings.configuration.connectionMemory).contains(arrived) else { return false }
            record.pointee.chunks = ChunkFraming(isReading: true)
            return readChunks(UnsafeRawBufferPointer(start: start + length, count: arrived), record)
        }
    }

    /// libmicrohttpd is about to refuse a request by itself: after some errors it sends two heads. What it sends comes too late.
    func answerForLibrary(status: Int) {
        guard (400..<500).contains(status), let turn, let reference = turn.pointee.request else { return }
        // SAFETY: the record has a reference for as long as the request has not ended (Callbacks).
        Unmanaged<Request>.fromOpaque(reference)._withUnsafeGuaranteedRef { request in
            guard request.phase == .target || request.phase == .receiving || request.phase == .swallowing else {
                return
            }
            let reason: Refusal =
                switch status {
                case 413: .bodyTooLarge
                case 414, 431: .headTooLarge
                default: .malformedHead
                }
            _ = answerDirectly(request, refusal(reason, request))
            shutdown(turn.pointee.descriptor, Int32(SHUT_WR))
        }
    }

    private func readChunks(_ bytes: UnsafeRawBufferPointer, _ record: ConnectionRecord.Pointer) -> Bool {
        guard let length = record.pointee.chunks.read(bytes) else { return false }
        record.pointee.unread &-= length
        return true
    }

    private func refuseBody(of record: ConnectionRecord.Pointer) {
        guard let reference = record.pointee.request else { return }
        // SAFETY: as above.
        Unmanaged<Request>.fromOpaque(reference)._withUnsafeGuaranteedRef { request in
            guard request.phase == .receiving || request.phase == .swallowing else { return }
            counters.malformed.bump()
            _ = answerDirectly(request, refusal(.malformedBody, request))
        }
    }
}

private func receivedCallback(
    _ context: UnsafeMutableRawPointer?, _ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ length: Int,
    _ isPlainText: Bool
) -> Bool {
    guard let context, let bytes else { return true }
    // SAFETY: the loop whose thread this is (`observeReceiving`).
    return Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
        // Of a connection with TLS, the encrypted bytes come by here too.
        guard let record = loop.connections[descriptor], (record.pointee.certificate != nil) == isPlainText else {
            return true
        }
        return loop.received(UnsafeRawBufferPointer(start: bytes, count: length), record)
    }
}
