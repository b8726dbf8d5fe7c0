import Foundation
import Glibc
import Testing

@testable import Observability

@Suite struct LogSinkTests {
    private func append(_ text: String, to sink: LogSink) {
        sink.append { $0.positional("message", text) }
    }

    @Test("a lone line appears by itself")
    func loneLine() throws {
        let connection = try Connection()
        let sink = try LogSink(descriptor: connection.writing)
        append("hello", to: sink)
        #expect(connection.readLines(1).first?.hasSuffix(" hello") == true)
        append("again", to: sink)
        #expect(connection.readLines(1).first?.hasSuffix(" again") == true)
    }

    @Test("one write covers many lines, and none is torn")
    func pieces() throws {
        let connection = try Connection(keepingPieces: ())
        let sink = try LogSink(descriptor: connection.writing)
        let count = 2000
        for number in 0..<count { append("line \(number)", to: sink) }
        let pieces = connection.readPieces(lines: count)
        #expect(pieces.allSatisfy { $0.hasSuffix("\n") && $0.utf8.count <= 4096 })
        let lines = pieces.joined().split(separator: "\n")
        #expect(lines.count == count)
        #expect(lines.enumerated().allSatisfy { $1.hasSuffix(" line \($0)") })
        // 35 bytes a line: a hundred fit into a piece. A good part of that must be reached.
        #expect(pieces.count <= count / 20)
    }

    @Test("lines of several threads all arrive, whole and in each thread's order")
    func threads() throws {
        let connection = try Connection()
        let sink = try LogSink(descriptor: connection.writing)
        let writers = 4
        let each = 2000
        let reader = try Reader { connection.readLines(writers * each) }
        DispatchQueue.concurrentPerform(iterations: writers) { writer in
            for number in 0..<each {
                // More would be dropped than the reader can keep up with: the bound is another test's matter.
                if number % 500 == 0 { sink.flush() }
                append("\(writer) \(number) \(String(repeating: "x", count: number % 200)).", to: sink)
            }
        }
        let lines = reader.lines()
        #expect(lines.count == writers * each)
        #expect(sink.droppedLines == 0)
        var next = [Int](repeating: 0, count: writers)
        for line in lines {
            let parts = line.split(separator: " ")
            guard parts.count == 4, let writer = Int(parts[1]), let number = Int(parts[2]), next[writer] == number,
                parts[3].utf8.count == number % 200 + 1
            else {
                Issue.record("torn or out of order: \(line)")
                return
            }
            next[writer] += 1
        }
    }

    @Test("with a reader that does not read, lines are dropped and counted, nobody waits, and one line says so")
    func stuckReader() throws {
        let connection = try Connection()
        connection.fill()
        let sink = try LogSink(descriptor: connection.writing, capacity: 16384)
        let count = 20_000
        for number in 0..<count { append("line \(number)", to: sink) }
        let dropped = sink.droppedLines
        // What the sink can hold: its buffer, and as much again on its way out.
        #expect(dropped > count - 2 * 16384 / 30)
        #expect(sink.flush(milliseconds: 0) == false)

        let reader = try Reader {
            var lines: [String] = []
            while !(lines.last ?? "").hasSuffix(" end") {
                let more = connection.readLines(1)
                if more.isEmpty { break }
                lines += more
            }
            return lines.filter { !$0.hasPrefix("#") }
        }
        #expect(sink.flush(milliseconds: 20_000))
        append("end", to: sink)
        let lines = reader.lines().dropLast()

        // Each notice stands where its lines are missing, and says how many.
        var next = 0
        var notices = 0
        for line in lines {
            if let match = line.firstMatch(of: /warning log .* dropped=([0-9]+)$/), let gap = Int(match.1) {
                next += gap
                notices += 1
            } else {
                #expect(line.hasSuffix(" line \(next)"))
                next += 1
            }
        }
        #expect(next == count)
        #expect((1...2).contains(notices), "one for what was on its way out, one for the buffer behind it")
        #expect(lines.count == count - dropped + notices)

        append("afterwards", to: sink)
        #expect(sink.flush())
        #expect(connection.readLines(1).first?.hasSuffix(" afterwards") == true)
        #expect(sink.droppedLines == dropped)
    }

    @Test("lines that cannot be written are counted as dropped")
    func closedReader() throws {
        let connection = try Connection()
        let other = try Connection()
        // The number of the reading end stays taken, so that nobody else's descriptor gets it.
        #expect(dup2(other.writing, connection.reading) == connection.reading)
        let sink = try LogSink(descriptor: connection.writing)
        for number in 0..<10 { append("line \(number)", to: sink) }
        sink.flush()
        #expect(sink.droppedLines == 10)
    }

    @Test("flushing writes at once, on the caller's thread, and into a file too")
    func file() throws {
        let path = "/tmp/strongroom-log-\(UUID().uuidString)"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        let sink = try LogSink(descriptor: descriptor)
        for number in 0..<5000 { append("line \(number)", to: sink) }
        #expect(sink.flush())
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.split(separator: "\n").count == 5000)
        #expect(text.hasSuffix(" line 4999\n"))
    }

    @Test("closing writes what is left; later lines are written by flushing")
    func closing() throws {
        let connection = try Connection()
        let sink = try LogSink(descriptor: connection.writing)
        append("last", to: sink)
        sink.close()
        sink.close()
        #expect(connection.readLines(1).first?.hasSuffix(" last") == true)
        append("late", to: sink)
        #expect(sink.flush())
        #expect(connection.readLines(1).first?.hasSuffix(" late") == true)
    }

    @Test("a sink that nobody refers to any more writes what is left")
    func dropped() throws {
        let connection = try Connection()
        do {
            let sink = try LogSink(descriptor: connection.writing)
            append("last", to: sink)
        }
        #expect(connection.readLines(1).first?.hasSuffix(" last") == true)
    }

    @Test("with nothing to write the sink's thread sleeps")
    func idle() async {
        // In a process of its own: the other tests' sinks have threads of the same name.
        await #expect(processExitsWith: .success) {
            let connection = try Connection()
            let sink = try LogSink(descriptor: connection.writing)
            sink.append { $0.positional("message", "hello") }
            guard connection.readLines(1).count == 1 else { exit(2) }
            usleep(100_000)
            guard let before = switchesOfLogThread(), before > 0 else { exit(3) }
            usleep(300_000)
            guard switchesOfLogThread() == before else { exit(4) }
            sink.append { $0.positional("message", "again") }
            guard connection.readLines(1).count == 1, let after = switchesOfLogThread(), after > before else { exit(5) }
        }
    }
}

/// How often the thread named `log` has gone to sleep so far.
private func switchesOfLogThread() -> Int? {
    for task in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
        let folder = "/proc/self/task/\(task)/"
        guard (try? String(contentsOfFile: folder + "comm", encoding: .utf8)) == "log\n" else { continue }
        let status = (try? String(contentsOfFile: folder + "status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
        return line?.split(separator: "\t").last.flatMap { Int($0) }
    }
    return nil
}
