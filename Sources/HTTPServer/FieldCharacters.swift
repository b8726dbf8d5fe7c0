// Which bytes names, values and targets may be made of, and when two names are the same.

internal import Glibc

/// Whether a header's name is `wanted`, in any case (RFC 9110, 5.1).
@inline(__always)
func isName(_ name: UnsafeRawPointer, _ length: Int, _ wanted: StaticString) -> Bool {
    length == wanted.utf8CodeUnitCount
        && strncasecmp(name.assumingMemoryBound(to: CChar.self), wanted.utf8Start, length) == 0
}

/// RFC 9110, 5.6.2: what header names are made of.
@inline(__always)
func isToken(_ text: UnsafeRawPointer, _ length: Int) -> Bool {
    var position = 0
    while position < length {
        guard isTokenByte(text.load(fromByteOffset: position, as: UInt8.self)) else { return false }
        position &+= 1
    }
    return length > 0
}

@inline(__always)
func isTokenByte(_ byte: UInt8) -> Bool {
    let set = byte < 64 ? lowTokenBytes : highTokenBytes
    return byte < 128 && (set &>> UInt64(byte & 63)) & 1 == 1
}

/// RFC 9110, 5.5: what header values are made of: no control characters but the tab.
@inline(__always)
func isFieldText(_ text: UnsafeRawPointer, _ length: Int) -> Bool {
    var position = 0
    // Eight at a time; a tab, too, leads to the closer look.
    while position &+ 8 <= length {
        if hasControls(text.loadUnaligned(fromByteOffset: position, as: UInt64.self)) { break }
        position &+= 8
    }
    while position < length {
        guard isFieldByte(text.load(fromByteOffset: position, as: UInt8.self)) else { return false }
        position &+= 1
    }
    return true
}

@inline(__always)
func isFieldByte(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == 0x09 }

/// A header's value without the blanks behind it, which are none of it (RFC 9110, 5.5); libmicrohttpd takes those before it.
@inline(__always)
func withoutBlanks(_ value: UnsafeRawPointer, _ length: Int) -> UnsafeRawBufferPointer {
    var length = length
    while length > 0 {
        let last = value.load(fromByteOffset: length &- 1, as: UInt8.self)
        guard last == 0x20 || last == 0x09 else { break }
        length &-= 1
    }
    return UnsafeRawBufferPointer(start: value, count: length)
}

/// RFC 9112, 3.2: a target is visible ASCII.
@inline(__always)
func isVisible(_ text: UnsafeRawPointer, _ length: Int) -> Bool {
    var position = 0
    while position < length {
        let byte = text.load(fromByteOffset: position, as: UInt8.self)
        guard byte > 0x20, byte < 0x7F else { return false }
        position &+= 1
    }
    return length > 0
}

/// The bytes below 64 of a token: ! # $ % & ' * + - . and digits; and from 64 on: letters ^ _ ` | ~
private let lowTokenBytes: UInt64 = 0x03FF_6CFA_0000_0000
private let highTokenBytes: UInt64 = 0x57FF_FFFF_C7FF_FFFE

/// Whether one of eight bytes is below 0x20 or 0x7F. May say so of others that come after such a byte.
@inline(__always)
private func hasControls(_ bytes: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x8080_8080_8080_8080
    let low = (bytes &- ones &* 0x20) & ~bytes
    let deletes = bytes ^ (ones &* 0x7F)
    return (low | ((deletes &- ones) & ~deletes)) & high != 0
}
