// The control groups that bound a process's memory (cgroups(7)), of either version: where they are mounted, which is the
// process's, and what it and those above it say.

/// One control group of the process, with the folders of it and of those above it.
struct ControlGroup {
    /// What each folder may have: `memory.max` or `memory.limit_in_bytes`.
    private let file: String
    /// The process's own first.
    private let folders: [String]

    /// Every limit in bytes along the way; `max`, and what is no number, is none.
    var limits: [Int] {
        folders.compactMap { folder in
            guard let text = lines(of: folder + "/" + file).first, let limit = Int(text), limit > 0 else { return nil }
            return limit
        }
    }

    static func all(root: String) -> [ControlGroup] {
        let mounts = lines(of: root + "/proc/self/mountinfo").compactMap(Mount.init)
        return lines(of: root + "/proc/self/cgroup").compactMap { line in
            // `0::/a/b` is of version 2, `4:memory:/a/b` and `4:cpu,memory:/a/b` of version 1.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            let isSecond = fields[0] == "0" && fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").contains("memory"),
                let mount = mounts.first(where: { isSecond ? $0.isSecond : $0.isMemoryOfFirst })
            else { return nil }
            return ControlGroup(
                file: isSecond ? "memory.max" : "memory.limit_in_bytes",
                folders: mount.folders(of: String(fields[2])).map { root + $0 })
        }
    }

    /// Where a hierarchy is mounted: a line of /proc/self/mountinfo (proc(5)).
    private struct Mount {
        /// The group that is seen at `point`.
        let top: String
        let point: String
        let isSecond: Bool
        let isMemoryOfFirst: Bool

        /// `31 23 0:26 /top /point rw,nosuid shared:9 - cgroup2 cgroup rw`
        init?(_ line: Substring) {
            let fields = line.split(separator: " ")
            guard let dash = fields.dropFirst(6).firstIndex(of: "-"), fields.count > dash + 3 else { return nil }
            top = Self.unescaped(fields[3])
            point = Self.unescaped(fields[4])
            isSecond = fields[dash + 1] == "cgroup2"
            isMemoryOfFirst = fields[dash + 1] == "cgroup" && fields[dash + 3].split(separator: ",").contains("memory")
        }

        /// The folders of a group and of those above it as far as they can be seen, the lowest first.
        func folders(of group: String) -> [String] {
            var parts = group.split(separator: "/")
            let above = top.split(separator: "/")
            // In a container whose groups have no namespace of their own, the path is the host's, and the mount shows its end.
            // A path that is not below the mount leaves what the mount shows.
            parts = parts.starts(with: above) && !parts.contains("..") ? Array(parts.dropFirst(above.count)) : []
            return (0...parts.count).reversed().map { count in
                ([point] + parts.prefix(count).map(String.init)).joined(separator: "/")
            }
        }

        /// Spaces and the like stand as `\040`.
        private static func unescaped(_ text: Substring) -> String {
            var bytes: [UInt8] = []
            var rest = text.utf8[...]
            while let byte = rest.popFirst() {
                let digits = rest.prefix(3)
                if byte == UInt8(ascii: "\\"), digits.count == 3,
                    let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
                {
                    bytes.append(code)
                    rest = rest.dropFirst(3)
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
