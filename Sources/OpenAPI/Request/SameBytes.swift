// Comparing bytes at the speed of the C library: names and paths are compared for every request.

internal import Glibc

/// Whether two stretches of memory hold the same bytes. Not for secrets: it stops at the first difference.
@inline(__always)
func same(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let one = left.baseAddress, let other = right.baseAddress else { return true }
    return memcmp(one, other, left.count) == 0
}
