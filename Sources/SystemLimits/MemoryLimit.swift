// How much memory a process may use: what its control groups allow, or what the machine has.

internal import Glibc

/// The least of what bounds a process's memory, and what says so.
public struct MemoryLimit: Sendable, Equatable {
    public enum Source: Sendable, Equatable {
        case controlGroup
        case machine
    }

    public let bytes: Int
    public let source: Source

    public init(bytes: Int, source: Source) {
        self.bytes = bytes
        self.source = source
    }

    /// The limit of this process; nil where nothing tells it. To be read before /proc and /sys are closed to the process.
    /// - Parameter root: what stands in for `/`, in tests.
    public static func read(root: String = "") -> MemoryLimit? {
        var found: MemoryLimit?
        if let total = memoryTotal(root) { found = MemoryLimit(bytes: total, source: .machine) }
        for group in ControlGroup.all(root: root) {
            for limit in group.limits where limit < found?.bytes ?? .max {
                found = MemoryLimit(bytes: limit, source: .controlGroup)
            }
        }
        return found
    }

    /// `MemTotal:       24684616 kB`
    private static func memoryTotal(_ root: String) -> Int? {
        for line in lines(of: root + "/proc/meminfo") where line.hasPrefix("MemTotal:") {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count == 3, fields[2] == "kB", let kibibytes = Int(fields[1]), kibibytes > 0 else {
                return nil
            }
            let (bytes, overflows) = kibibytes.multipliedReportingOverflow(by: 1024)
            return overflows ? nil : bytes
        }
        return nil
    }
}

/// The lines of a small text file; none where it cannot be read.
func lines(of path: String) -> [Substring] {
    guard let file = fopen(path, "re") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
}
