// An answer as it was received, taken apart: status, headers and body (RFC 9112).

public import Bytes

public struct HTTPAnswer {
    public let status: Int
    public let body: ByteBuffer
    private let headers: [String: String]

    /// - Parameter name: in small letters.
    public func header(_ name: String) -> String? { headers[name] }

    /// Nil where it is not a whole answer.
    /// - Parameter wasCut: the end of the connection says nothing of the end of the answer.
    init?(_ received: ByteBuffer, wasCut: Bool = false) {
        let text = received.bytes
        guard text.starts(with: "HTTP/1.".utf8), let end = text.firstRange(of: Array("\r\n\r\n".utf8)),
            let status = Int(String(decoding: text.dropFirst(9).prefix(3), as: UTF8.self)), (200...599).contains(status)
        else { return nil }
        var headers: [String: String] = [:]
        for line in text[..<end.lowerBound].split(separator: UInt8(ascii: "\n")).dropFirst() {
            let line = String(decoding: line, as: UTF8.self)
            guard let colon = line.firstIndex(of: ":") else { return nil }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmed
        }
        let rest = UnsafeRawBufferPointer(rebasing: text[end.upperBound...])
        if let coding = headers["transfer-encoding"] {
            guard coding.lowercased() == "chunked", let body = Self.joined(rest) else { return nil }
            self.body = body
        } else {
            // Where the head does not say, the end of the connection did.
            guard headers["content-length"] != nil || !wasCut else { return nil }
            let length = headers["content-length"].map { Int($0) ?? -1 } ?? rest.count
            guard length >= 0, rest.count >= length else { return nil }
            body = ByteBuffer(minimumCapacity: length)
            body.append(UnsafeRawBufferPointer(rebasing: rest[..<length]))
        }
        self.status = status
        self.headers = headers
    }

    /// A chunked body's chunks; nil where one is missing.
    private static func joined(_ text: UnsafeRawBufferPointer) -> ByteBuffer? {
        let body = ByteBuffer(minimumCapacity: text.count)
        var rest = text[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let size = rest[..<end].prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "\r") }
            guard (1...7).contains(size.count), let length = Int(String(decoding: size, as: UTF8.self), radix: 16),
                length >= 0
            else { return nil }
            // What trailers there are say nothing here.
            if length == 0 { return body }
            rest = rest[(end + 1)...]
            guard rest.count >= length + 2 else { return nil }
            body.append(UnsafeRawBufferPointer(rebasing: rest.prefix(length)))
            rest = rest.dropFirst(length + 2)
        }
        return nil
    }
}

extension Substring {
    /// Without spaces and tabs around it, and the end of its line.
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        let rest = drop(while: isSpace)
        return String(rest.prefix(rest.count - rest.reversed().prefix(while: isSpace).count))
    }
}
