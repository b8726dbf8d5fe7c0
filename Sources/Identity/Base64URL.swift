// base64url without padding (RFC 4648, 5; RFC 7515, 2), as strict as our base64.

internal import Bytes

enum Base64URL {
    /// Nil for anything but the one encoding of some bytes.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var standard: [UInt8] = []
        standard.reserveCapacity(text.count + 3)
        for digit in text {
            switch digit {
            case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: standard.append(digit)
            }
        }
        if standard.isEmpty { return [] }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        return standard.withUnsafeBytes { source in
            guard Base64.isValid(source), let length = Base64.decodedLength(of: source) else { return nil }
            return [UInt8](unsafeUninitializedCapacity: length) { room, count in
                count = Base64.decode(source, into: UnsafeMutableRawBufferPointer(room)) ?? 0
            }
        }
    }
}
