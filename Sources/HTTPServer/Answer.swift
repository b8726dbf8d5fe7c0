// From a `Response` value to bytes on the wire: through libmicrohttpd, or, where that cannot answer any more, by hand.

internal import Bytes
internal import CMicrohttpd
internal import Glibc

/// Sent with every answer, unless the answer has a header of that name itself.
private let overridable: [(name: StaticString, value: StaticString)] = [
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
]

/// Sent with every answer.
private let fixed: [(name: StaticString, value: StaticString)] = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]

/// Bytes of an answer's own headers: more might not fit beside the request's head.
private let ownHeaderLimit = 512

/// A libmicrohttpd response that owns `response.body` from here on, or nil where it cannot be sent as it is: a header
/// that is not one, or too much of them, or a status that is none.
func libraryResponse(for response: Response, id: RequestID, closing: Bool) -> OpaquePointer? {
    guard (200...599).contains(response.status), ownHeadersFit(response.headers) else { return nil }
    let body = response.body
    // SAFETY: the buffer is kept alive by this reference until libmicrohttpd calls `releaseBody`, once, when the response
    // is destroyed; nobody else changes it meanwhile, since giving a response away gives its body away.
    let owned = Unmanaged.passRetained(body)
    guard
        let result = MHD_create_response_from_buffer_with_free_callback_cls(
            body.count, body.start, releaseBody, owned.toOpaque())
    else {
        owned.release()
        return nil
    }
    var accepted = true
    withUnsafeTemporaryAllocation(byteCount: 33, alignment: 1) { text in
        id.write(to: text)
        text[32] = 0
        accepted = add(result, "X-Request-Id", text.assumingMemoryBound(to: CChar.self).baseAddress)
    }
    for header in fixed { accepted = add(result, header.name, header.value) && accepted }
    for header in overridable where !response.headers.contains(where: { isNamed($0, header.name) }) {
        accepted = add(result, header.name, header.value) && accepted
    }
    for header in response.headers {
        accepted = MHD_add_response_header(result, header.name, header.value) == .YES && accepted
    }
    if closing { accepted = add(result, "Connection", "close") && accepted }
    if accepted { return result }
    MHD_destroy_response(result)
    return nil
}

/// Writes an answer to the socket directly, for when libmicrohttpd would not take one: in the middle of a body, or when
/// the connection's memory is used up. It says that the connection closes, and the caller sees to that. False when not
/// all of it could be written at once; such answers are small and nothing is before them.
func sendDirectly(_ response: Response, id: RequestID, withBody: Bool, to descriptor: Int32) -> Bool {
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
    text.append(id.description)
    for header in fixed + overridable.filter({ header in !response.headers.contains { isNamed($0, header.name) } }) {
        text.append("\r\n")
        text.append(header.name)
        text.append(": ")
        text.append(header.value)
    }
    for header in response.headers where !(header.name + header.value).utf8.contains(where: { $0 < 0x20 }) {
        text.append("\r\n")
        text.append(header.name)
        text.append(": ")
        text.append(header.value)
    }
    text.append("\r\nContent-Length: ")
    text.append(decimal: response.body.count)
    text.append("\r\n\r\n")
    if withBody { text.append(response.body.bytes) }
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

private func releaseBody(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    // SAFETY: the reference that `libraryResponse` made for this response.
    Unmanaged<ByteBuffer>.fromOpaque(context).release()
}

@inline(__always)
private func add(_ response: OpaquePointer, _ name: StaticString, _ value: StaticString) -> Bool {
    value.withUTF8Buffer { value in
        value.withMemoryRebound(to: CChar.self) { add(response, name, $0.baseAddress) }
    }
}

@inline(__always)
private func add(_ response: OpaquePointer, _ name: StaticString, _ value: UnsafePointer<CChar>?) -> Bool {
    name.withUTF8Buffer { name in
        name.withMemoryRebound(to: CChar.self) {
            MHD_add_response_header(response, $0.baseAddress, value) == .YES
        }
    }
}

private func ownHeadersFit(_ headers: [Response.Header]) -> Bool {
    var bytes = 0
    for header in headers {
        bytes += header.name.utf8.count + header.value.utf8.count + 4
    }
    return bytes <= ownHeaderLimit
}

private func isNamed(_ header: Response.Header, _ name: StaticString) -> Bool {
    header.name.utf8.count == name.utf8CodeUnitCount
        && header.name.withCString { strncasecmp($0, name.utf8Start, name.utf8CodeUnitCount) } == 0
}
