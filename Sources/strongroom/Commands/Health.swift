// `strongroom health`: whether a service serves, for probes of containers and units that have no other client.

internal import ArgumentParser

struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a service whether it serves: exit code 0 where it does.")

    @OptionGroup var service: ServiceOptions

    @Flag(help: "Only whether it lives: also a sealed service does.")
    var live = false

    func run() throws {
        // Any failure is 1: probes know no other.
        _ = try service.client().send("GET", live ? "/v1/health/live" : "/v1/health/ready")
        print("ok")
    }
}
