// The user that the kernel names where it has no number for a process's own user.

internal import Bytes

/// In a user namespace all users that are not mapped into it look like this one: it stands for nobody.
enum OverflowUsers {
    /// What this kernel says, and what kernels say unless they are told otherwise.
    static func read() -> Set<UInt32> {
        let standard: Set<UInt32> = [65_534]
        guard let text = ByteBuffer.ofFile("/proc/sys/kernel/overflowuid", limit: 64)?.bytes,
            let number = UInt32(String(decoding: text.prefix { $0 > 0x20 }, as: UTF8.self))
        else { return standard }
        return standard.union([number])
    }
}
