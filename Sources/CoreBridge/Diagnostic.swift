// The core's latest failures, where it was told to keep them.

internal import CStrongroomCore

/// One failure: which function, and numbers. Nothing that a client sent can be in it.
public struct Diagnostic: Sendable {
    /// 1, and one more with each failure that was kept. A gap is what was overwritten before it was read.
    public let sequence: UInt64
    /// Milliseconds since 1970.
    public let time: UInt64
    /// The core's function, `sr_key_open`, and its number.
    public let function: String
    public let operation: UInt32
    public let code: CoreError.Code
    /// Which argument was to blame, counted from 1; 0 where none was.
    public let argument: UInt32
    /// Which item of a batch it was, counted from 1; 0 where it was the whole call.
    public let item: UInt32
    /// As those of `CoreError`.
    public let numbers: (UInt64, UInt64)

    init(_ raw: sr_diagnostic_t) {
        sequence = raw.sequence
        time = raw.time
        operation = raw.operation
        code = CoreError(status: raw.code).code
        argument = raw.argument
        item = raw.item
        numbers = raw.numbers
        function = withUnsafeBytes(of: raw.function) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension Core {
    /// The most failures that can be kept.
    public static var maximumDiagnostics: Int { Int(SR_DIAGNOSTICS_MAX) }

    /// Keeps the latest failures, so many of them (0 to `maximumDiagnostics`); 0, as at the start, keeps none.
    public func keepDiagnostics(_ records: Int) throws(CoreError) {
        guard (0...Self.maximumDiagnostics).contains(records) else {
            throw CoreError(.lengthOutOfRange, argument: 1)
        }
        try callCore { sr_diagnostics_keep(UInt32(records), $0) }
    }

    /// The failures with a sequence above `sequence`, oldest first, at most `limit` (1 to `maximumDiagnostics`) of them.
    public func diagnostics(after sequence: UInt64, limit: Int) throws(CoreError) -> [Diagnostic] {
        guard (1...Self.maximumDiagnostics).contains(limit) else {
            throw CoreError(.lengthOutOfRange, argument: 2)
        }
        let size = MemoryLayout<sr_diagnostic_t>.size
        let bytes = try bytesFromCore(capacity: UInt32(limit * size)) { sr_diagnostics_read(sequence, $0, $1) }
        return bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: size).map {
                Diagnostic(bytes.loadUnaligned(fromByteOffset: $0, as: sr_diagnostic_t.self))
            }
        }
    }
}
