// One line of an audit file: the record's JSON with its MAC as the first member, in fixed places, so that the MAC can be put in and
// taken out without parsing.
//
//     {"mac":"<44 base64 digits>","sequence":17,...}
//
// What is authenticated is the line without the MAC: {"sequence":17,...}. The first line of each file but the very first has
// the MAC before it as well, so that it can be held to its own where earlier files were put elsewhere:
//
//     {"mac":"<44 base64 digits>","previous":"<44 base64 digits>","sequence":17,...}

internal import Bytes
internal import CoreBridge
internal import Glibc

/// Where in the chain a record stands.
public struct AuditHead: Equatable, Sendable {
    /// From 1; 0 before the first record.
    public let sequence: Int64
    /// 32 bytes.
    public let mac: [UInt8]

    public init(sequence: Int64, mac: [UInt8]) {
        self.sequence = sequence
        self.mac = mac
    }

    /// Before the first record.
    public static let none = AuditHead(sequence: 0, mac: [UInt8](repeating: 0, count: 32))
}

/// A line, read. Its bytes are borrowed.
struct AuditLine {
    let sequence: Int64
    let mac: [UInt8]
    /// The MAC of the record before it, where it says so.
    let previous: [UInt8]?
    /// Behind the MACs: what is authenticated, but for the brace that it begins with.
    let rest: UnsafeRawBufferPointer

    var head: AuditHead { AuditHead(sequence: sequence, mac: mac) }

    static let macBytes = 32
    private static let opening: StaticString = "{\"mac\":\""
    private static let digits = 44
    private static let closing: StaticString = "\","
    private static let openingPrevious: StaticString = "\"previous\":\""
    /// No line is longer.
    static let maximumLength = 4096

    /// Reads a line without its newline; nil where it is none.
    init?(_ line: UnsafeRawBufferPointer) {
        guard let (mac, behind) = Self.mac(in: line, after: Self.opening) else { return nil }
        let before = Self.mac(in: behind, after: Self.openingPrevious)
        let rest = before?.rest ?? behind
        let name: StaticString = "\"sequence\":"
        guard rest.starts(with: name.bytes) else { return nil }
        var sequence: Int64 = 0
        var length = 0
        for byte in rest[name.utf8CodeUnitCount...] {
            guard (48...57).contains(byte), length < 18 else { break }
            sequence = sequence * 10 + Int64(byte - 48)
            length += 1
        }
        guard length > 0, sequence > 0 else { return nil }
        self.sequence = sequence
        self.mac = mac
        previous = before?.mac
        self.rest = rest
    }

    /// The MAC that a text begins with, and what stands behind it.
    private static func mac(
        in text: UnsafeRawBufferPointer, after opening: StaticString
    ) -> (mac: [UInt8], rest: UnsafeRawBufferPointer)? {
        let begin = opening.utf8CodeUnitCount
        let end = begin + digits
        guard text.count > end + closing.utf8CodeUnitCount, text.starts(with: opening.bytes),
            text[end...].starts(with: closing.bytes)
        else { return nil }
        let encoded = UnsafeRawBufferPointer(rebasing: text[begin..<end])
        guard Base64.decodedLength(of: encoded) == macBytes, Base64.isValid(encoded) else { return nil }
        let mac = [UInt8](unsafeUninitializedCapacity: macBytes) { room, count in
            count = Base64.decode(encoded, into: UnsafeMutableRawBufferPointer(room)) ?? 0
        }
        guard mac.count == macBytes else { return nil }
        return (mac, UnsafeRawBufferPointer(rebasing: text[(end + closing.utf8CodeUnitCount)...]))
    }

    /// Whether it is the first record of a trail that was opened.
    var isOpening: Bool { Self.openings.contains { has($0) } }

    /// Whether it says that where the trail ended was not known when it was opened.
    var isOfBrokenAnchor: Bool { has(Self.brokenAnchor) }

    /// Quotes within values are escaped: only a member reads so.
    private func has(_ member: StaticString) -> Bool { end(of: member) != nil }

    /// Where `rest` goes on behind the first place that reads so.
    private func end(of text: StaticString) -> Int? {
        let length = text.utf8CodeUnitCount
        guard let begin = rest.baseAddress, rest.count >= length else { return nil }
        return (0...rest.count - length).first { memcmp(begin + $0, text.utf8Start, length) == 0 }.map { $0 + length }
    }

    private static let brokenAnchor: StaticString = "\"operation\":\"findBrokenAnchor\""
    private static let openings: [StaticString] = [
        "\"operation\":\"openAudit\"", "\"operation\":\"findBrokenAudit\"", brokenAnchor,
    ]

    /// When it was written, in seconds since 1970; nil where it does not say so in the service's way.
    var time: Int64? {
        let name: StaticString = ",\"time\":\""
        guard let offset = end(of: name), rest.count >= offset + 19 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            range.reduce(0 as Int64?) { value, index in
                let digit = rest[offset + index]
                guard let value, (48...57).contains(digit) else { return nil }
                return value * 10 + Int64(digit - 48)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month)
        else { return nil }
        // Days in the civil calendar, counted from a first of March.
        let shifted = month > 2 ? year : year - 1
        let days =
            365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * ((month + 9) % 12) + 2) / 5 + day
            - 719_469
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    /// Appends what is authenticated of this line, with a newline.
    func appendAuthenticated(to buffer: ByteBuffer) {
        buffer.append(UInt8(ascii: "{"))
        buffer.append(rest)
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Appends records, each as it is authenticated and ended by a newline, with their MACs; the first also with the one
    /// before it, where it is given.
    static func append(
        _ records: UnsafeRawBufferPointer, macs: UnsafeRawBufferPointer, after previous: [UInt8]? = nil,
        to buffer: ByteBuffer
    ) {
        var rest = records
        var macs = macs
        var previous = previous
        while !rest.isEmpty, macs.count >= macBytes {
            let end = (rest.lineLength ?? rest.count - 1) + 1
            buffer.append(opening)
            buffer.append(room: digits) { Base64.encode(UnsafeRawBufferPointer(rebasing: macs[..<macBytes]), into: $0) }
            buffer.append(closing)
            if let mac = previous.take() {
                buffer.append(openingPrevious)
                buffer.append(room: digits) { room in mac.withUnsafeBytes { Base64.encode($0, into: room) } }
                buffer.append(closing)
            }
            buffer.append(UnsafeRawBufferPointer(rebasing: rest[1..<end]))
            rest = UnsafeRawBufferPointer(rebasing: rest[end...])
            macs = UnsafeRawBufferPointer(rebasing: macs[macBytes...])
        }
    }
}

extension StaticString {
    fileprivate var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}

extension RootKey {
    /// The MACs of records that follow `head`, 32 bytes each, appended to `macs`.
    func appendAuditMACs(
        after head: AuditHead, records: UnsafeRawBufferPointer, count: Int, to macs: ByteBuffer
    ) throws(CoreError) {
        let length = count * AuditLine.macBytes
        var failure: CoreError?
        macs.append(room: length) { room in
            head.mac.withUnsafeBytes { previous in
                do throws(CoreError) { return try auditMACs(after: previous, records: records, into: room) } catch {
                    failure = error
                    return 0
                }
            }
        }
        if let failure { throw failure }
    }
}
