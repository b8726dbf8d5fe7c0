// `strongroom token`: tokens, made and ended.

internal import ArgumentParser
internal import HTTPClient
internal import JSON

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make tokens, and end them.",
        subcommands: [List.self, Create.self, Show.self, Renew.self, Revoke.self])

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List the tokens of roles that you may give.")

        @OptionGroup var client: ClientOptions

        func run(_ service: ServiceClient) throws {
            try service.list("/v1/tokens?limit=1000", of: "tokens", isJSON: isJSON) { tokens in
                try Output.table(
                    ["ID", "NAME", "ROLE", "IDENTITY", "LAST USED", "EXPIRES"],
                    tokens.map { token in
                        [
                            token.shown("id") ?? "", token.shown("name") ?? "",
                            token.shown("roles") ?? token.shown("role") ?? "",
                            token.shown("identity") ?? "-", token.shown("last_used_at") ?? "never",
                            token.shown("expires_at") ?? "never",
                        ]
                    })
            }
        }
    }

    struct Create: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token, and print it this once.",
            discussion: "With `--output` it goes to a file that is closed to others.")

        @OptionGroup var client: ClientOptions

        @Option(help: "Its role.")
        var role: String

        @Option(help: "What it is for, in words.")
        var name: String

        @Option(
            help:
                "How long it lives: seconds, or a number with s, m, h or d. (default: as long as the one it is made with)"
        )
        var ttl: Span?

        @Flag(help: "It does not end with the token that it is made with.")
        var orphan = false

        @Option(name: [.customShort("o"), .long], help: "Where the token goes. (default: standard output)")
        var output: String?

        func run(_ service: ServiceClient) throws {
            let body = Input.body { writer in
                writer.member("role", role)
                writer.member("name", name)
                writer.member("ttl", ttl?.seconds)
                if orphan { writer.member("orphan", true) }
            }
            let answer = try service.answer("POST", "/v1/tokens", body: body)
            try service.handOver(answer) { try write(answer, "token", to: output) }
        }
    }

    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Show whose token is in use.")

        @OptionGroup var client: ClientOptions

        func run(_ service: ServiceClient) throws {
            try print(service.answer("GET", "/v1/tokens/self"), showToken)
        }
    }

    struct Renew: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Give the token in use its time to live anew.")

        @OptionGroup var client: ClientOptions

        func run(_ service: ServiceClient) throws {
            try print(service.answer("POST", "/v1/tokens/self/renew"), showToken)
        }
    }

    struct Revoke: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a token and all that were made with it.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "Its id, or `self` for the one in use.")
        var id: String

        func run(_ service: ServiceClient) throws {
            _ = try service.answer("DELETE", "/v1/tokens/\(Input.segment(id))")
            printError("Revoked.")
        }
    }
}

private func showToken(_ token: JSONValue) throws {
    try Output.members([
        ("id", token.shown("id")), ("name", token.shown("name")), ("role", token.shown("roles") ?? token.shown("role")),
        ("identity", token.shown("identity")), ("made with", token.shown("parent")),
        ("created", token.shown("created_at")),
        ("expires", token.shown("expires_at") ?? "never"), ("last used", token.shown("last_used_at")),
    ])
}
