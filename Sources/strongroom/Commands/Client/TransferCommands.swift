// `strongroom backup`, `restore`, `import` and `export`: keys on their way out and in, encrypted always.

internal import ArgumentParser
internal import Bytes
internal import Glibc
internal import HTTPClient
internal import JSON

struct BackupCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Back keys up, a file each.",
        discussion: "A backup is encrypted and authenticated; `docs/operations.md` says who can restore it.")

    @OptionGroup var client: ClientOptions

    @Argument(help: "The keys' names.")
    var names: [String] = []

    @Flag(help: "All keys that you may see.")
    var all = false

    @Option(help: "The folder for the files, NAME.backup.")
    var folder = "."

    func validate() throws {
        guard all == names.isEmpty else { throw ValidationError("name the keys, or give --all") }
    }

    func run(_ service: ServiceClient) throws {
        var names = names
        if all { names = try service.pages("/v1/keys?limit=1000", of: "keys") { $0.member("name")?.string ?? "" } }
        // What the service calls its keys is no place on this host.
        guard !all || names.allSatisfy(Self.isName) else {
            throw ServiceClientError("the service lists a key with a name that no key has; nothing was backed up")
        }
        let progress = Progress("Backed up")
        defer { progress.end() }
        for (index, name) in names.enumerated() {
            let answer = try service.answer("GET", "/v1/keys/\(Input.segment(name))/backup")
            try NewFile.write(answer.body, to: "\(folder)/\(name.replacing("/", with: "%2F")).backup")
            progress.show(index + 1, of: names.count)
        }
        progress.end()
        printError("\(names.count) backed up to \(folder).")
    }
}

extension BackupCommand {
    /// `[RING:]NAME`, as the service's document has it.
    fileprivate static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isFit: (Substring, String) -> Bool = { part, inside in
            guard let first = part.unicodeScalars.first, let last = part.unicodeScalars.last else { return false }
            let isPlain: (Unicode.Scalar) -> Bool = {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_")
            }
            return isPlain(first) && isPlain(last)
                && part.unicodeScalars.allSatisfy { isPlain($0) || inside.unicodeScalars.contains($0) }
        }
        return switch parts.count {
        case 1: isFit(parts[0], ".-")
        case 2: isFit(parts[0], ".-/") && isFit(parts[1], ".-")
        default: false
        }
    }
}

struct RestoreCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Restore keys from their backups.",
        discussion:
            "A key that is there is left as it is, and the others are restored all the same; it then exits with 2.")

    @OptionGroup var client: ClientOptions

    @Argument(help: "The files that `backup` has written.")
    var files: [String]

    func run(_ service: ServiceClient) throws {
        let progress = Progress("Restored")
        defer { progress.end() }
        var failures = 0
        for (index, file) in files.enumerated() {
            do {
                _ = try service.answer("POST", "/v1/restore", body: Input.read(file))
            } catch let error as ServiceClientError where error.status.map({ $0 < 500 }) == true {
                progress.end()
                printError("\(file): \(error.description)")
                failures += 1
            }
            progress.show(index + 1 - failures, of: files.count)
        }
        progress.end()
        printError("\(files.count - failures) restored.")
        if failures > 0 { throw ExitCode(ClientExit.refused.rawValue) }
    }
}

struct ExportCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Export a key, wrapped to an RSA key of yours.",
        discussion: "Only keys that were made for it, and where the service allows it.")

    @OptionGroup var client: ClientOptions

    @Argument(help: "The key's name.")
    var key: String

    @Option(help: "The RSA public key that it is wrapped to, in PEM.")
    var to: String

    @Option(help: "The hash of RSA-OAEP. (default: sha256)")
    var hash: String?

    @Option(help: "The version. (default: the latest enabled one)")
    var version: Int?

    @Option(
        name: [.customShort("o"), .long], help: "Where the wrapped key goes, in base64. (default: standard output)")
    var output: String?

    func run(_ service: ServiceClient) throws {
        let body = try Input.body { writer in
            writer.member("wrapping_public_key", try PublicKeyText.base64(ofPEM: Input.readText(to), in: to))
            writer.member("hash", hash)
            writer.member("version", version)
        }
        try write(service.answer("POST", "/v1/keys/\(Input.segment(key))/export", body: body), "wrapped", to: output)
    }
}

struct ImportKeyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-key", abstract: "Get the public key that keys to be imported are wrapped to.",
        discussion: "It serves for a day; its id, which `import` takes, is said on standard error.")

    @OptionGroup var client: ClientOptions

    @Option(name: [.customShort("o"), .long], help: "Where the public key goes, in PEM. (default: standard output)")
    var output: String?

    func run(_ service: ServiceClient) throws {
        let answer = try service.answer("GET", "/v1/import-key")
        if isJSON { return try Output.json(answer.body) }
        try answer.read { answer in
            let key = answer.member("public_key")?.string ?? ""
            guard !key.isEmpty, !key.hasSteeringCharacters else {
                throw ServiceClientError("the answer lacks public_key, or has one that cannot be it")
            }
            try Output.write(PublicKeyText.pem(key), toFile: output)
        }
        try answer.read { printError("import key \($0.shown("id") ?? ""), until \($0.shown("expires_at") ?? "")") }
    }
}

struct ImportCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Import a key that was wrapped to the import key.",
        discussion: """
            Wrapped is RSA-OAEP of an AES-256 key, then AES-KWP (RFC 5649) of the material under that: of a private key PKCS#8 in DER, of \
            any other its bytes. docs/cli.md has the commands.
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var settings: KeySettings

    @Argument(help: "The key's name.")
    var name: String

    @Option(help: "What kind of key it is.")
    var algorithm: String

    @Option(help: "The id of the import key that it is wrapped to.")
    var importKey: String

    @Option(help: "The file with the wrapped key, in bytes.")
    var wrapped: String

    @Option(help: "The hash of RSA-OAEP. (default: sha256)")
    var hash: String?

    func run(_ service: ServiceClient) throws {
        let body = try Input.body { writer in
            writer.member("import_key_id", importKey)
            writer.member("wrapped", base64: try Input.read(wrapped, limit: 65_536))
            writer.member("hash", hash)
            writer.member("algorithm", algorithm)
            settings.write(to: &writer)
        }
        try print(service.answer("POST", "/v1/keys/\(Input.segment(name))/import", body: body), showKey)
    }
}
