// The command line's entry: `strongroom` and its commands.

internal import ArgumentParser

@main
struct Strongroom: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "A key service that a team runs itself.",
        discussion: "Applications send data over HTTP and name a key; the keys never leave the core in the clear.",
        subcommands: [
            Serve.self, Initialise.self, Unseal.self, SealCommand.self, Rekey.self, RotateRoot.self,
            AuditCommand.self, Health.self, ConfigCommand.self, DoctorCommand.self, Version.self,
        ])

    /// The product's version, as `strongroom version`, GET /v1/status and the OpenAPI document give it.
    static let version = "0.1.0"
}
