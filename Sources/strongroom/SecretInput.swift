// Secrets that an operator gives: from the terminal, where they are not shown, or from a file or standard input. Never from the
// command line or the environment, which other processes see.

internal import Bytes
internal import Glibc

/// Why a secret could not be read.
struct SecretInputError: Error, CustomStringConvertible {
    let description: String
}

enum SecretInput {
    /// One line, without its end. The buffer is wiped when it goes.
    /// - Parameter file: where it is read from instead of the terminal; `-` for standard input. A file must not be open to
    ///   group or others.
    static func line(_ prompt: String, file: String?) throws(SecretInputError) -> ByteBuffer {
        guard let first = try lines(prompt, file: file, count: 1).first else {
            throw SecretInputError(description: "there is nothing to read")
        }
        return first
    }

    /// Up to `count` lines that are not empty, asked for one by one on a terminal.
    static func lines(_ prompt: String, file: String?, count: Int) throws(SecretInputError) -> [ByteBuffer] {
        guard let file else { return try fromTerminal(prompt, count: count) }
        if file == "-" { return read(STDIN_FILENO, count: count) }
        // Whoever started the command has opened it.
        if file.hasPrefix("/dev/fd/"), let descriptor = Int32(file.dropFirst(8)) {
            return read(descriptor, count: count)
        }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SecretInputError(description: "\(file): \(reason())") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw SecretInputError(description: "\(file) is open to others: chmod 600 it, and ask who has read it")
        }
        return read(descriptor, count: count)
    }

    private static func fromTerminal(_ prompt: String, count: Int) throws(SecretInputError) -> [ByteBuffer] {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else {
            throw SecretInputError(description: "there is no terminal to ask on: give a file, or - for standard input")
        }
        defer { close(terminal) }
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else { throw SecretInputError(description: "\(reason())") }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer { tcsetattr(terminal, TCSAFLUSH, &settings) }
        var lines: [ByteBuffer] = []
        while lines.count < count {
            let text = count == 1 ? "\(prompt): " : "\(prompt) \(lines.count + 1) of \(count): "
            _ = write(terminal, text, text.utf8.count)
            let given = read(terminal, count: 1)
            _ = write(terminal, "\n", 1)
            guard let line = given.first else { break }
            lines.append(line)
        }
        return lines
    }

    /// A byte at a time, so that nothing behind the last line is taken, and none is kept anywhere else.
    private static func read(_ descriptor: Int32, count: Int) -> [ByteBuffer] {
        var lines: [ByteBuffer] = []
        var line = ByteBuffer(minimumCapacity: lineLimit)
        var byte: UInt8 = 0
        while lines.count < count, Glibc.read(descriptor, &byte, 1) == 1 {
            if byte != UInt8(ascii: "\n") {
                if line.count < lineLimit { line.append(byte) }
            } else if line.count > 0 {
                lines.append(line)
                line = ByteBuffer(minimumCapacity: lineLimit)
            }
        }
        if line.count > 0, lines.count < count { lines.append(line) }
        return lines
    }

    /// Bytes; longer than any secret that is taken.
    private static let lineLimit = 2048

    private static func reason() -> String { String(cString: strerror(errno)) }
}
