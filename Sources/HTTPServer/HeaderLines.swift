// The headers of an answer as text: those every answer gets, and its own.

internal import Glibc

/// Bytes of an answer's own headers: more might not fit beside the request's head.
private let ownHeaderLimit = 512

/// What the longest text of header lines takes.
let headerLinesCapacity = 1024

private let fixedLines: StaticString = "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer"

/// Left out where the answer has a header of that name itself.
private let cacheLine: StaticString = "\r\nCache-Control: no-store"
private let policyLine: StaticString = "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'"

/// Writes the value of X-Request-Id and all header lines after it, without the last line's end, to `room`, which holds
/// `headerLinesCapacity` bytes. Answers the length; nil where a header of the answer's own cannot be sent: it is none,
/// or one that is ours to set, or they are too long.
func writeHeaderLines(of response: Response, id: RequestID, to room: UnsafeMutableRawBufferPointer) -> Int? {
    guard room.count >= headerLinesCapacity, let start = room.baseAddress else { return nil }
    id.write(to: room)
    var text = LineWriter(position: start + 32)
    text.append(fixedLines)
    if let type = response.contentType {
        guard type.utf8CodeUnitCount <= ownHeaderLimit / 4 else { return nil }
        text.append("\r\nContent-Type: ")
        text.append(type)
    }
    var ownCache = false
    var ownPolicy = false
    var ownBytes = 0
    for header in response.headers {
        let (name, value) = (header.name.utf8.count, header.value.utf8.count)
        ownBytes += name + value + 4
        guard ownBytes <= ownHeaderLimit else { return nil }
        text.append("\r\n")
        let begin = text.position
        guard text.append(header.name, length: name), isToken(begin, name), !isOurs(begin, name) else { return nil }
        if isName(begin, name, "Cache-Control") { ownCache = true }
        if isName(begin, name, "Content-Security-Policy") { ownPolicy = true }
        text.append(": ")
        let middle = text.position
        guard text.append(header.value, length: value), isFieldText(middle, value) else { return nil }
    }
    if !ownCache { text.append(cacheLine) }
    if !ownPolicy { text.append(policyLine) }
    return text.position - start
}

/// The message's own frame, which libmicrohttpd sets, the identifier, and what `Response` has a member for.
private func isOurs(_ name: UnsafeMutableRawPointer, _ length: Int) -> Bool {
    switch length {
    case 4: isName(name, length, "Date")
    case 10: isName(name, length, "Connection")
    case 12: isName(name, length, "X-Request-Id") || isName(name, length, "Content-Type")
    case 14: isName(name, length, "Content-Length")
    case 17: isName(name, length, "Transfer-Encoding")
    default: false
    }
}

/// Appends without looking at the room's end: the bounds above keep within it.
private struct LineWriter {
    var position: UnsafeMutableRawPointer

    @inline(__always)
    mutating func append(_ literal: StaticString) {
        position.copyMemory(from: literal.utf8Start, byteCount: literal.utf8CodeUnitCount)
        position += literal.utf8CodeUnitCount
    }

    /// False where the text is not contiguous in memory as it should be.
    @inline(__always)
    mutating func append(_ text: String, length: Int) -> Bool {
        var text = text
        let place = position
        let copied = text.withUTF8 { bytes in
            guard bytes.count == length else { return false }
            if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: length) }
            return true
        }
        position += length
        return copied
    }
}
