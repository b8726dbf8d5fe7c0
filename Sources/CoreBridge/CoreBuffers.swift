// Swift's buffers as the core's arguments. They are borrowed for one call; the core keeps none of them.

internal import CStrongroomCore

extension sr_bytes_t {
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(data: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), length: bytes.count)
    }
}

extension sr_buffer_t {
    @inline(__always)
    init(_ room: UnsafeMutableRawBufferPointer, _ length: UnsafeMutablePointer<Int>) {
        self.init(
            data: room.baseAddress?.assumingMemoryBound(to: UInt8.self), capacity: room.count, length: length)
    }

    /// No room at all: an output that is not wanted.
    static var none: sr_buffer_t { sr_buffer_t(data: nil, capacity: 0, length: nil) }
}

/// Calls the core with `room` for one output, and gives the length it wrote.
@inline(__always)
func callCore(
    writingTo room: UnsafeMutableRawBufferPointer,
    _ function: (sr_buffer_t, UnsafeMutablePointer<sr_error_t>?) -> UInt32
) throws(CoreError) -> Int {
    var length = 0
    try callCore { error in
        withUnsafeMutablePointer(to: &length) { function(sr_buffer_t(room, $0), error) }
    }
    return length
}

/// As `callCore(writingTo:)`, for calls that may need a feature: the error says which.
func callCoreForDetails(
    writingTo room: UnsafeMutableRawBufferPointer,
    _ function: (sr_buffer_t, UnsafeMutablePointer<sr_error_t>?) -> UInt32
) throws(CoreError) -> Int {
    var length = 0
    try callCoreForDetails { error in
        withUnsafeMutablePointer(to: &length) { function(sr_buffer_t(room, $0), error) }
    }
    return length
}

/// Calls the core with `capacity` bytes of room, and gives the bytes that it wrote.
func bytesFromCore(
    capacity: UInt32, _ function: (sr_buffer_t, UnsafeMutablePointer<sr_error_t>?) -> UInt32
) throws(CoreError) -> [UInt8] {
    var failure: CoreError?
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(capacity)) { room, count in
        do throws(CoreError) {
            count = try callCoreForDetails(writingTo: UnsafeMutableRawBufferPointer(room), function)
        } catch {
            failure = error
            count = 0
        }
    }
    if let failure { throw failure }
    return bytes
}
