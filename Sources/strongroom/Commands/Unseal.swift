// `strongroom unseal` and `strongroom seal`: a running service, over HTTP.

internal import ArgumentParser
internal import Bytes
internal import JSON

struct ServiceOptions: ParsableArguments {
    @Option(
        help:
            "Where the service listens: http://HOST:PORT, https://HOST:PORT or unix:PATH. (default: $STRONGROOM_ADDR, or http://127.0.0.1:8200)"
    )
    var address: String?

    @Option(
        help:
            "The authorities that the service's certificate is held to, in PEM. (default: $STRONGROOM_CACERT, or the system's)"
    )
    var ca: String?

    func client(token: ByteBuffer? = nil) throws -> ServiceClient {
        let environment = OptionSources.processEnvironment
        return try ServiceClient(
            address: address ?? environment("STRONGROOM_ADDR") ?? "http://127.0.0.1:8200",
            authorities: ca ?? environment("STRONGROOM_CACERT"), token: token)
    }
}

struct Unseal: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a running service its passphrase, or shares until there are enough.")

    @OptionGroup var service: ServiceOptions

    @Option(
        help:
            "A file with the passphrase, or with shares, a line each; - for standard input. (default: they are asked for)"
    )
    var secretsFile: String?

    func run() throws {
        let client = try service.client()
        let state = try client.send("GET", "/v1/unseal")
        guard state.root.member("sealed")?.boolean == true else {
            printError("It is not sealed.")
            return
        }
        switch state.root.member("method")?.string {
        case "passphrase":
            let passphrase = try SecretInput.line("Passphrase", file: secretsFile)
            report(try client.send("POST", "/v1/unseal", body: body("passphrase", passphrase)))
        case "shares":
            let shares = state.root.member("shares")
            let missing = (shares?.member("threshold")?.integer ?? 1) - (shares?.member("given")?.integer ?? 0)
            // One holder gives one share; whoever has several gives them in a file.
            let count = secretsFile == nil ? 1 : missing
            for share in try SecretInput.lines("Share", file: secretsFile, count: count) {
                report(try client.send("POST", "/v1/unseal", body: body("share", share)))
            }
        default: throw ValidationError("it reads its key file when it starts: restart it")
        }
    }

    private func body(_ name: StaticString, _ secret: ByteBuffer) -> ByteBuffer {
        let body = ByteBuffer(minimumCapacity: 4096)
        var writer = JSONWriter(body)
        writer.beginObject()
        writer.name(name)
        writer.string(secret.bytes)
        writer.endObject()
        return body
    }

    private func report(_ state: JSONDocument) {
        if state.root.member("sealed")?.boolean == false {
            printError("Unsealed.")
        } else {
            let shares = state.root.member("shares")
            let given = shares?.member("given")?.integer ?? 0
            printError("Sealed still: \(given) of \(shares?.member("threshold")?.integer ?? 0) shares.")
        }
    }
}

struct SealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal", abstract: "Seal a running service: it opens nothing until it is unsealed.")

    @OptionGroup var service: ServiceOptions

    @Option(help: "A file with a token, or - for standard input.")
    var tokenFile: String

    func run() throws {
        let token = try SecretInput.line("Token", file: tokenFile)
        _ = try service.client(token: token).send("POST", "/v1/seal")
        printError("Sealed.")
    }
}
