// The three standard streams, before anything else is opened.

internal import Glibc

enum StandardStreams {
    /// Puts something in the place of a stream that is closed: else a database or a lock gets its number, and what is printed goes
    /// into that. Writing to a standard output that was closed still fails.
    static func prepare() {
        for (stream, mode) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
        where fcntl(stream, F_GETFD) < 0 {
            // The lowest number that is free.
            _ = open("/dev/null", mode)
        }
    }

    /// Whether standard output is a device that forgets what it is given, such as /dev/null.
    static var outputKeepsNothing: Bool {
        var status = stat()
        return fstat(STDOUT_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR && isatty(STDOUT_FILENO) == 0
    }
}
