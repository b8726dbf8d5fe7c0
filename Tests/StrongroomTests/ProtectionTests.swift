// What a running service gave up, shown from outside: a program that makes one of its threads issue system calls, as code of an
// attacker's would (Tests/Intruder).

import Foundation
import TestKit
import Testing

/// Numbers of system calls on x86-64, where alone the intruder works.
private enum SystemCall {
    static let mprotect = 10, getpid = 39, socket = 41, fork = 57, execve = 59, chmod = 90, ptrace = 101, openat = 257
    static let unshare = 272, prlimit64 = 302, processVMRead = 310, memfdCreate = 319, bpf = 321
}

@Suite struct ProtectionTests {
    private static let names = ["no_dump", "no_new_privileges", "landlock", "seccomp"]

    @Test("every protection that the kernel has is on, and status and log say so")
    func reported() throws {
        let folder = try TemporaryFolder()
        let service = try protected(in: folder)
        let states = try protections(of: service)
        #expect(Set(states.keys) == Set(Self.names))
        for name in Self.names where states[name] != "on" {
            print("skipped: this kernel gives no \(name)")
            #expect(states[name] == "unavailable")
            #expect(warns(service, of: name))
        }
        #expect(try service.stop() == 0)
    }

    @Test("threads that start under all protections have their names, by which tools tell them apart")
    func threadNames() throws {
        let folder = try TemporaryFolder()
        let service = try protected(in: folder)
        let tasks = "/proc/\(service.process.identifier)/task"
        let names = try FileManager.default.contentsOfDirectory(atPath: tasks).map {
            String(decoding: try readFile("\(tasks)/\($0)/comm"), as: UTF8.self)
        }
        for name in ["http-loop-0", "control-0", "data-0", "long-0", "entry-0"] {
            #expect(names.contains(name + "\n"), "\(name): \(names)")
        }
        #expect(try service.stop() == 0)
    }

    @Test("each protection can be left out, alone, and that is said", arguments: names)
    func leftOut(name: String) throws {
        let folder = try TemporaryFolder()
        let service = try protected(in: folder, without: name.replacing("_", with: "-"))
        let states = try protections(of: service)
        for other in Self.names { #expect((states[other] == "off") == (other == name), "\(other)") }
        #expect(warns(service, of: name))
        #expect(try service.stop() == 0)
    }

    @Test("a protection that does not exist is refused")
    func unknown() throws {
        let folder = try TemporaryFolder()
        let launch = try Launch(in: folder, ["--data", folder.file("data"), "--without-protections", "seccomp,all"])
        #expect(try launch.process.wait() == 64)
        #expect(launch.log.joined().contains("--without-protections: must be names of"))
    }

    @Test("another process may not read its memory, nor look at what it was started with")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        let service = try protected(in: folder)
        let open = try protected(in: folder, data: "open", without: "no-dump")
        #expect(try owner(of: open) == geteuid())
        #expect(try owner(of: service) == 0)
        if geteuid() != 0 {
            for file in ["mem", "environ", "maps"] {
                #expect(Glibc.open("/proc/\(service.process.identifier)/\(file)", O_RDONLY) < 0, "\(file)")
            }
        } else {
            print("skipped: root may read the memory of every process; the secret pages are tested apart")
        }
        #expect(try open.stop() == 0)
        #expect(try service.stop() == 0)
    }

    @Test("a crash leaves no core")
    func noCore() throws {
        let folder = try TemporaryFolder()
        let service = try protected(in: folder)
        let limits = String(decoding: try readFile("/proc/\(service.process.identifier)/limits"), as: UTF8.self)
        let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        #expect(core.split(separator: " ").filter { $0 == "0" }.count == 2, "\(core)")
        #expect(try service.stop() == 0)
    }

    @Test("code in the running service cannot open a file outside of its folders, read it or write it")
    func files() throws {
        guard try canIntrude(needing: "landlock") else { return }
        let folder = try TemporaryFolder()
        try writeFile(folder.file("outside"), Array("x".utf8))
        for (without, isOpen) in [("", false), ("landlock", true)] {
            let service = try protected(in: folder, data: "data-\(isOpen)", without: without)
            // openat(AT_FDCWD, path, flags, mode)
            for (path, flags) in [(folder.file("outside"), O_RDONLY), (folder.file("new"), O_WRONLY | O_CREAT)] {
                let answer = try intrude(service, SystemCall.openat, "-100", "s:\(path)", "\(flags)", "384")
                #expect((Int(answer) ?? -1 >= 0) == isOpen, "\(path): \(answer)")
            }
            let own = try intrude(service, SystemCall.openat, "-100", "s:\(service.data)/strongroom.db", "0", "0")
            #expect(Int(own) ?? -1 >= 0, "\(own)")
            #expect(try service.stop() == 0)
            unlink(folder.file("new"))
        }
    }

    @Test("code in the running service cannot run a program, trace, or reach out: it dies, or is refused")
    func calls() throws {
        guard try canIntrude(needing: "seccomp") else { return }
        let folder = try TemporaryFolder()
        // ptrace(PTRACE_TRACEME); fork(); memfd_create("x"); execve("/bin/true", NULL, NULL)
        let deadly: [(Int, [String])] = [
            (SystemCall.ptrace, ["0"]), (SystemCall.fork, []), (SystemCall.memfdCreate, ["s:x", "0"]),
            (SystemCall.execve, ["s:/bin/true", "0", "0"]),
            (SystemCall.processVMRead, ["1", "0", "0", "0", "0", "0"]), (SystemCall.unshare, ["0"]),
            (SystemCall.bpf, ["0", "0", "0"]),
        ]
        for (index, call) in deadly.enumerated() {
            let service = try protected(in: folder, data: "data-\(index)")
            #expect(try intrude(service, call.0, call.1) == "killed", "\(call)")
            #expect(try service.process.wait() == -SIGSYS)
        }
        let service = try protected(in: folder)
        // socket(AF_INET, SOCK_STREAM); mprotect(page, 4096, EXEC); chmod("x", 0777); setrlimit by prlimit64
        for (call, arguments) in [
            (SystemCall.socket, ["2", "1", "0"]), (SystemCall.mprotect, ["4096", "4096", "4"]),
            (SystemCall.chmod, ["s:x", "511"]),
            (SystemCall.prlimit64, ["0", "4", "4096", "0"]),
        ] as [(Int, [String])] {
            #expect(try intrude(service, call, arguments) == "\(-EPERM)", "\(call)")
        }
        #expect(try intrude(service, SystemCall.getpid, []) == "\(service.process.identifier)")
        #expect(try service.client().send("GET", "/v1/keys").status == 200)
        #expect(try service.stop() == 0)

        // Without it the same calls are made.
        let open = try protected(in: folder, data: "open", without: "seccomp")
        #expect(Int(try intrude(open, SystemCall.socket, ["2", "1", "0"])) ?? -1 >= 0)
        #expect(Int(try intrude(open, SystemCall.memfdCreate, ["s:x", "0"])) ?? -1 >= 0)
        #expect(try open.stop() == 0)
    }

    @Test("what libraries do now and then, as counting their threads, is left to them: the service goes on")
    func goesOn() throws {
        let folder = try TemporaryFolder()
        let service = try protected(in: folder)
        let client = try service.client()
        let end = Date().addingTimeInterval(3.5)
        var number = 0
        while Date() < end {
            number += 1
            #expect(try client.send("POST", "/v1/keys", "{\"name\":\"key-\(number)\"}").status == 201)
        }
        #expect(try service.stop() == 0)
    }

    @Test("code in the running service may not look into another process, even of its own user")
    func others() throws {
        guard try canIntrude(needing: "landlock") else { return }
        let folder = try TemporaryFolder()
        for (without, isOpen) in [("", false), ("landlock", true)] {
            let service = try protected(in: folder, data: "data-\(isOpen)", without: without)
            let other = try ChildProcess("/bin/sleep", ["60"])
            let answer = try intrude(
                service, SystemCall.openat, "-100", "s:/proc/\(other.identifier)/mem", "0", "0")
            #expect((Int(answer) ?? -1 >= 0) == isOpen, "\(answer)")
            #expect(try service.stop() == 0)
        }
    }

    @Test("a data folder that group or others may write to, or of another owner, is refused")
    func sharedFolder() throws {
        let folder = try TemporaryFolder()
        let first = try protected(in: folder)
        try first.stop()
        chmod(first.data, 0o770)
        let launch = try Launch(in: folder, ["--data", first.data, "--listen", "127.0.0.1:0"])
        #expect(try launch.process.wait() == 1)
        #expect(launch.log.joined().contains("must be this user's, and group and others must not write to it"))
        chmod(first.data, 0o700)
        #expect(try protected(in: folder).stop() == 0)
    }

    // MARK: -

    /// A service with all its protections, as it is by itself; tests under a sanitizer run without.
    private func protected(
        in folder: TemporaryFolder, data: String = "data", without: String = ""
    ) throws -> Service {
        try Service(in: folder, data: data, arguments: ["--without-protections", without])
    }

    private func warns(_ service: Service, of name: String) -> Bool {
        eventually { service.log.contains { $0.contains("without a protection") && $0.contains(name) } }
    }

    private func protections(of service: Service) throws -> [String: String] {
        try service.client().send("GET", "/v1/status").members["protections"] as? [String: String] ?? [:]
    }

    /// Who owns what /proc tells of it: root where it is not dumpable.
    private func owner(of service: Service) throws -> UInt32 {
        let path = "/proc/\(service.process.identifier)/mem"
        let owner = try FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? NSNumber
        return try #require(owner).uint32Value
    }

    private func canIntrude(needing protection: String) throws -> Bool {
        let folder = try TemporaryFolder()
        let service = try protected(in: folder)
        defer { _ = try? service.stop() }
        guard try protections(of: service)[protection] == "on" else {
            print("skipped: this kernel gives no \(protection)")
            return false
        }
        guard Int(try intrude(service, SystemCall.getpid, [])) == Int(service.process.identifier) else {
            print("skipped: attaching to the service takes root, ptrace and x86-64")
            return false
        }
        return true
    }

    private func intrude(_ service: Service, _ call: Int, _ arguments: String...) throws -> String {
        try intrude(service, call, arguments)
    }

    /// What a system call answered that a thread of the service was made to issue.
    private func intrude(_ service: Service, _ call: Int, _ arguments: [String]) throws -> String {
        let process = try ChildProcess(
            builtProduct("Intruder"), ["\(service.process.identifier)", "\(call)"] + arguments)
        let output = try process.readToEnd(of: .output, timeout: 20)
        _ = try process.wait()
        return output.filter { $0 != "\n" }
    }
}
