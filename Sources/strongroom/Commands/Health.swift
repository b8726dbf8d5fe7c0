// `strongroom health`: whether a service serves, for probes of containers and units that have no other client.

internal import ArgumentParser

struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a service whether it serves: exit code 0 where it does.",
        discussion: """
            Without an address it asks the service of this host that has the same configuration file and environment, and holds it to \
            the very certificate that these name: what a container's health check needs.
            """)

    @OptionGroup var service: ServiceOptions

    @Option(help: "The service's configuration file. (default: $STRONGROOM_CONFIG)")
    var config: String?

    @Flag(help: "Only whether it lives: also a sealed service does.")
    var live = false

    func run() throws {
        // Any failure is 1: probes know no other.
        _ = try client().send("GET", live ? "/v1/health/live" : "/v1/health/ready")
        try Output.line("ok")
    }

    private func client() throws -> ServiceClient {
        guard service.address == nil, OptionSources.processEnvironment("STRONGROOM_ADDR") == nil else {
            return try service.client()
        }
        do {
            return try ServiceClient(of: Configuration(OptionSources(flags: config.map { ["config": $0] } ?? [:])))
        } catch let error as ConfigurationError {
            throw ValidationError(error.description)
        }
    }
}
