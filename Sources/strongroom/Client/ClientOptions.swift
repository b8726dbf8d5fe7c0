// How the commands that talk to a service find it, and who they are: by flag, environment, or the client's configuration file.

internal import ArgumentParser
internal import Bytes
internal import Glibc

/// Where the service is, and what it is held to.
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

    @Option(help: "A certificate to show where the service asks for one, with its chain, in PEM.")
    var certificate: String?

    @Option(help: "The certificate's private key, in PEM.")
    var certificateKey: String?

    @Flag(
        help:
            "Send tokens and data over plain HTTP also to other hosts, where something else protects them. (default: to this host alone)"
    )
    var plainHttp = false

    func client(token: ByteBuffer? = nil) throws -> ServiceClient {
        let settings = try ClientSettings.read()
        let environment = OptionSources.processEnvironment
        let chain = certificate ?? settings["certificate"]
        let key = certificateKey ?? settings["certificate_key"]
        guard (chain == nil) == (key == nil) else {
            throw ValidationError("--certificate and --certificate-key take each other")
        }
        return try ServiceClient(
            address: address ?? environment("STRONGROOM_ADDR") ?? settings["address"] ?? "http://127.0.0.1:8200",
            authorities: ca ?? environment("STRONGROOM_CACERT") ?? settings["ca"],
            certificate: chain.flatMap { chain in key.map { (chain, $0) } }, allowsPlain: plainHttp, token: token)
    }
}

/// What all commands have that use a service as somebody.
struct ClientOptions: ParsableArguments {
    @OptionGroup var service: ServiceOptions

    @Option(
        help:
            "A file with a token, closed to others, or - for standard input. (default: $STRONGROOM_TOKEN, or what `strongroom login` has put away)"
    )
    var tokenFile: String?

    @Flag(help: "Print what the service answers, as JSON.")
    var json = false

    /// With the token, which there has to be.
    func client() throws -> ServiceClient {
        guard let token = try token() else {
            throw ServiceClientError(
                "there is no token: give --token-file, set STRONGROOM_TOKEN, or log in with `strongroom login`")
        }
        return try service.client(token: token)
    }

    func token() throws -> ByteBuffer? {
        if let tokenFile { return try SecretInput.line("Token", file: tokenFile) }
        if let text = getenv("STRONGROOM_TOKEN"), strlen(text) > 0 {
            let token = ByteBuffer(minimumCapacity: 128)
            token.append(UnsafeRawBufferPointer(start: text, count: strlen(text)))
            return token
        }
        if let file = try ClientSettings.read()["token_file"] { return try SecretInput.line("Token", file: file) }
        guard let file = ClientSettings.tokenFile, access(file, F_OK) == 0 else { return nil }
        return try SecretInput.line("Token", file: file)
    }
}
