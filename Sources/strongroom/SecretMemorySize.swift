// How much secret memory the service takes where it is not told: as much as it may lock, less what others lock.

internal import Bytes
internal import Glibc

enum SecretMemorySize {
    /// In KiB. Room for 1,000 RSA keys of 4096 bits, the reserve and the kept cipher contexts: `GET /v1/status` says how many fit.
    static let most = 16_384
    /// In KiB. Where less may be locked, the start says so.
    static let least = 1024
    /// In KiB. For what else of the process is locked.
    private static let left = 1024

    /// The default, in KiB.
    static var standard: Int { size(lockable: lockable) }

    /// - Parameter lockable: bytes that the process may lock; nil where there is no limit.
    static func size(lockable: UInt64?) -> Int {
        guard let lockable else { return most }
        return min(max(Int(clamping: lockable / 1024) - left, least), most)
    }

    /// `memfd_secret` counts against the same limit as locked pages do.
    private static var lockable: UInt64? {
        var limit = rlimit()
        guard !mayLockAll, getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == UInt64(bitPattern: -1) ? nil : UInt64(limit.rlim_cur)
    }

    /// CAP_IPC_LOCK, which root has outside of most containers.
    private static var mayLockAll: Bool {
        guard let status = ByteBuffer.ofFile("/proc/self/status", limit: 65_536) else { return false }
        let line = String(decoding: status.bytes, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("CapEff:")
        }
        let capabilities = line.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
        return capabilities >> 14 & 1 == 1
    }
}
