// The headers that handlers ask for, found once while the head is checked.

/// A header that `Request` can be asked for.
public enum HeaderField: Int, Sendable {
    case authorization, contentType, contentEncoding, ifMatch, ifNoneMatch, traceparent

    /// The field of a name, in any case.
    @inline(__always)
    init?(_ name: UnsafePointer<CChar>, _ length: Int) {
        switch length {
        case 8 where isName(name, length, "If-Match"): self = .ifMatch
        case 11 where isName(name, length, "Traceparent"): self = .traceparent
        case 12 where isName(name, length, "Content-Type"): self = .contentType
        case 13 where isName(name, length, "Authorization"): self = .authorization
        case 13 where isName(name, length, "If-None-Match"): self = .ifNoneMatch
        case 16 where isName(name, length, "Content-Encoding"): self = .contentEncoding
        default: return nil
        }
    }
}

/// Where their values lie in the head, and how often each was given.
struct HeaderFields {
    private var values: InlineArray<6, UnsafeRawBufferPointer?> = .init(repeating: nil)
    private var counts: InlineArray<6, Int> = .init(repeating: 0)

    subscript(field: HeaderField) -> UnsafeRawBufferPointer? { values[field.rawValue] }

    func count(of field: HeaderField) -> Int { counts[field.rawValue] }

    mutating func add(_ value: UnsafeRawBufferPointer, as field: HeaderField) {
        counts[field.rawValue] += 1
        if counts[field.rawValue] == 1 { values[field.rawValue] = value }
    }
}
