// One line of a log while it is composed: bounded, and with every value escaped, so that nothing that is logged can end
// the line, begin another or steer a terminal.

/// How lines look. Both are one line a record, in UTF-8.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `time level logger message key=value…`; a value with anything but plain characters is quoted.
    case text
    /// One JSON object.
    case json
}

/// A line in fixed room. What does not fit is left out, whole fields at a time, and the line says that it was `truncated`.
struct LogLine {
    let format: LogFormat
    private var bytes: BoundedBytes
    private var truncated = false
    /// Whether the next JSON member is the first of its object.
    private var first = true

    /// - Parameter room: 128 bytes or more; outlives the line.
    init(room: UnsafeMutableRawBufferPointer, format: LogFormat) {
        self.format = format
        bytes = BoundedBytes(room: room, reserve: 24)
    }

    var count: Int { bytes.count }

    // MARK: The line

    /// Opens the line with its time.
    mutating func begin(_ time: borrowing RenderedTime, milliseconds: Int) {
        if format == .json { bytes.literal("{\"time\":\"") }
        time.append(to: &bytes, milliseconds: milliseconds)
        if format == .json { bytes.byte(UInt8(ascii: "\"")) }
        first = false
    }

    /// Closes it.
    mutating func end() {
        bytes.release()
        switch (format, truncated) {
        case (.json, false): bytes.literal("}\n")
        case (.json, true): bytes.literal(",\"truncated\":true}\n")
        case (.text, false): bytes.literal("\n")
        case (.text, true): bytes.literal(" truncated=true\n")
        }
    }

    // MARK: Fields

    /// A field that a text line knows by its place alone.
    mutating func positional(_ key: StaticString, _ value: StaticString) {
        field { line in
            line.open(key, named: false)
            line.plain(value)
        }
    }

    mutating func positional(_ key: StaticString, _ value: String) {
        field { line in
            line.open(key, named: false)
            if line.format == .json { line.quoted(value) } else { line.bytes.escaped(value) }
        }
    }

    /// A value that needs no escaping.
    mutating func text(_ key: StaticString, _ value: StaticString) {
        field { line in
            line.open(key, named: true)
            line.plain(value)
        }
    }

    mutating func text(_ key: StaticString, _ value: String) {
        field { line in
            line.open(key, named: true)
            line.value(value)
        }
    }

    mutating func number(_ key: StaticString, _ value: Int) {
        field { line in
            line.open(key, named: true)
            line.bytes.decimal(value)
        }
    }

    /// 128 bits as 32 hexadecimal digits.
    mutating func hexadecimal(_ key: StaticString, _ high: UInt64, _ low: UInt64) {
        field { line in
            line.open(key, named: true)
            if line.format == .json { line.bytes.byte(UInt8(ascii: "\"")) }
            line.bytes.hexadecimal(high)
            line.bytes.hexadecimal(low)
            if line.format == .json { line.bytes.byte(UInt8(ascii: "\"")) }
        }
    }

    /// Fields under keys that are not ours: in JSON an object of their own, so that no member can appear twice.
    mutating func group(_ key: StaticString, _ body: (inout LogLine) -> Void) {
        guard format == .json else { return body(&self) }
        field { line in
            line.open(key, named: true)
            line.bytes.byte(UInt8(ascii: "{"))
            line.first = true
            body(&line)
            line.first = false
            line.bytes.byte(UInt8(ascii: "}"))
        }
    }

    /// A field under any key. Keys longer than 64 bytes are cut in text lines, and odd characters become `_`.
    mutating func text(anyKey key: String, _ value: String) {
        field { line in
            if line.format == .json {
                line.separate()
                line.quoted(key)
                line.bytes.byte(UInt8(ascii: ":"))
            } else {
                line.bytes.byte(UInt8(ascii: " "))
                for unit in key.utf8.prefix(64) { line.bytes.byte(isBare(unit) ? unit : UInt8(ascii: "_")) }
                line.bytes.byte(UInt8(ascii: "="))
            }
            line.value(value)
        }
    }

    // MARK: Pieces

    /// All of a field or nothing of it.
    private mutating func field(_ body: (inout LogLine) -> Void) {
        let mark = (count: bytes.count, first: first)
        body(&self)
        guard bytes.overflowed else { return }
        bytes.truncate(to: mark.count)
        bytes.overflowed = false
        first = mark.first
        truncated = true
    }

    private mutating func open(_ key: StaticString, named: Bool) {
        separate()
        if format == .json {
            bytes.byte(UInt8(ascii: "\""))
            bytes.literal(key)
            bytes.literal("\":")
        } else if named {
            bytes.literal(key)
            bytes.byte(UInt8(ascii: "="))
        }
    }

    private mutating func separate() {
        if format == .text { return bytes.byte(UInt8(ascii: " ")) }
        if !first { bytes.byte(UInt8(ascii: ",")) }
        first = false
    }

    private mutating func plain(_ value: StaticString) {
        if format == .json { bytes.byte(UInt8(ascii: "\"")) }
        bytes.literal(value)
        if format == .json { bytes.byte(UInt8(ascii: "\"")) }
    }

    /// A text line's value goes without quotes where that cannot be misread.
    private mutating func value(_ value: String) {
        if format == .text, !value.isEmpty, value.utf8.allSatisfy(isBare) {
            bytes.escaped(value)
        } else {
            quoted(value)
        }
    }

    private mutating func quoted(_ value: String) {
        bytes.byte(UInt8(ascii: "\""))
        bytes.escaped(value)
        bytes.byte(UInt8(ascii: "\""))
    }
}

/// Printable ASCII that neither separates fields nor quotes them.
private func isBare(_ unit: UInt8) -> Bool {
    unit > 0x20 && unit < 0x7F && unit != UInt8(ascii: "\"") && unit != UInt8(ascii: "=") && unit != UInt8(ascii: "\\")
}
