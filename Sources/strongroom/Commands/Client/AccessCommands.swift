// `strongroom role`, `token` and `approval`: who may do what, and what waits for others.

internal import ArgumentParser
internal import Bytes
internal import Glibc
internal import HTTPClient
internal import JSON

struct RoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "See to roles.", subcommands: [List.self, Show.self, Put.self, Delete.self])

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List roles.")

        @OptionGroup var client: ClientOptions

        func run(_ service: ServiceClient) throws {
            try print(service.answer("GET", "/v1/roles")) { answer in
                try Output.table(
                    ["NAME", "GRANTS", "CREATED"],
                    answer.elements("roles").map {
                        [$0.shown("name") ?? "", "\($0.elements("grants").count)", $0.shown("created_at") ?? ""]
                    })
            }
        }
    }

    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Show a role's grants.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "The role's name.")
        var name: String

        func run(_ service: ServiceClient) throws {
            try print(service.answer("GET", "/v1/roles/\(Input.segment(name))"), showRole)
        }
    }

    struct Put: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a role, or give it other grants.",
            discussion: "The grants are a JSON object with the member `grants`, as docs/access.md has them.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "The role's name.")
        var name: String

        @Argument(help: "The file with the grants. (default: standard input)")
        var file: String?

        func run(_ service: ServiceClient) throws {
            let given = try Input.read(file, limit: 65_536)
            guard let grants = try? JSONDocument.parse(given.bytes), let list = grants.root.member("grants") else {
                throw ServiceClientError("\(file ?? "standard input"): is not a JSON object with the member `grants`")
            }
            func body(_ name: String?) -> ByteBuffer {
                Input.body { writer in
                    writer.member("name", name)
                    writer.name("grants")
                    writer.value(list)
                }
            }
            do {
                try print(service.answer("PUT", "/v1/roles/\(Input.segment(name))", body: body(nil)), showRole)
            } catch let error as ServiceClientError where error.code == "role_not_found" {
                try print(service.answer("POST", "/v1/roles", body: body(name)), showRole)
            }
        }
    }

    struct Delete: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a role that no token has.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "The role's name.")
        var name: String

        func run(_ service: ServiceClient) throws {
            _ = try service.answer("DELETE", "/v1/roles/\(Input.segment(name))")
            printError("Removed.")
        }
    }
}

private func showRole(_ role: JSONValue) throws {
    try Output.members([("name", role.shown("name")), ("created", role.shown("created_at"))])
    try Output.line("")
    try Output.table(
        ["EFFECT", "OPERATIONS", "ON", "ONLY"],
        role.elements("grants").map { grant in
            let terms = [
                grant.shown("associated_data").map { "associated data \($0)" },
                grant.shown("networks").map { "from \($0)" },
                grant.shown("rate").map { "rate \($0)" }, grant.shown("approvals").map { "approvals \($0)" },
            ].compactMap(\.self)
            let on = grant.shown("roles").map { "roles \($0)" } ?? "keys \(grant.shown("keys") ?? "*")"
            return [
                grant.shown("effect") ?? "allow", grant.shown("operations") ?? "", on, terms.joined(separator: ", "),
            ]
        })
}

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
                            token.shown("id") ?? "", token.shown("name") ?? "", token.shown("role") ?? "",
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
            try write(service.answer("POST", "/v1/tokens", body: body), "token", to: output)
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

func showToken(_ token: JSONValue) throws {
    try Output.members([
        ("id", token.shown("id")), ("name", token.shown("name")), ("role", token.shown("role")),
        ("identity", token.shown("identity")), ("made with", token.shown("parent")),
        ("created", token.shown("created_at")),
        ("expires", token.shown("expires_at") ?? "never"), ("last used", token.shown("last_used_at")),
    ])
}

struct ApprovalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approval", abstract: "Look at what waits for approval, and decide it.",
        subcommands: [List.self, Show.self, Approve.self, Deny.self])

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List what you asked for, and what you may decide.")

        @OptionGroup var client: ClientOptions

        func run(_ service: ServiceClient) throws {
            try service.list("/v1/approvals?limit=1000", of: "approvals", isJSON: isJSON) { approvals in
                try Output.table(
                    ["ID", "STATE", "REQUEST", "BY", "GIVEN", "EXPIRES"],
                    approvals.map { approval in
                        [
                            approval.shown("id") ?? "", approval.shown("state") ?? "", approval.shown("request") ?? "",
                            requester(approval), "\(given(approval)) of \(approval.shown("needed") ?? "")",
                            approval.shown("expires_at") ?? "",
                        ]
                    })
            }
        }
    }

    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Show one request for approval.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "Its id.")
        var id: String

        func run(_ service: ServiceClient) throws {
            try print(service.answer("GET", "/v1/approvals/\(Input.segment(id))"), showApproval)
        }
    }

    struct Approve: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Approve a request of another's.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "Its id.")
        var id: String

        func run(_ service: ServiceClient) throws { try print(service.decide("approve", id), showApproval) }
    }

    struct Deny: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Deny a request of another's.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "Its id.")
        var id: String

        func run(_ service: ServiceClient) throws { try print(service.decide("deny", id), showApproval) }
    }
}

extension ServiceClient {
    fileprivate func decide(_ decision: String, _ id: String) throws(ServiceClientError) -> HTTPAnswer {
        try answer(
            "POST", "/v1/approvals/\(Input.segment(id))",
            body: Input.body { writer in writer.member("decision", decision) })
    }
}

private func given(_ approval: JSONValue) -> Int {
    approval.elements("decisions").count { $0.shown("decision") == "approve" }
}

private func requester(_ approval: JSONValue) -> String {
    let by = approval.member("requested_by")
    return by?.shown("identity") ?? "\(by?.shown("role") ?? "") (\(by?.shown("token_id") ?? ""))"
}

private func showApproval(_ approval: JSONValue) throws {
    try Output.members([
        ("id", approval.shown("id")), ("state", approval.shown("state")), ("request", approval.shown("request")),
        ("body, SHA-256", approval.shown("body_sha256")), ("asked for by", requester(approval)),
        ("given", "\(given(approval)) of \(approval.shown("needed") ?? "")"), ("expires", approval.shown("expires_at")),
    ])
    for decision in approval.elements("decisions") {
        let who = decision.shown("identity") ?? "\(decision.shown("role") ?? "") (\(decision.shown("token_id") ?? ""))"
        try Output.line("  \(decision.shown("decision") ?? "") by \(who) at \(decision.shown("decided_at") ?? "")")
    }
}
