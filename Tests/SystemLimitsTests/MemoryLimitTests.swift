// The memory limit is found wherever it stands: version 1 or 2, near or far above, in a container or out of one.

import Glibc
import SystemLimits
import TestKit
import Testing

@Suite struct MemoryLimitTests {
    private static let machine = "MemTotal:       4194304 kB\nMemFree:  100 kB\n"
    private static let second = "31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
    private static let first =
        "34 23 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n35 23 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

    /// A stand-in for `/` with these files.
    private func read(_ files: [String: String]) throws -> MemoryLimit? {
        let folder = try TemporaryFolder()
        for (path, text) in files {
            var made = folder.path
            for part in path.split(separator: "/").dropLast() {
                made += "/" + part
                mkdir(made, 0o700)
            }
            try writeFile(folder.path + path, Array(text.utf8))
        }
        return MemoryLimit.read(root: folder.path)
    }

    @Test("without control groups the machine's memory is the limit")
    func machineAlone() throws {
        #expect(try read(["/proc/meminfo": Self.machine]) == MemoryLimit(bytes: 4 << 30, source: .machine))
        #expect(try read([:]) == nil)
        #expect(try read(["/proc/meminfo": "MemTotal: many kB\n"]) == nil)
        #expect(try read(["/proc/meminfo": "MemTotal: 9223372036854775807 kB\n"]) == nil)
    }

    @Test("of version 2 the least limit from the process's group to the top holds")
    func nested() throws {
        var files = [
            "/proc/meminfo": Self.machine, "/proc/self/cgroup": "0::/a/b/c\n", "/proc/self/mountinfo": Self.second,
            "/sys/fs/cgroup/a/b/c/memory.max": "max\n", "/sys/fs/cgroup/a/b/memory.max": "536870912\n",
            "/sys/fs/cgroup/a/memory.max": "1073741824\n",
        ]
        #expect(try read(files) == MemoryLimit(bytes: 512 << 20, source: .controlGroup))
        files["/sys/fs/cgroup/a/b/c/memory.max"] = "268435456\n"
        #expect(try read(files) == MemoryLimit(bytes: 256 << 20, source: .controlGroup))
        files["/sys/fs/cgroup/a/memory.max"] = "134217728\n"
        #expect(try read(files) == MemoryLimit(bytes: 128 << 20, source: .controlGroup))
    }

    @Test("a limit of max, above the machine's, or that is no number, is none")
    func none() throws {
        for text in ["max\n", "", "garbage\n", "-5\n", "0\n", "99999999999999999999999\n", "8589934592\n"] {
            let files = [
                "/proc/meminfo": Self.machine, "/proc/self/cgroup": "0::/a\n", "/proc/self/mountinfo": Self.second,
                "/sys/fs/cgroup/a/memory.max": text,
            ]
            #expect(try read(files) == MemoryLimit(bytes: 4 << 30, source: .machine), "\(text)")
        }
    }

    @Test("of version 1 the memory controller's limit holds, and no other controller's")
    func firstVersion() throws {
        let files = [
            "/proc/meminfo": Self.machine, "/proc/self/cgroup": "5:cpu:/x\n4:memory:/job/1\n0::/\n",
            "/proc/self/mountinfo": Self.first,
            "/sys/fs/cgroup/memory/job/1/memory.limit_in_bytes": "268435456\n",
            "/sys/fs/cgroup/memory/job/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/cpu/x/memory.limit_in_bytes": "4096\n",
        ]
        #expect(try read(files) == MemoryLimit(bytes: 256 << 20, source: .controlGroup))
    }

    @Test("in a container without a namespace of groups the mount's own group holds")
    func container() throws {
        let mount = "35 23 0:30 /docker/one\\040two /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
        var files = [
            "/proc/meminfo": Self.machine, "/proc/self/cgroup": "4:memory:/docker/one two\n",
            "/proc/self/mountinfo": mount, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
        ]
        #expect(try read(files) == MemoryLimit(bytes: 256 << 20, source: .controlGroup))
        // Moved out of what is mounted: what is seen is the best that is known.
        files["/proc/self/cgroup"] = "4:memory:/../elsewhere\n"
        #expect(try read(files) == MemoryLimit(bytes: 256 << 20, source: .controlGroup))
    }

    @Test("lines that are no control group's are passed over")
    func garbage() throws {
        let files = [
            "/proc/meminfo": Self.machine, "/proc/self/cgroup": "\n:\n0:\nmemory\n4:memory\n",
            "/proc/self/mountinfo": "-\n1 2 3 4 5 6 -\n1 2 3 4 5 6 - cgroup2\n" + Self.second,
            "/sys/fs/cgroup/memory.max": "1048576\n",
        ]
        #expect(try read(files) == MemoryLimit(bytes: 4 << 30, source: .machine))
    }

    @Test("this process has a limit")
    func here() throws {
        #expect(try #require(MemoryLimit.read()).bytes > 64 << 20)
    }
}
