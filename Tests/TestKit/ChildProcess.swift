// Runs an executable as a child: for what cannot be in the test's own process, such as a server under a signal or a
// client that needs its own share of descriptors.

internal import Glibc

/// A child process whose standard output and standard error the test reads. Killed when the value is dropped.
public final class ChildProcess {
    public enum Stream: Int { case output, error }

    public let identifier: Int32
    private var pipes: [Int32]
    private var pending: [[UInt8]] = [[], []]
    private var status: Int32?

    /// Starts `executable` (a path), its environment this process's with `environment` laid over it. Options of the service come from
    /// `environment` alone.
    public init(_ executable: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        var output: [Int32] = [0, 0]
        var error: [Int32] = [0, 0]
        guard pipe2(&output), pipe2(&error) else { throw TestError("pipe", code: errno) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_adddup2(&actions, error[1], 2)

        var variables = currentEnvironment()
        for (name, value) in environment { variables[name] = value }
        var argv = ([executable] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var identifier: Int32 = 0
        let code = posix_spawn(&identifier, executable, &actions, nil, &argv, &envp)
        Glibc.close(output[1])
        Glibc.close(error[1])
        self.identifier = identifier
        pipes = [output[0], error[0]]
        guard code == 0 else {
            status = -1
            throw TestError("posix_spawn \(executable)", code: code)
        }
    }

    deinit {
        if status == nil {
            kill(identifier, SIGKILL)
            var status: Int32 = 0
            waitpid(identifier, &status, 0)
        }
        for pipe in pipes { Glibc.close(pipe) }
    }

    /// The next line without its newline; nil at the stream's end.
    public func readLine(from stream: Stream, timeout: Double = 10) throws -> String? {
        let deadline = now() + timeout
        while true {
            if let newline = pending[stream.rawValue].firstIndex(of: 10) {
                let line = String(decoding: pending[stream.rawValue][..<newline], as: UTF8.self)
                pending[stream.rawValue].removeFirst(newline + 1)
                return line
            }
            if !(try receive(stream, deadline)) {
                guard !pending[stream.rawValue].isEmpty else { return nil }
                defer { pending[stream.rawValue] = [] }
                return String(decoding: pending[stream.rawValue], as: UTF8.self)
            }
        }
    }

    /// Everything up to the stream's end.
    public func readToEnd(of stream: Stream, timeout: Double = 10) throws -> String {
        let deadline = now() + timeout
        while try receive(stream, deadline) {}
        defer { pending[stream.rawValue] = [] }
        return String(decoding: pending[stream.rawValue], as: UTF8.self)
    }

    /// Sends a signal, such as `SIGTERM`.
    public func signal(_ number: Int32) {
        if status == nil { kill(identifier, number) }
    }

    /// Waits for its end. Answers the exit code, or minus the signal that ended it.
    public func wait(timeout: Double = 10) throws -> Int32 {
        let deadline = now() + timeout
        while status == nil {
            var raw: Int32 = 0
            let ended = waitpid(identifier, &raw, WNOHANG)
            if ended == identifier {
                status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
            } else if now() > deadline {
                throw TestError("wait", code: ETIMEDOUT)
            } else {
                usleep(2_000)
            }
        }
        return status ?? 0
    }

    private func receive(_ stream: Stream, _ deadline: Double) throws -> Bool {
        var polled = pollfd(fd: pipes[stream.rawValue], events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&polled, 1, Int32(max(deadline - now(), 0) * 1000))
            if ready > 0 { break }
            if ready == 0 || errno != EINTR { throw TestError("read from child", code: ETIMEDOUT) }
        }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let length = read(pipes[stream.rawValue], &buffer, buffer.count)
        guard length >= 0 else { throw TestError("read from child", code: errno) }
        pending[stream.rawValue] += buffer[..<length]
        return length > 0
    }
}

/// Where this build's executables are: beside the test executable.
public func builtProduct(_ name: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let own = length > 0 ? String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    for candidate in [own, CommandLine.arguments[0]] {
        guard let slash = candidate.lastIndex(of: "/") else { continue }
        let path = candidate[...slash] + name
        if access(String(path), X_OK) == 0 { return String(path) }
    }
    throw TestError("\(name) is not beside the test executable: build it first")
}

private func pipe2(_ ends: inout [Int32]) -> Bool {
    guard pipe(&ends) == 0 else { return false }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return true
}

private func currentEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var position = environ
    while let entry = position.pointee {
        let text = String(cString: entry)
        if let equals = text.firstIndex(of: "="), !text.hasPrefix("STRONGROOM_") {
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        position += 1
    }
    return variables
}
