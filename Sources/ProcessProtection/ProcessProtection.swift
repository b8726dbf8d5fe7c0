// What the process gives up, so that whoever comes to run code in it, or stands beside it, gets little: a dump of its memory, other
// files, other programs, and all system calls that serving does not need.

internal import CProcessProtection
internal import Glibc

/// One thing that is given up. Each can be left out by configuration.
public enum Protection: String, CaseIterable, Sendable {
    /// No core dump, and no other process of the user's may look at its memory or attach to it.
    case noDump = "no-dump"
    /// No file can give it privileges.
    case noNewPrivileges = "no-new-privileges"
    /// Files outside the data folder, running any, and TCP but to listen and to fetch issuers' keys (Landlock).
    case landlock
    /// System calls that serving does not need (seccomp).
    case seccomp
}

public enum ProtectionState: String, Sendable {
    case on
    /// Left out by configuration.
    case off
    /// The kernel does not have it, or refused it.
    case unavailable
}

/// What is given up, in the order in which it can be.
public struct ProcessProtection: Sendable {
    public private(set) var states: [Protection: ProtectionState] = [:]
    private let left: Set<Protection>
    private var connects = false

    /// - Parameter left: protections that are left out.
    public init(without left: Set<Protection> = []) {
        self.left = left
        for protection in left { states[protection] = .off }
    }

    /// Before any secret is touched. Descriptors above standard error, which whoever started the process may have left open, are
    /// closed.
    public mutating func begin() {
        cprotection_close_inherited()
        // What large requests have used is the system's again, and not kept for later: memory that is counted as free is free.
        cprotection_give_back_memory()
        apply(.noDump) { cprotection_no_dump() }
        apply(.noNewPrivileges) { cprotection_no_new_privileges() }
    }

    /// While there is one thread: Landlock holds for it and those it starts.
    /// - Parameters:
    ///   - folders: those whose files may be made, written and removed; one that is not there can not be reached later.
    ///   - reading: those whose files may be read.
    ///   - port: the one that may be bound.
    ///   - peers: ports of other hosts that may be connected to. None: there are no such connections.
    public mutating func confine(
        toFolders folders: [String], reading: [String] = [], port: UInt16, connectingTo peers: [UInt16] = []
    ) {
        connects = !peers.isEmpty
        let resolving = connects ? Self.resolving : []
        apply(.landlock) {
            let paths =
                (folders + Self.written).map { ($0, true) } + (reading + Self.read + resolving).map { ($0, false) }
            let texts = paths.map { strdup($0.0) }
            defer { for text in texts { free(text) } }
            let rules = zip(texts, paths).map { cprotection_path(path: UnsafePointer($0), writable: $1.1) }
            // Without the first the kernel takes no rules from a process that has no privileges.
            return cprotection_no_new_privileges()
                && cprotection_landlock(rules, rules.count, port, peers, peers.count) == 0
        }
    }

    /// Whether something keeps the system's clock right.
    public static var isClockKept: Bool { cprotection_clock_is_kept() }

    /// Once everything runs: it holds for all threads there are.
    public mutating func finish() {
        let connects = connects
        apply(.seccomp) { cprotection_no_new_privileges() && cprotection_seccomp(connects) == 0 }
    }

    private mutating func apply(_ protection: Protection, _ give: () -> Bool) {
        if !left.contains(protection) { states[protection] = give() ? .on : .unavailable }
    }

    /// Where nothing is kept.
    private static let written = ["/dev/null"]
    /// How names of hosts are looked up.
    private static let resolving = [
        "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf",
        "/run/systemd/resolve",
    ]
    /// What libraries read: themselves, OpenSSL's configuration, time zones, what the machine has, and the process's own threads,
    /// which libdispatch finds at /proc/THREAD. What /proc tells of other processes' insides Landlock keeps by itself: it takes the
    /// right to trace any of them.
    private static let read = [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ssl", "/etc/localtime",
        "/usr/share/zoneinfo", "/proc", "/sys/devices/system/cpu", "/sys/fs/cgroup", "/dev/urandom", "/dev/random",
    ]
}
