// `strongroom key`: making keys and their whole life.

internal import ArgumentParser
internal import Bytes
internal import HTTPClient
internal import JSON

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make keys, look at them, and see to their life.",
        subcommands: [
            List.self, Create.self, Show.self, Update.self, Rotate.self, Version.self, PublicKey.self, Delete.self,
            CancelDeletion.self,
        ])

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys that you may see.")

        @OptionGroup var client: ClientOptions

        @Option(help: "Only keys of this ring. (default: the default ring)")
        var ring: String?

        @Option(help: "Only names that begin so.")
        var prefix: String?

        @Option(help: "Only keys with this label: NAME=VALUE.")
        var label: String?

        func run(_ service: ServiceClient) throws {
            var query = "limit=1000"
            if let ring { query += "&ring=\(Input.segment(ring))" }
            if let prefix { query += "&prefix=\(Input.segment(prefix))" }
            if let label { query += "&label=\(Input.segment(label))" }
            try service.list("/v1/keys?\(query)", of: "keys", isJSON: isJSON) { pages in
                let rows = pages.map { key in
                    [
                        key.shown("name") ?? "", key.shown("algorithm") ?? "", key.shown("latest_version") ?? "",
                        state(key), key.shown("created_at") ?? "",
                    ]
                }
                try Output.table(["NAME", "ALGORITHM", "VERSION", "STATE", "CREATED"], rows)
            }
        }
    }

    struct Create: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key.")

        @OptionGroup var client: ClientOptions
        @OptionGroup var settings: KeySettings

        @Argument(help: "The key's name.")
        var name: String

        @Option(help: "As `strongroom status` lists them. (default: the service's, xaes-256-gcm)")
        var algorithm: String?

        func run(_ service: ServiceClient) throws {
            let body = Input.body { writer in
                writer.member("name", name)
                writer.member("algorithm", algorithm)
                settings.write(to: &writer)
            }
            try print(service.answer("POST", "/v1/keys", body: body), showKey)
        }
    }

    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Show a key and its versions.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "The key's name.")
        var name: String

        func run(_ service: ServiceClient) throws {
            try print(service.answer("GET", "/v1/keys/\(Input.segment(name))"), showKey)
        }
    }

    struct Update: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Change what may be changed of a key.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "The key's name.")
        var name: String

        @Option(help: "Ciphertexts of earlier versions no longer decrypt.")
        var minDecryptVersion: Int?

        @Option(help: "Make a new version when the latest is so old: seconds, or with s, m, h or d. 0: no more.")
        var rotationPeriod: String?

        @Option(help: "How many others have to approve what is sensitive.")
        var minApprovals: Int?

        @Option(help: "Who counts as one of them: token or identity.")
        var approvalsBy: String?

        @Option(help: "A label, NAME=VALUE, in place of those that there are; may be given again.")
        var label: [Label] = []

        @Flag(inversion: .prefixedNo, help: "Whether it is kept from being deleted.")
        var deletionProtected: Bool?

        func validate() throws {
            if let rotationPeriod, rotationPeriod != "0", Span(argument: rotationPeriod) == nil {
                throw ValidationError("--rotation-period takes seconds, or a number with s, m, h or d")
            }
        }

        func run(_ service: ServiceClient) throws {
            let body = Input.body { writer in
                writer.member("min_decrypt_version", minDecryptVersion)
                if let rotationPeriod {
                    writer.name("rotation_period")
                    if let span = Span(argument: rotationPeriod) { writer.integer(span.seconds) } else { writer.null() }
                }
                writer.member("min_approvals", minApprovals)
                writer.member("approvals_by", approvalsBy)
                writer.member("labels", label)
                writer.member("deletion_protected", deletionProtected)
            }
            try print(service.answer("PATCH", "/v1/keys/\(Input.segment(name))", body: body), showKey)
        }
    }

    struct Rotate: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Make a new version, which is used from then on.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "The key's name.")
        var name: String

        func run(_ service: ServiceClient) throws {
            try print(service.answer("POST", "/v1/keys/\(Input.segment(name))/rotate"), showKey)
        }
    }

    struct Version: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enable or disable a version, or destroy it for good.")

        enum State: String, ExpressibleByArgument, CaseIterable { case enabled, disabled, destroyed }

        @OptionGroup var client: ClientOptions

        @Argument(help: "The key's name.")
        var name: String

        @Argument(help: "The version's number.")
        var version: Int

        @Argument(help: "enabled, disabled or destroyed.")
        var state: State

        func run(_ service: ServiceClient) throws {
            let body = Input.body { writer in writer.member("state", state.rawValue) }
            let path = "/v1/keys/\(Input.segment(name))/versions/\(version)"
            try print(service.answer("PATCH", path, body: body)) { answer in
                try Output.members([("version", answer.shown("version")), ("state", answer.shown("state"))])
            }
        }
    }

    struct PublicKey: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Get the public key of a key that has one.")

        enum Format: String, ExpressibleByArgument, CaseIterable { case pem, der, jwk, raw }

        @OptionGroup var client: ClientOptions

        @Argument(help: "The key's name.")
        var name: String

        @Option(help: "The version. (default: the latest enabled one)")
        var version: Int?

        @Option(help: "pem, der, jwk or raw.")
        var format = Format.pem

        @Option(name: [.customShort("o"), .long], help: "Where it goes. (default: standard output)")
        var output: String?

        func run(_ service: ServiceClient) throws {
            let query = "format=\(format.rawValue)" + (version.map { "&version=\($0)" } ?? "")
            let answer = try service.answer("GET", "/v1/keys/\(Input.segment(name))/public-key?\(query)")
            // Those two are text, which may end on a terminal.
            let isText = [.pem, .jwk].contains(format)
            guard !isText || answer.body.bytes.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x0A }) else {
                throw ServiceClientError("the answer is not a public key")
            }
            try Output.write(answer.body, toFile: output)
        }
    }

    struct Delete: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a key, after a time in which it can be taken back.",
            discussion: "A key is kept from it until `strongroom key update NAME --no-deletion-protected`.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "The key's name.")
        var name: String

        @Option(help: "Days until it is gone, 0 to 90. (default: 30)")
        var afterDays: Int?

        func run(_ service: ServiceClient) throws {
            let body = afterDays.map { days in Input.body { writer in writer.member("after_days", days) } }
            try print(service.answer("DELETE", "/v1/keys/\(Input.segment(name))", body: body), showKey)
        }
    }

    struct CancelDeletion: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Keep a key that was to be deleted.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "The key's name.")
        var name: String

        func run(_ service: ServiceClient) throws {
            try print(service.answer("POST", "/v1/keys/\(Input.segment(name))/cancel-deletion"), showKey)
        }
    }
}

/// What a key is given when it is made, whichever way.
struct KeySettings: ParsableArguments {
    @Option(help: "What it may be used for; may be given again. (default: all that its algorithm can)")
    var usage: [String] = []

    @Flag(help: "It may be exported, where the service allows that.")
    var exportable = false

    @Flag(help: "Each use names a context, and has a key of its own derived for it.")
    var derived = false

    @Flag(help: "The same plaintext in the same context has the same ciphertext; for derived keys.")
    var convergent = false

    @Option(help: "Make a new version when the latest is so old: seconds, or a number with s, m, h or d.")
    var rotationPeriod: Span?

    @Option(help: "How many others have to approve what is sensitive.")
    var minApprovals: Int?

    @Option(help: "Who counts as one of them: token or identity. (default: token)")
    var approvalsBy: String?

    @Option(help: "A label, NAME=VALUE; may be given again.")
    var label: [Label] = []

    func write(to writer: inout JSONWriter) {
        writer.member("usages", usage)
        if exportable { writer.member("exportable", true) }
        if derived { writer.member("derived", true) }
        if convergent { writer.member("convergent", true) }
        writer.member("rotation_period", rotationPeriod?.seconds)
        writer.member("min_approvals", minApprovals)
        writer.member("approvals_by", approvalsBy)
        writer.member("labels", label)
    }
}

private func state(_ key: JSONValue) -> String {
    key.shown("deletion_at").map { "deleted at \($0)" } ?? key.shown("state") ?? ""
}

func showKey(_ key: JSONValue) throws {
    let flags = [
        ("exportable", key.member("exportable")), ("derived", key.member("derived")),
        ("convergent", key.member("convergent")),
    ]
    .filter { $0.1?.boolean == true }.map(\.0)
    try Output.members([
        ("name", key.shown("name")), ("algorithm", key.shown("algorithm")), ("usages", key.shown("usages")),
        ("flags", flags.isEmpty ? nil : flags.joined(separator: ", ")),
        ("labels", key.shown("labels").flatMap { $0.isEmpty ? nil : $0 }), ("state", state(key)),
        ("kept from deletion", key.shown("deletion_protected")), ("approvals", key.shown("min_approvals")),
        ("approved by", key.shown("approvals_by")),
        ("rotated every", key.shown("rotation_period").map { "\($0) s" }),
        ("next rotation", key.shown("next_rotation_at")),
        ("decrypts from version", key.shown("min_decrypt_version")),
    ])
    let versions = key.elements("versions")
    guard !versions.isEmpty else { return }
    try Output.line("")
    try Output.table(
        ["VERSION", "STATE", "CREATED"],
        versions.map { [$0.shown("version") ?? "", $0.shown("state") ?? "", $0.shown("created_at") ?? ""] })
}
