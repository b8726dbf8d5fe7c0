// What commands are given to work on: files and standard input, and bodies of requests.

internal import ArgumentParser
internal import Bytes
internal import Glibc
internal import JSON

enum Input {
    /// A file's bytes, or those of standard input for nil and `-`.
    /// - Parameter limit: bytes; what is longer is refused before it is sent.
    static func read(_ path: String?, limit: Int = 24 << 20) throws -> ByteBuffer {
        let isStandard = path == nil || path == "-"
        let bytes =
            isStandard ? ByteBuffer.rest(of: STDIN_FILENO, limit: limit) : ByteBuffer.ofFile(path ?? "", limit: limit)
        guard let bytes else {
            let reason = errno == EFBIG ? "is longer than \(limit) bytes" : String(cString: strerror(errno))
            throw ServiceClientError("\(isStandard ? "standard input" : path ?? ""): \(reason)")
        }
        return bytes
    }

    /// What is read without the white space around it: a text that was put into a file of its own.
    static func readTrimmed(_ path: String?) throws -> ByteBuffer {
        let bytes = try read(path, limit: 32 << 20)
        let text = bytes.bytes
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
        else { throw ServiceClientError("\(path ?? "standard input"): there is nothing in it") }
        let trimmed = ByteBuffer(minimumCapacity: last - first + 1)
        trimmed.append(UnsafeRawBufferPointer(rebasing: text[first...last]))
        return trimmed
    }

    static func readText(_ path: String?) throws -> String {
        let bytes = try readTrimmed(path)
        guard let text = withExtendedLifetime(bytes, { String(validating: $0.bytes, as: UTF8.self) }) else {
            throw ServiceClientError("\(path ?? "standard input"): is not text")
        }
        return text
    }

    /// The body of a request.
    static func body(_ write: (inout JSONWriter) throws -> Void) rethrows -> ByteBuffer {
        let body = ByteBuffer(minimumCapacity: 1024)
        var writer = JSONWriter(body)
        writer.beginObject()
        try write(&writer)
        writer.endObject()
        return body
    }

    /// A name as a segment of a path.
    static func segment(_ name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
        }
        return text
    }
}

extension JSONWriter {
    /// Nothing where there is no value.
    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        self.name(name)
        boolean(value)
    }

    mutating func member(_ name: StaticString, text value: ByteBuffer) {
        self.name(name)
        string(value.bytes)
    }

    mutating func member(_ name: StaticString, base64 value: ByteBuffer?) {
        guard let value else { return }
        self.name(name)
        base64(value.bytes)
    }

    mutating func member(_ name: StaticString, _ values: [String]) {
        guard !values.isEmpty else { return }
        self.name(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    /// As an object; nothing where there are none.
    mutating func member(_ name: StaticString, _ labels: [Label]) {
        guard !labels.isEmpty else { return }
        self.name(name)
        beginObject()
        for label in labels {
            self.name(escaping: label.name)
            string(label.value)
        }
        endObject()
    }
}

/// A label as an argument: NAME=VALUE.
struct Label: ExpressibleByArgument {
    let name: String
    let value: String

    init?(argument: String) {
        // By scalars: a value may begin with a combining character, which makes one `Character` with the sign before it.
        let scalars = argument.unicodeScalars
        guard let sign = scalars.firstIndex(of: "="), sign > scalars.startIndex else { return nil }
        name = String(scalars[..<sign])
        value = String(scalars[scalars.index(after: sign)...])
    }
}

/// A span of time as an argument: seconds, or a number with s, m, h or d.
struct Span: ExpressibleByArgument {
    let seconds: Int

    init?(argument: String) {
        let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = argument.last.flatMap { units[String($0)] }
        let digits = unit == nil ? argument[...] : argument.dropLast()
        guard let number = Int(digits), number > 0 else { return nil }
        let (seconds, isTooLong) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !isTooLong else { return nil }
        self.seconds = seconds
    }
}
