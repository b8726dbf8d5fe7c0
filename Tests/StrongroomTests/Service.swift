// The built executable as a child process: started, asked over HTTP, and stopped or killed.

import Foundation
import TestKit
import Testing

/// A running `strongroom serve`. Its standard error goes to a file, so that it never waits for the test to read.
final class Service {
    let process: ChildProcess
    let port: UInt16
    let data: String
    private let logFile: String

    /// Starts on a free port, and returns when it serves.
    /// - Parameter folder: what its data folder and its log are in.
    init(
        in folder: TemporaryFolder, data: String = "data", arguments: [String] = [],
        environment: [String: String] = [:], server: String = "strongroom", host: Host = .asItIs
    ) throws {
        self.data = folder.file(data)
        let launch = try Launch(
            in: folder, ["--data", folder.file(data), "--listen", "127.0.0.1:0"] + arguments,
            environment: ["STRONGROOM_CHECK_ANSWERS": "true"].merging(environment) { $1 }, server: server, host: host)
        process = launch.process
        logFile = launch.logFile
        var found: UInt16?
        var status: Int32?
        let settled = eventually(within: 20) {
            let line = launch.log.first { $0.contains("serving") && $0.contains("://127.0.0.1:") }
            found = line.flatMap { line in
                UInt16(line.components(separatedBy: "://127.0.0.1:").last?.prefix { $0.isNumber } ?? "")
            }
            if found == nil { status = try? launch.process.wait(timeout: 0) }
            return found != nil || status != nil
        }
        guard settled, let found else { throw TestError("it did not start: \(launch.log.joined(separator: "\n"))") }
        port = found
    }

    /// The lines on standard error so far.
    var log: [String] { lines(of: logFile) }

    var token: String {
        get throws { String(decoding: try readFile(data + "/admin-token"), as: UTF8.self).filter { $0 != "\n" } }
    }

    /// Stops it, and gives the exit code.
    @discardableResult
    func stop() throws -> Int32 {
        process.signal(SIGTERM)
        return try process.wait(timeout: 30)
    }
}

/// A `strongroom serve` of which it is open whether it will run.
struct Launch {
    let process: ChildProcess
    let logFile: String

    /// - Parameter server: one that lies beside the tests: `strongroom`, or what .ci/link-test-servers.sh makes of it.
    init(
        in folder: TemporaryFolder, _ arguments: [String], environment: [String: String] = [:],
        server: String = "strongroom", host: Host = .asItIs
    ) throws {
        logFile = folder.file("log-\(UInt32.random(in: 0 ... .max))")
        process = try ChildProcess(
            "/bin/sh", ["-c", host.script, try host.executable(server, in: folder)] + arguments,
            environment: environment.merging(["LOG": logFile]) { $1 })
    }

    var log: [String] { lines(of: logFile) }
}

private func lines(of file: String) -> [String] {
    String(decoding: (try? readFile(file)) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
}

/// A client with a token. One thread at a time.
final class Client {
    private let connection: TestConnection
    private let token: String

    /// - Parameter timeout: seconds; making an RSA key takes some, on a busy machine many.
    init(port: UInt16, token: String, timeout: Double = 30) throws {
        connection = try TestConnection(port: port, timeout: timeout)
        self.token = token
    }

    func send(_ method: String, _ path: String, _ body: String? = nil) throws -> (status: Int, members: [String: Any]) {
        let headers = [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")]
        let response = try connection.request(method, path, headers: headers, body: body.map { Array($0.utf8) })
        let members = try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return (response.status, members ?? [:])
    }

    /// The body of an answer that is no JSON.
    func text(_ path: String) throws -> String {
        let response = try connection.request("GET", path, headers: [("Authorization", "Bearer \(token)")], body: nil)
        return String(decoding: response.body, as: UTF8.self)
    }

    /// The ciphertext of a text; nil where it was refused.
    func encrypt(_ text: String, with key: String) throws -> String? {
        let plaintext = Data(text.utf8).base64EncodedString()
        return try send("POST", "/v1/keys/\(key)/encrypt", "{\"plaintext\":\"\(plaintext)\"}").members["ciphertext"]
            as? String
    }

    func decrypt(_ ciphertext: String, with key: String) throws -> String? {
        let answer = try send("POST", "/v1/keys/\(key)/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}")
        let plaintext = (answer.members["plaintext"] as? String).flatMap { Data(base64Encoded: $0) }
        return plaintext.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension Service {
    func client() throws -> Client { try Client(port: port, token: try token) }
}
