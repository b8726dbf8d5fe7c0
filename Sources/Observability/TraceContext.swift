// Where a request stands in a trace of its caller's: what W3C Trace Context calls a traceparent.

/// The trace that a request belongs to, and the span that it was sent from.
public struct TraceContext: Equatable, Sendable {
    /// Two halves.
    public let trace: (high: UInt64, low: UInt64)
    public let span: UInt64

    /// Reads a `traceparent` (W3C Trace Context, section 3.2): `00-TRACE-SPAN-FLAGS`, in lower case. Nil where it is none: then the
    /// request belongs to no trace, as the recommendation has it, and is not refused for it.
    public init?(traceparent text: UnsafeRawBufferPointer) {
        let dash = UInt8(ascii: "-")
        guard text.count >= 55, text[2] == dash, text[35] == dash, text[52] == dash,
            let version = Self.hexadecimal(text[0..<2]), version != 255,
            // Later versions may say more, behind another dash.
            text.count == 55 || version > 0 && text[55] == dash,
            let high = Self.hexadecimal(text[3..<19]), let low = Self.hexadecimal(text[19..<35]),
            let span = Self.hexadecimal(text[36..<52]), Self.hexadecimal(text[53..<55]) != nil, high | low != 0,
            span != 0
        else { return nil }
        trace = (high, low)
        self.span = span
    }

    public static func == (one: TraceContext, other: TraceContext) -> Bool {
        one.trace == other.trace && one.span == other.span
    }

    private static func hexadecimal(_ digits: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case 48...57: value = value << 4 | UInt64(digit - 48)
            case 97...102: value = value << 4 | UInt64(digit - 87)
            default: return nil
            }
        }
        return value
    }
}
