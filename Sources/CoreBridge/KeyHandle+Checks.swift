// What the bridge refuses before it calls, with the error that the core would give: a call that cannot succeed is not made.
// The core checks all of it again, whoever calls.

internal import CStrongroomCore

extension KeyHandle {
    /// That `length` bytes can be encrypted into `room`.
    @inline(__always)
    func checkEncryption(
        _ length: Int, _ associatedData: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer,
        argument: UInt32
    ) throws(CoreError) {
        guard usages.contains(.encrypt) else { throw CoreError(.usageNotAllowed) }
        guard length <= Self.maximumMessage, associatedData.count <= Self.maximumMessage else {
            throw CoreError(.messageTooLong)
        }
        try checkRoom(room, length + ciphertextOverhead, argument: argument)
    }

    /// That `length` bytes of ciphertext can be decrypted. Gives the plaintext's length.
    @inline(__always)
    func checkDecryption(_ length: Int, _ associatedData: UnsafeRawBufferPointer) throws(CoreError) -> Int {
        guard usages.contains(.decrypt) else { throw CoreError(.usageNotAllowed) }
        guard length >= ciphertextOverhead else { throw CoreError(.malformedCiphertext) }
        guard length - ciphertextOverhead <= Self.maximumMessage, associatedData.count <= Self.maximumMessage else {
            throw CoreError(.messageTooLong)
        }
        return length - ciphertextOverhead
    }

    private static var maximumMessage: Int { Int(SR_PLAINTEXT_MAX_BYTES) }
}

/// That there is room for `needed` bytes. What was in it is wiped where there is not, as the core does.
@inline(__always)
func checkRoom(_ room: UnsafeMutableRawBufferPointer, _ needed: Int, argument: UInt32) throws(CoreError) {
    guard room.count >= needed else {
        room.initializeMemory(as: UInt8.self, repeating: 0)
        throw CoreError(.bufferTooSmall, argument: argument, numbers: (UInt64(needed), UInt64(room.count)))
    }
}

/// That an output shares no byte with an input.
@inline(__always)
func checkOverlap(_ output: UnsafeMutableRawBufferPointer, _ input: UnsafeRawBufferPointer) throws(CoreError) {
    if overlap(UnsafeRawBufferPointer(output), input) { throw CoreError(.buffersOverlap) }
}

@inline(__always)
func checkOverlap(
    _ output: UnsafeMutableRawBufferPointer, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
) throws(CoreError) {
    try checkOverlap(output, first)
    try checkOverlap(output, second)
}

@inline(__always)
private func overlap(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Bool {
    guard let one = first.baseAddress, let other = second.baseAddress, !first.isEmpty, !second.isEmpty else {
        return false
    }
    return one < other + second.count && other < one + first.count
}
