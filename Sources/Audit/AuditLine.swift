// One line of an audit file: the record's JSON with its MAC as the first member, in fixed places, so that the MAC can be put in and
// taken out without parsing.
//
//     {"mac":"<44 base64 digits>","sequence":17,...}
//
// What is authenticated is the line without the MAC: {"sequence":17,...}

internal import Bytes
internal import CoreBridge

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
    /// Behind the MAC: what is authenticated, but for the brace that it begins with.
    let rest: UnsafeRawBufferPointer

    var head: AuditHead { AuditHead(sequence: sequence, mac: mac) }

    static let macBytes = 32
    private static let opening: StaticString = "{\"mac\":\""
    private static let digits = 44
    private static let closing: StaticString = "\","
    /// No line is longer.
    static let maximumLength = 4096

    /// Reads a line without its newline; nil where it is none.
    init?(_ line: UnsafeRawBufferPointer) {
        let begin = Self.opening.utf8CodeUnitCount
        let end = begin + Self.digits
        guard line.count > end + Self.closing.utf8CodeUnitCount, line.starts(with: Self.opening.bytes),
            line[end...].starts(with: Self.closing.bytes)
        else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: line[begin..<end])
        guard Base64.decodedLength(of: text) == Self.macBytes, Base64.isValid(text) else { return nil }
        let mac = [UInt8](unsafeUninitializedCapacity: Self.macBytes) { room, count in
            count = Base64.decode(text, into: UnsafeMutableRawBufferPointer(room)) ?? 0
        }
        guard mac.count == Self.macBytes else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: line[(end + Self.closing.utf8CodeUnitCount)...])
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
        self.rest = rest
    }

    /// Appends what is authenticated of this line, with a newline.
    func appendAuthenticated(to buffer: ByteBuffer) {
        buffer.append(UInt8(ascii: "{"))
        buffer.append(rest)
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Appends records, each as it is authenticated and ended by a newline, with their MACs.
    static func append(_ records: UnsafeRawBufferPointer, macs: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        var rest = records
        var macs = macs
        while !rest.isEmpty, macs.count >= macBytes {
            let end = (rest.lineLength ?? rest.count - 1) + 1
            buffer.append(opening)
            buffer.append(room: digits) { Base64.encode(UnsafeRawBufferPointer(rebasing: macs[..<macBytes]), into: $0) }
            buffer.append(closing)
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
