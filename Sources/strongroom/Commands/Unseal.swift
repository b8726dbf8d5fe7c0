// `strongroom unseal` and `strongroom seal`: a running service, over HTTP.

internal import ArgumentParser
internal import Bytes
internal import JSON

struct Unseal: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a running service its passphrase, or shares until there are enough.")

    @OptionGroup var service: ServiceOptions

    @Option(
        help:
            "A file with the passphrase, or with shares, a line each; - for standard input. (default: they are asked for)"
    )
    var secretsFile: String?

    func run() throws { try endingWell(unseal) }

    private func unseal() throws {
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
            let count = secretsFile == nil ? 1 : max(missing, 1)
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

struct SealCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal", abstract: "Seal a running service: it opens nothing until it is unsealed.")

    @OptionGroup var client: ClientOptions

    func run(_ service: ServiceClient) throws {
        try print(service.answer("POST", "/v1/seal")) { _ in printError("Sealed.") }
    }
}
