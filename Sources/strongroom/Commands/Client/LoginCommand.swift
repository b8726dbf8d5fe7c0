// `strongroom login` and `logout`: what proves who one is, exchanged for a token that is put away for the other commands.

internal import ArgumentParser
internal import Bytes
internal import Glibc
internal import HTTPClient
internal import JSON

struct LoginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log in, for a token that ends soon.",
        discussion: """
            The token is put into ~/.config/strongroom/token, closed to others, where the other commands find it; or printed, with \
            `--print`.
            """, subcommands: [JWT.self, Certificate.self, Peer.self])

    struct Options: ParsableArguments {
        @OptionGroup var service: ServiceOptions

        @Option(help: "The role that is asked for.")
        var role: String

        @Flag(help: "Print the token, and put it nowhere.")
        var print = false

        @Flag(help: "Print what the service answers, as JSON, and put the token nowhere.")
        var json = false

        /// - Parameter complete: writes what the way takes besides the role.
        func logIn(by way: String, _ complete: (inout JSONWriter) throws -> Void = { _ in }) throws {
            try endingWell {
                let body = try Input.body { writer in
                    writer.member("role", role)
                    try complete(&writer)
                }
                let client = try service.client()
                let answer = try client.answer("POST", "/v1/login/\(way)", body: body)
                if json { return try client.handOver(answer) { try Output.write(shownJSON(answer.body)) } }
                let token = try answer.line("token")
                if print { return try client.handOver(answer) { try Output.write(token) } }
                var file = ""
                try client.handOver(answer) { file = try Self.putAway(token) }
                try answer.read { answer in
                    let (who, end) = (answer.shown("identity") ?? "", answer.shown("expires_at") ?? "")
                    printError("Logged in as \(who), \(role), until \(end); the token is in \(file).")
                }
            }
        }

        private static func putAway(_ token: ByteBuffer) throws -> String {
            guard let folder = ClientSettings.folder, let file = ClientSettings.tokenFile else {
                throw ServiceClientError("there is no home to put the token into: use --print")
            }
            let parent = strongroom.folder(of: folder)
            for path in [parent, folder] where mkdir(path, 0o700) != 0 && errno != EEXIST {
                throw ServiceClientError("\(path): \(String(cString: strerror(errno)))")
            }
            try NewFile.write(token, to: file)
            return file
        }
    }

    struct JWT: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "jwt", abstract: "Log in with a JSON Web Token.")

        @OptionGroup var options: Options

        @Option(help: "The file with the JSON Web Token, or - for standard input.")
        var jwtFile: String

        func run() throws {
            try options.logIn(by: "jwt") { writer in writer.member("jwt", text: try Input.readTrimmed(jwtFile)) }
        }
    }

    struct Certificate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Log in with the certificate of `--certificate` and `--certificate-key`.")

        @OptionGroup var options: Options

        func run() throws { try options.logIn(by: "certificate") }
    }

    struct Peer: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Log in as the user that you are on this host, over the service's Unix socket.")

        @OptionGroup var options: Options

        func run() throws { try options.logIn(by: "peer") }
    }
}

struct LogoutCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Revoke the token in use, and take it away from where `login` has put it.")

    @OptionGroup var client: ClientOptions

    func run(_ service: ServiceClient) throws {
        _ = try service.answer("DELETE", "/v1/tokens/self")
        if client.tokenFile == nil, getenv("STRONGROOM_TOKEN") == nil, let file = ClientSettings.tokenFile {
            unlink(file)
        }
        printError("Logged out.")
    }
}
