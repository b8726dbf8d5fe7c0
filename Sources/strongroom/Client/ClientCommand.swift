// A command that uses a service: what it prints, and with which exit code it ends.

internal import ArgumentParser
internal import Bytes
internal import Glibc
internal import HTTPClient
internal import JSON

/// How a command that talks to a service ends; docs/cli.md lists the same.
enum ClientExit: Int32 {
    /// There is no answer, or something on this side is amiss.
    case failed = 1
    /// The service has refused it.
    case refused = 2
    /// The service could not do it, or not now.
    case unavailable = 3
    /// It was done, and the answer is no.
    case no = 4
}

protocol ClientCommand: ParsableCommand {
    var client: ClientOptions { get }

    /// - Parameter service: with the token.
    func run(_ service: ServiceClient) throws
}

extension ClientCommand {
    var isJSON: Bool { client.json }

    func run() throws { try endingWell { try run(client.client()) } }

    /// Prints an answer as it is for `--json`, else as `show` has it.
    func print(_ answer: HTTPAnswer, _ show: (JSONValue) throws -> Void) throws {
        if isJSON { try Output.json(answer.body) } else { try answer.read(show) }
    }
}

extension HTTPAnswer {
    /// Reads the body as JSON. The value is good until `body` returns.
    func read<Result>(_ body: (JSONValue) throws -> Result) throws -> Result {
        guard let document = try? JSONDocument.parse(self.body.bytes) else {
            throw ServiceClientError("the answer is not JSON")
        }
        return try withExtendedLifetime(document) { try body(document.root) }
    }
}

/// Runs a command's work, and puts how it failed in words and an exit code.
func endingWell(_ work: () throws -> Void) throws {
    // A reader that goes away is an error of writing, and not a signal.
    signal(SIGPIPE, SIG_IGN)
    do { try work() } catch let error as WriteError {
        printError("Error: \(error.description)")
        throw ExitCode(ClientExit.failed.rawValue)
    } catch let error as ServiceClientError {
        printError("Error: \(error.description)")
        let exit: ClientExit =
            switch error.status ?? 0 {
            case 400..<500: .refused
            case 500...: .unavailable
            default: .failed
            }
        throw ExitCode(exit.rawValue)
    }
}
