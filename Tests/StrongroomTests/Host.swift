// What a machine may keep from the service: it is started with less than it would have.

import Glibc
import TestKit
import Testing

/// How the service is started.
struct Host {
    /// What the shell runs, with the executable as `$0` and its arguments.
    let script: String
    private let needsOtherUser: Bool

    static let asItIs = Host(script: #"exec "$0" serve "$@" 2> "$LOG""#, needsOtherUser: false)

    /// With so many descriptors.
    static func withDescriptors(_ limit: Int) -> Host {
        Host(script: "ulimit -n \(limit); exec \"$0\" serve \"$@\" 2> \"$LOG\"", needsOtherUser: false)
    }

    /// For a user without privileges, where the tests run as root; its folders have to be given to it.
    /// - Parameter setup: shell commands before.
    static func ordinaryUser(_ setup: String = ":") -> Host {
        let drop = "setpriv --reuid=\(user) --regid=\(user) --clear-groups --bounding-set=-all --inh-caps=-all"
        let wrapper = geteuid() == 0 ? drop : ""
        return Host(
            script: "exec 2> \"$LOG\"; \(setup); exec \(wrapper) \"$0\" serve \"$@\"", needsOtherUser: geteuid() == 0)
    }

    /// In a user namespace in which this user is root, and nobody else has a number.
    static let inUserNamespace = Host(
        script: #"exec unshare --user --map-root-user "$0" serve "$@" 2> "$LOG""#, needsOtherUser: false)

    /// Where what it syncs is noted, and can fail.
    static func watched(by watch: SyncWatch) throws -> Host {
        Host(
            script: "exec '\(try builtProduct("SyncWatch"))' '\(watch.folder)' \"$0\" serve \"$@\" 2> \"$LOG\"",
            needsOtherUser: false)
    }

    /// Where a system call does not exist, as on a kernel that is older or built without it.
    static func withoutSystemCall(_ number: Int) -> Host {
        let python = """
            import ctypes, os, struct, sys
            libc = ctypes.CDLL(None, use_errno=True)
            allow, refuse = 0x7FFF0000, 0x00050000 | 38
            steps = [(0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (6, 0, 0, refuse), (6, 0, 0, allow)]
            code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
            program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
            assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0, ctypes.get_errno()
            os.execv(sys.argv[2], sys.argv[2:])
            """
        return Host(
            script: "exec python3 -c '\(python)' \(number) \"$0\" serve \"$@\" 2> \"$LOG\"", needsOtherUser: false)
    }

    /// The executable, where the service's user can run it.
    func executable(_ name: String, in folder: TemporaryFolder) throws -> String {
        let product = try builtProduct(name)
        guard needsOtherUser else { return product }
        let copy = folder.file(name)
        // Copied by another process: what this one has open for writing, a child that another test starts has open too.
        if access(copy, F_OK) != 0, try ChildProcess("/bin/cp", [product, copy]).wait() != 0 { throw TestError("cp") }
        try Self.give(folder.path)
        return copy
    }

    /// Gives a file or folder to the user that `ordinaryUser` is.
    static func give(_ path: String) throws {
        if geteuid() == 0, chown(path, user, user) != 0 { throw TestError("chown", code: errno) }
    }

    private static let user: uid_t = 65_534
}
