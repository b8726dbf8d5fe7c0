// From a `Response` value to bytes on the wire: through libmicrohttpd, or, where that cannot answer any more, by hand.

internal import Bytes
internal import CMicrohttpd
internal import Glibc
internal import TLS

/// A libmicrohttpd response that owns `response.body` from here on, or nil where it cannot be sent as it is: a header
/// that is not one, or too much of them, or a status that is none.
func libraryResponse(for response: Response, id: RequestID, closing: Bool, wiper: Wiper) -> OpaquePointer? {
    guard (200...599).contains(response.status) else { return nil }
    let body = response.body
    let owned: UnsafeMutableRawPointer
    let release: @convention(c) (UnsafeMutableRawPointer?) -> Void
    if body.capacity > Wiper.small {
        // SAFETY: as below.
        owned = Unmanaged.passRetained(LargeBody(bytes: body, wiper: wiper)).toOpaque()
        release = releaseLargeBody
    } else {
        // SAFETY: the buffer is kept alive by this reference until libmicrohttpd calls the callback, once, when the
        // response is destroyed; nobody else changes it meanwhile, since giving a response away gives its body away.
        owned = Unmanaged.passRetained(body).toOpaque()
        release = releaseBody
    }
    guard
        let result = response.status == 304
            ? sr_mhd_response_without_length(owned, release)
            : MHD_create_response_from_buffer_with_free_callback_cls(body.count, body.start, release, owned)
    else {
        release(owned)
        return nil
    }
    let accepted = withUnsafeTemporaryAllocation(byteCount: headerLinesCapacity, alignment: 8) { room in
        guard let length = writeHeaderLines(of: response, id: id, to: room) else { return false }
        return sr_mhd_add_header_lines(result, "X-Request-Id", room.baseAddress, length) == 1
    }
    if accepted, !closing || MHD_add_response_header(result, "Connection", "close") == .YES { return result }
    MHD_destroy_response(result)
    return nil
}

/// Writes an answer to the socket directly, for when libmicrohttpd would not take one: in the middle of a body, or when
/// the connection's memory is used up. It says that the connection closes, and the caller sees to that. False when not
/// all of it could be written at once; such answers are small and nothing is before them.
func sendDirectly(
    _ response: Response, id: RequestID, withBody: Bool, to descriptor: Int32, session: UnsafeMutableRawPointer?
) -> Bool {
    let text = ByteBuffer(minimumCapacity: 1024 + response.body.count)
    text.append("HTTP/1.1 ")
    text.append(decimal: response.status)
    text.append(" ")
    if let reason = MHD_get_reason_phrase_for(UInt32(truncatingIfNeeded: response.status)) {
        text.append(UnsafeRawBufferPointer(start: reason, count: strlen(reason)))
    }
    text.append("\r\nDate: ")
    text.append(room: 40) { appendDate(to: $0) }
    text.append("\r\nConnection: close\r\nX-Request-Id: ")
    text.append(room: headerLinesCapacity) { room in
        if let length = writeHeaderLines(of: response, id: id, to: room) { return length }
        id.write(to: room)
        return 32
    }
    text.append("\r\nContent-Length: ")
    text.append(decimal: response.body.count)
    text.append("\r\n\r\n")
    if withBody { text.append(response.body.bytes) }
    if let session { return TLSServer.send(text.bytes, on: session) }
    return send(descriptor, text.start, text.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) == text.count
}

/// RFC 9110, 5.6.7. The process never sets a locale, so the names are English.
private func appendDate(to room: UnsafeMutableRawBufferPointer) -> Int {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    return strftime(
        room.assumingMemoryBound(to: CChar.self).baseAddress, room.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
}

/// A body that takes long to wipe, and who does.
private final class LargeBody {
    let bytes: ByteBuffer
    let wiper: Wiper

    init(bytes: ByteBuffer, wiper: Wiper) {
        self.bytes = bytes
        self.wiper = wiper
    }
}

private func releaseLargeBody(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    // SAFETY: the reference that `libraryResponse` made for this response.
    let body = Unmanaged<LargeBody>.fromOpaque(context).takeRetainedValue()
    body.wiper.discard(body.bytes)
}

private func releaseBody(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    // SAFETY: the reference that `libraryResponse` made for this response.
    Unmanaged<ByteBuffer>.fromOpaque(context).release()
}
