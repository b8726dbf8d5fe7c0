// Checks of a request's head that libmicrohttpd 0.9.75 does not make: it accepts heads that another server or a proxy
// in front would read differently, and such differences let one request hide in another (RFC 9112, sections 3 to 6 and
// 11.2).

internal import CMicrohttpd
internal import Glibc

/// What a head says about the body, or that the head cannot be taken.
enum HeadVerdict {
    /// `length` is the head's own.
    case sound(body: BodyFraming, expectsContinue: Bool, length: Int)
    case malformed
    /// Too little of the connection's memory is left for the answer.
    case tooLarge
}

enum BodyFraming {
    case none
    case length(Int)
    case chunked
}

/// Bytes of a connection's memory that must be left when the head has been read: enough for any head of an answer.
let answerReserve = 1024

/// Checks the head of `request`. `method` and `version` are libmicrohttpd's, and so tell where in its memory the head
/// lies.
///
/// libmicrohttpd cuts the head into C strings where it lies: each CR and LF becomes a NUL. So in a sound head every
/// piece begins exactly two bytes after the one before ended. Where one does not, there was a NUL in the text, a bare
/// LF, a folded line or a space too many.
func checkHead(
    of request: Request, connection: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
    memory: Int
) -> HeadVerdict {
    let headLength = sr_mhd_head_length(connection)
    var scan = HeadScan(next: version + strlen(version) + 2)
    MHD_get_connection_values_n(connection, .HEADER_KIND, scanHeader, &scan)

    // Every header, and every argument and cookie that libmicrohttpd splits off, costs a 64-byte record.
    let isPlain = request.arguments == 0 && scan.cookieBytes == 0 && scan.sound
    let records = isPlain ? scan.headers : Int(sr_mhd_record_count(connection))
    if headLength + records * 64 + scan.cookieBytes > memory - answerReserve { return .tooLarge }

    guard scan.sound, scan.next + 2 == method + headLength,
        method + strlen(method) + 1 == request.target,
        request.target + request.targetLength + 1 == version, request.targetIsVisible
    else { return .malformed }

    request.headers = scan.fields
    let isHTTP10 = version[7] == 0x30
    guard scan.hosts <= 1, isHTTP10 || scan.hosts == 1 else { return .malformed }
    if scan.transferEncodings > 0 {
        guard scan.transferEncodings == 1, scan.chunked, scan.contentLengths == 0, !isHTTP10 else { return .malformed }
        return .sound(body: .chunked, expectsContinue: scan.expectsContinue, length: headLength)
    }
    guard scan.contentLengths <= 1 else { return .malformed }
    return .sound(
        body: scan.contentLength == 0 ? .none : .length(scan.contentLength), expectsContinue: scan.expectsContinue,
        length: headLength)
}

private struct HeadScan {
    /// Where the next header's name must begin.
    var next: UnsafePointer<CChar>
    var sound = true
    var headers = 0
    var fields = HeaderFields()
    var hosts = 0
    var contentLengths = 0
    var contentLength = 0
    var transferEncodings = 0
    var chunked = false
    var expectsContinue = false
    var cookieBytes = 0
}

private func scanHeader(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameLength: Int,
    _ value: UnsafePointer<CChar>?, _ valueLength: Int
) -> MHD_Result {
    guard let scan = context?.assumingMemoryBound(to: HeadScan.self), let name, let value else { return .NO }
    guard name == scan.pointee.next, isFieldText(value, valueLength) else {
        scan.pointee.sound = false
        return .NO
    }
    scan.pointee.next = value + valueLength + 2
    scan.pointee.headers += 1
    if let field = HeaderField(name, nameLength) {
        scan.pointee.fields.add(withoutBlanks(value, valueLength), as: field)
        return .YES
    }
    switch nameLength {
    case 4 where isName(name, nameLength, "Host"):
        scan.pointee.hosts += 1
    case 6 where isName(name, nameLength, "Expect"):
        let expected = withoutBlanks(value, valueLength)
        if isName(value, expected.count, "100-continue") { scan.pointee.expectsContinue = true }
    case 6 where isName(name, nameLength, "Cookie"):
        scan.pointee.cookieBytes += valueLength + 32
    case 14 where isName(name, nameLength, "Content-Length"):
        scan.pointee.contentLengths += 1
        // libmicrohttpd has answered already where it is not a plain number. One of 18 digits fits; larger ones are
        // refused for their size whatever it is.
        scan.pointee.contentLength = valueLength > 18 ? Int.max : Int(strtoll(value, nil, 10))
    case 17 where isName(name, nameLength, "Transfer-Encoding"):
        scan.pointee.transferEncodings += 1
        scan.pointee.chunked = strcasecmp(value, "chunked") == 0
    default:
        // The known names are tokens; any other must be one too.
        guard isToken(name, nameLength) else {
            scan.pointee.sound = false
            return .NO
        }
    }
    return .YES
}
