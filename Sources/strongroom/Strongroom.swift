// The command line's entry: `strongroom` and its commands.

internal import ArgumentParser

@main
struct Strongroom: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "A key service that a team runs itself.",
        discussion: "Applications send data over HTTP and name a key; the keys never leave the core in the clear.",
        groupedSubcommands: [
            CommandGroup(
                name: "Service",
                subcommands: [
                    Serve.self, Initialise.self, Unseal.self, SealCommand.self, StatusCommand.self, Health.self,
                    Rekey.self, RotateRoot.self, AuditCommand.self, ConfigCommand.self, DoctorCommand.self,
                    Version.self,
                ]),
            CommandGroup(
                name: "Key",
                subcommands: [
                    KeyCommand.self, EncryptCommand.self, DecryptCommand.self, SignCommand.self, VerifyCommand.self,
                    MACCommand.self, VerifyMACCommand.self, RandomCommand.self, BackupCommand.self, RestoreCommand.self,
                    ImportKeyCommand.self, ImportCommand.self, ExportCommand.self,
                ]),
            CommandGroup(
                name: "Access",
                subcommands: [
                    LoginCommand.self, LogoutCommand.self, TokenCommand.self, RoleCommand.self, ApprovalCommand.self,
                ]),
        ])

    static func main() {
        StandardStreams.prepare()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            exit(withError: error)
        }
    }

    /// The product's version, as `strongroom version`, GET /v1/status and the OpenAPI document give it.
    static let version = "0.1.0"
}
