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
    /// Files outside the data folder, running any, and TCP but to listen (Landlock).
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

    /// - Parameter left: protections that are left out.
    public init(without left: Set<Protection> = []) {
        self.left = left
        for protection in left { states[protection] = .off }
    }

    /// Before any secret is touched, and while there is one thread: Landlock holds for it and those it starts. Descriptors above
    /// standard error, which whoever started the process may have left open, are closed.
    /// - Parameters:
    ///   - writable: folders whose files may be made, written and removed; they exist.
    ///   - port: the one that may be bound.
    public mutating func begin(writable: [String], port: UInt16) {
        cprotection_close_inherited()
        apply(.noDump) { cprotection_no_dump() }
        apply(.noNewPrivileges) { cprotection_no_new_privileges() }
        apply(.landlock) {
            let paths = writable.map { ($0, true) } + Self.written.map { ($0, true) } + Self.read.map { ($0, false) }
            let texts = paths.map { strdup($0.0) }
            defer { for text in texts { free(text) } }
            let rules = zip(texts, paths).map { cprotection_path(path: UnsafePointer($0), writable: $1.1) }
            // Without the first the kernel takes no rules from a process that has no privileges.
            return cprotection_no_new_privileges() && cprotection_landlock(rules, rules.count, port) == 0
        }
    }

    /// Once everything runs: it holds for all threads there are.
    public mutating func finish() {
        apply(.seccomp) { cprotection_no_new_privileges() && cprotection_seccomp() == 0 }
    }

    private mutating func apply(_ protection: Protection, _ give: () -> Bool) {
        if !left.contains(protection) { states[protection] = give() ? .on : .unavailable }
    }

    /// Where nothing is kept.
    private static let written = ["/dev/null"]
    /// What libraries read: themselves, OpenSSL's configuration, time zones, what the process is and the machine has.
    private static let read = [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ssl", "/etc/localtime",
        "/usr/share/zoneinfo", "/proc/self", "/proc/sys/vm", "/proc/meminfo", "/proc/cpuinfo", "/sys/devices/system/cpu",
        "/sys/fs/cgroup", "/dev/urandom", "/dev/random",
    ]
}
