// `strongroom approval`: what waits for others, and their decisions.

internal import ArgumentParser
internal import HTTPClient
internal import JSON

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
