// `strongroom audit list`: records of a running service's trail.

internal import ArgumentParser
internal import HTTPClient
internal import JSON

struct AuditList: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List records of a running service.",
        discussion: "They are what the service says; `verify` on the files is what proves them.")

    @OptionGroup var client: ClientOptions

    @Option(help: "Begin after the record of this number.")
    var after = 0

    @Option(help: "How many, 1 to 1000.")
    var limit = 100

    func run(_ service: ServiceClient) throws {
        try print(service.answer("GET", "/v1/audit?after=\(after)&limit=\(limit)")) { answer in
            try Output.table(
                ["NUMBER", "TIME", "OPERATION", "OUTCOME", "BY", "ON"],
                answer.elements("records").map { record in
                    [
                        record.shown("sequence") ?? "", record.shown("time") ?? "", record.shown("operation") ?? "",
                        record.shown("code") ?? record.shown("outcome") ?? "",
                        record.shown("identity") ?? record.shown("token_id") ?? "-",
                        record.shown("key") ?? record.shown("subject") ?? record.shown("approval") ?? "-",
                    ]
                })
        }
    }
}
