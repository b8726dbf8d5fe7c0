// What libmicrohttpd calls, on the event loop's thread: each finds its loop and its request, and hands on.

internal import CMicrohttpd
internal import Glibc
internal import Network
internal import Synchronization
internal import TLS

// SAFETY, for all of these: `context` is the loop that started the daemon, alive while the daemon is (EventLoop). A
// connection's `socket_context` is its record, from the notice of its start to that of its end. A request's context is
// the reference that `targetCallback` made and the record repeats; `completedCallback` takes it over, or, where that is
// not called, the notice of the connection's end does.

/// The request line has arrived: makes the request.
func targetCallback(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context, let connection, let record = sr_mhd_context(connection), let target else { return nil }
    // SAFETY: see above.
    return Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
        let record = record.assumingMemoryBound(to: ConnectionRecord.self)
        loop.turn = record
        let request = loop.makeRequest(target, connection, record)
        // SAFETY: see above.
        let reference = Unmanaged.passRetained(request).toOpaque()
        record.pointee.request = reference
        return reference
    }
}

/// The head has arrived, a piece of the body, or all of it.
func requestCallback(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ target: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ data: UnsafePointer<CChar>?,
    _ length: UnsafeMutablePointer<Int>?, _ requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let connection, let method, let version, let length,
        let requestContext = requestContext?.pointee
    else { return .NO }
    // SAFETY: see above.
    return Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
        // SAFETY: see above.
        Unmanaged<Request>.fromOpaque(requestContext)._withUnsafeGuaranteedRef { request in
            switch request.phase {
            case .target:
                return loop.begin(request, connection, method: method, version: version)
            case .receiving, .swallowing:
                guard length.pointee > 0 else { return loop.complete(request, connection) }
                let piece = UnsafeRawBufferPointer(start: data, count: length.pointee)
                length.pointee = 0
                return loop.take(piece, of: request, connection)
            case .working:
                return loop.finishWork(request, connection)
            case .answered:
                return .NO
            }
        }
    }
}

/// The request has ended, answered or not.
func completedCallback(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    guard let context, let requestContext, let reference = requestContext.pointee else { return }
    requestContext.pointee = nil
    end(reference, in: context, complete: reason == .REQUEST_TERMINATED_COMPLETED_OK)
}

/// A connection begins or ends.
func connectionCallback(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ notice: MHD_ConnectionNotificationCode
) {
    guard let context, let connection, let socketContext else { return }
    // SAFETY: see above.
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
        if notice == .CONNECTION_NOTIFY_STARTED {
            loop.isConnectionKnown = true
            let session = sr_mhd_session(connection)
            let certificate = session.flatMap { loop.settings.configuration.tls?.accept($0) }
            // Without, its handshake fails, and libmicrohttpd closes it.
            if session != nil, certificate == nil { shutdown(sr_mhd_socket(connection), Int32(SHUT_RDWR)) }
            socketContext.pointee = UnsafeMutableRawPointer(
                loop.connections.insert(
                    descriptor: sr_mhd_socket(connection), peer: peer(of: connection), certificate: certificate,
                    deadline: loop.waitingDeadline(from: monotonicMilliseconds())))
        } else if let record = socketContext.pointee?.assumingMemoryBound(to: ConnectionRecord.self) {
            socketContext.pointee = nil
            // After some errors of its own it forgets to tell of the request's end.
            if let reference = record.pointee.request {
                // SAFETY: see above. The library has this connection on none of its lists any more.
                Unmanaged<Request>.fromOpaque(reference)._withUnsafeGuaranteedRef { $0.ownTimeout = false }
                end(reference, in: context, complete: false)
            }
            loop.lingerIfNeeded(record)
            loop.settings.admission.leave(record.pointee.peer.source)
            if loop.turn == record { loop.turn = nil }
            loop.connections.remove(record)
            loop.counters.open.wrappingSubtract(1, ordering: .relaxed)
        }
    }
}

private func end(_ reference: UnsafeMutableRawPointer, in context: UnsafeMutableRawPointer, complete: Bool) {
    // SAFETY: see above; `EventLoop.end` clears the record's copy of the reference, so that this happens once.
    let request = Unmanaged<Request>.fromOpaque(reference).takeRetainedValue()
    // SAFETY: see above.
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.end(request, complete: complete) }
}

/// The library says something. Only the text it would fill in is safe to repeat: what it fills in comes from requests.
func logCallback(_ context: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?) {
    guard let context, let format else { return }
    // SAFETY: see above; libmicrohttpd may also speak while it starts, and the loop is alive then too.
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.libraryMessage(format, arguments) }
}

/// Leaves a target's escapes as they are: what they mean is for the router to say.
func unescapeCallback(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?
) -> Int {
    text.map { strlen($0) } ?? 0
}
