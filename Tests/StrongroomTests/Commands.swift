// Commands that run to their end: the built executable's, and scripts that lay hands on its files.

import TestKit
import Testing

struct Outcome {
    let status: Int32
    let output: String
    let error: String
}

/// Runs the built executable.
func command(_ arguments: [String]) throws -> Outcome {
    let process = try ChildProcess(builtProduct("strongroom"), arguments)
    let output = try process.readToEnd(of: .output, timeout: 60)
    let error = try process.readToEnd(of: .error, timeout: 60)
    return Outcome(status: try process.wait(), output: output, error: error)
}

func python(_ script: String, _ arguments: String...) throws {
    let process = try ChildProcess("/usr/bin/python3", ["-c", script] + arguments)
    let error = try process.readToEnd(of: .error, timeout: 30)
    #expect(try process.wait() == 0, "\(error)")
}
