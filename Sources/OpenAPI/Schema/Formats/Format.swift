// The values of `format` that are enforced (JSON Schema 2020-12, validation, section 7.3, and two of OpenAPI's). Strictly, a
// schema with any other does not load.

enum Format: String, Sendable {
    case dateTime = "date-time"
    case date, time, duration
    case email
    case idnEmail = "idn-email"
    case hostname, ipv4, ipv6
    case uri
    case uriReference = "uri-reference"
    case iri
    case iriReference = "iri-reference"
    case uriTemplate = "uri-template"
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case regex
    case uuid
    case int32
    /// Integers here are never larger.
    case int64

    enum Answer {
        case fits, doesNotFit
        /// A pattern's bounds were reached first.
        case exhausted
    }

    /// Values of a kind that the format does not speak of fit, as JSON Schema has it.
    func check(_ instance: Instance) -> Answer {
        if self == .int32, case .integer(let value) = instance.number {
            return Int32(exactly: value) != nil ? .fits : .doesNotFit
        }
        guard let text = instance.text else { return .fits }
        switch self {
        case .int32, .int64: return .fits
        case .dateTime: return DateAndTime.isDateTime(text) ? .fits : .doesNotFit
        case .date: return text.count == 10 && DateAndTime.isDate(text) ? .fits : .doesNotFit
        case .time: return DateAndTime.isTime(text) ? .fits : .doesNotFit
        case .uuid: return Self.isUUID(text) ? .fits : .doesNotFit
        case .regex: return RegexPattern(String(decoding: text, as: UTF8.self)) != nil ? .fits : .doesNotFit
        case .hostname where text.count > 253: return .doesNotFit
        default: return FormatGrammar.check(text, as: self)
        }
    }

    /// The end of a sentence that begins with the value's place.
    var detail: String {
        switch self {
        case .dateTime: "must be an RFC 3339 date and time with a time zone"
        case .date: "must be an RFC 3339 date"
        case .time: "must be an RFC 3339 time with a time zone"
        case .duration: "must be a duration (RFC 3339 appendix A)"
        case .email: "must be an email address (RFC 5321)"
        case .idnEmail: "must be an email address (RFC 6531)"
        case .hostname: "must be a host name (RFC 1123)"
        case .ipv4: "must be an IPv4 address"
        case .ipv6: "must be an IPv6 address"
        case .uri: "must be a URI (RFC 3986)"
        case .uriReference: "must be a URI reference (RFC 3986)"
        case .iri: "must be an IRI (RFC 3987)"
        case .iriReference: "must be an IRI reference (RFC 3987)"
        case .uriTemplate: "must be a URI template (RFC 6570)"
        case .jsonPointer: "must be a JSON Pointer (RFC 6901)"
        case .relativeJSONPointer: "must be a relative JSON Pointer"
        case .regex: "must be a regular expression (ECMA-262)"
        case .uuid: "must be a UUID"
        case .int32: "must fit 32 bits"
        case .int64: "must fit 64 bits"
        }
    }

    /// RFC 9562, in upper or lower case.
    private static func isUUID(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 36 else { return false }
        for (index, byte) in text.enumerated() {
            switch (index, byte) {
            case (8, UInt8(ascii: "-")), (13, UInt8(ascii: "-")), (18, UInt8(ascii: "-")), (23, UInt8(ascii: "-")):
                continue
            case (8, _), (13, _), (18, _), (23, _): return false
            case (_, 0x30...0x39), (_, 0x41...0x46), (_, 0x61...0x66): continue
            default: return false
            }
        }
        return true
    }
}
