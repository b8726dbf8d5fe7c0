// `strongroom sign`, `verify`, `mac` and `verify-mac`: of files or standard input.

internal import ArgumentParser
internal import Bytes
internal import HTTPClient
internal import JSON

/// How a signature is made, and has to be verified.
struct SignatureOptions: ParsableArguments {
    enum Padding: String, ExpressibleByArgument, CaseIterable { case pss, pkcs1v15 }
    enum Encoding: String, ExpressibleByArgument, CaseIterable { case der, p1363, jws }

    @Option(help: "The hash. (default: SHA-256, or the one that fits the curve)")
    var hash: String?

    @Option(help: "RSA: pss or pkcs1v15. (default: pss)")
    var padding: Padding?

    @Option(help: "ECDSA: der, p1363 or jws. (default: der)")
    var encoding: Encoding?

    @Option(help: "The context, for derived keys.")
    var context: String?

    @Option(help: "The version of the key. (default: the latest enabled one)")
    var version: Int?

    @Flag(help: "What is read is the digest, and not the message.")
    var digest = false

    func write(_ message: ByteBuffer, to writer: inout JSONWriter) {
        writer.member(digest ? "digest" : "message", base64: message)
        writer.member("hash", hash)
        writer.member("padding", padding?.rawValue)
        writer.member("encoding", encoding?.rawValue)
        writer.member("context", base64: bytes(context))
        writer.member("version", version)
    }
}

struct SignCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a file or standard input.",
        discussion: "The signature is printed in base64, or in base64url with `--encoding jws`.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var options: SignatureOptions

    @Argument(help: "The key's name.")
    var key: String

    @Argument(help: "What is signed. (default: standard input)")
    var file: String?

    @Option(name: [.customShort("o"), .long], help: "Where the signature goes. (default: standard output)")
    var output: String?

    func run(_ service: ServiceClient) throws {
        let body = try Input.body { writer in options.write(try Input.read(file), to: &writer) }
        let answer = try service.answer("POST", "/v1/keys/\(Input.segment(key))/sign", body: body)
        try write(answer, "signature", to: output)
    }
}

struct VerifyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a signature of a file or standard input.",
        discussion: "Exits with 0 where it is valid, with 4 where it is not.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var options: SignatureOptions

    @Argument(help: "The key's name.")
    var key: String

    @Argument(help: "What was signed. (default: standard input)")
    var file: String?

    @Option(help: "The signature, as `sign` has printed it.")
    var signature: String?

    @Option(help: "The file with the signature.")
    var signatureFile: String?

    func validate() throws {
        guard (signature == nil) != (signatureFile == nil) else {
            throw ValidationError("give --signature or --signature-file")
        }
    }

    func run(_ service: ServiceClient) throws {
        let signature = try signatureFile.map { try Input.readText($0) } ?? signature
        let body = try Input.body { writer in
            options.write(try Input.read(file), to: &writer)
            writer.member("signature", signature)
        }
        try judge(service.answer("POST", "/v1/keys/\(Input.segment(key))/verify", body: body))
    }
}

struct MACCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "mac", abstract: "Make the MAC of a file or standard input.")

    @OptionGroup var client: ClientOptions

    @Argument(help: "The key's name.")
    var key: String

    @Argument(help: "What it is made of. (default: standard input)")
    var file: String?

    @Option(help: "The version of the key. (default: the latest enabled one)")
    var version: Int?

    @Option(name: [.customShort("o"), .long], help: "Where the MAC goes. (default: standard output)")
    var output: String?

    func run(_ service: ServiceClient) throws {
        let body = try Input.body { writer in
            writer.member("message", base64: try Input.read(file))
            writer.member("version", version)
        }
        try write(service.answer("POST", "/v1/keys/\(Input.segment(key))/mac", body: body), "mac", to: output)
    }
}

struct VerifyMACCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-mac", abstract: "Verify the MAC of a file or standard input.",
        discussion: "Exits with 0 where it is valid, with 4 where it is not.")

    @OptionGroup var client: ClientOptions

    @Argument(help: "The key's name.")
    var key: String

    @Argument(help: "What it was made of. (default: standard input)")
    var file: String?

    @Option(help: "The MAC, as `mac` has printed it.")
    var mac: String

    @Option(help: "The version of the key. (default: the latest enabled one)")
    var version: Int?

    func run(_ service: ServiceClient) throws {
        let body = try Input.body { writer in
            writer.member("message", base64: try Input.read(file))
            writer.member("mac", mac)
            writer.member("version", version)
        }
        try judge(service.answer("POST", "/v1/keys/\(Input.segment(key))/verify-mac", body: body))
    }
}

extension ClientCommand {
    /// Prints whether it is valid, and ends so.
    fileprivate func judge(_ answer: HTTPAnswer) throws {
        let isValid = try answer.read { $0.member("valid")?.boolean == true }
        if isJSON {
            try Output.json(answer.body)
        } else {
            try Output.line(isValid ? "valid" : "not valid", isValid ? .good : .bad)
        }
        if !isValid { throw ExitCode(ClientExit.no.rawValue) }
    }
}
