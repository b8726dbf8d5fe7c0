// One line of a log while it is composed: bounded, and with every value escaped, so that nothing that is logged can end
// the line, begin another or steer a terminal.

/// How lines look. Both are one line a record, in UTF-8.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `time level logger message key=value…`; a value with anything but plain characters is quoted.
    case text
    /// One JSON object.
    case json
}

/// A line in fixed room. What does not fit is left out, whole fields at a time, and the line says that it was
/// `truncated`.
struct LogLine {
    let format: LogFormat
    var bytes: BoundedBytes
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

    /// All that `body` writes, or nothing of it.
    @inline(__always)
    private mutating func field(_ body: (inout LogLine) -> Void) {
        let mark = self.mark
        body(&self)
        keepOrDrop(since: mark)
    }

    /// Where a field begins.
    var mark: Mark { Mark(count: bytes.count, first: first) }

    struct Mark {
        let count: Int
        let first: Bool
    }

    /// Ends a field: takes it back where it did not fit.
    @inline(__always)
    mutating func keepOrDrop(since mark: Mark) {
        guard bytes.overflowed else { return }
        bytes.truncate(to: mark.count)
        bytes.overflowed = false
        first = mark.first
        truncated = true
    }

    /// Bytes between values, ready for either format.
    @inline(__always)
    mutating func piece(text: StaticString, json: StaticString) {
        bytes.literal(format == .json ? json : text)
    }

    @inline(__always)
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

    @inline(__always)
    private mutating func separate() {
        if format == .text { return bytes.byte(UInt8(ascii: " ")) }
        if !first { bytes.byte(UInt8(ascii: ",")) }
        first = false
    }

    @inline(__always)
    private mutating func plain(_ value: StaticString) {
        if format == .json { bytes.byte(UInt8(ascii: "\"")) }
        bytes.literal(value)
        if format == .json { bytes.byte(UInt8(ascii: "\"")) }
    }

    /// A value as the format wants it: a text line's goes without quotes where that cannot be misread.
    mutating func value(_ value: String) {
        if format == .json { return quoted(value) }
        var value = value
        value.withUTF8 { units in
            if areBare(units) { return bytes.append(UnsafeRawBufferPointer(units)) }
            bytes.byte(UInt8(ascii: "\""))
            bytes.escaped(units)
            bytes.byte(UInt8(ascii: "\""))
        }
    }

    private mutating func quoted(_ value: String) {
        bytes.byte(UInt8(ascii: "\""))
        bytes.escaped(value)
        bytes.byte(UInt8(ascii: "\""))
    }
}

/// Whether there is something, all of it bare.
@inline(__always)
private func areBare(_ units: UnsafeBufferPointer<UInt8>) -> Bool {
    // No branch for each byte: on the access log's path, this is what it spends most on.
    var bare: UInt64 = units.isEmpty ? 0 : 1
    for unit in units { bare &= (unit < 64 ? bareLow : unit < 128 ? bareHigh : 0) >> UInt64(unit & 63) }
    return bare == 1
}

private func isBare(_ unit: UInt8) -> Bool {
    withUnsafePointer(to: unit) { areBare(UnsafeBufferPointer(start: $0, count: 1)) }
}

/// Printable ASCII that neither separates fields nor quotes them, a bit each: 0x21 to 0x3F without `"` and `=`, then
/// 0x40 to 0x7E without the backslash.
private let bareLow: UInt64 = ~0 << 33 & ~(1 << 0x22 | 1 << 0x3D)
private let bareHigh: UInt64 = ~(1 << (0x5C - 64) | 1 << (0x7F - 64))
