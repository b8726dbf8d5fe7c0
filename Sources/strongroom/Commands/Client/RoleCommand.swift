// `strongroom role`: what there are of roles, and what they grant.

internal import ArgumentParser
internal import Bytes
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
