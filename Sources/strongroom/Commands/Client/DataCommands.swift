// `strongroom encrypt` and `decrypt`: data of files or standard input under a key that stays in the service.

internal import ArgumentParser
internal import Bytes
internal import Glibc
internal import HTTPClient
internal import JSON

/// What goes with a ciphertext, and has to be the same when it is decrypted.
struct DataOptions: ParsableArguments {
    @Option(help: "Associated data: text that is authenticated with the ciphertext and not in it.")
    var associatedData: String?

    @Option(help: "A file with the associated data.")
    var associatedDataFile: String?

    @Option(help: "The context, for derived keys.")
    var context: String?

    func validate() throws {
        if associatedData != nil, associatedDataFile != nil {
            throw ValidationError("give the associated data as text or as a file")
        }
    }

    func write(to writer: inout JSONWriter) throws {
        writer.member(
            "associated_data", base64: try associatedDataFile.map { try Input.read($0) } ?? bytes(associatedData))
        writer.member("context", base64: bytes(context))
    }
}

func bytes(_ text: String?) -> ByteBuffer? {
    text.map { text in
        let bytes = ByteBuffer(minimumCapacity: text.utf8.count)
        bytes.append(text)
        return bytes
    }
}

struct EncryptCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt", abstract: "Encrypt a file or standard input.",
        discussion: "The ciphertext is a line of text that says which version of the key it is under.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var data: DataOptions

    @Argument(help: "The key's name.")
    var key: String

    @Argument(help: "What is encrypted. (default: standard input)")
    var file: String?

    @Option(help: "The version of the key. (default: the latest enabled one)")
    var version: Int?

    @Option(name: [.customShort("o"), .long], help: "Where the ciphertext goes. (default: standard output)")
    var output: String?

    func run(_ service: ServiceClient) throws {
        let body = try Input.body { writer in
            writer.member("plaintext", base64: try Input.read(file))
            try data.write(to: &writer)
            writer.member("version", version)
        }
        let answer = try service.answer("POST", "/v1/keys/\(Input.segment(key))/encrypt", body: body)
        try write(answer, "ciphertext", to: output)
    }
}

struct DecryptCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt", abstract: "Decrypt what `encrypt` has given.",
        discussion: "The plaintext is written as it was, without a line's end; a file for it is closed to others.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var data: DataOptions

    @Argument(help: "The key's name.")
    var key: String

    @Argument(help: "The file with the ciphertext. (default: standard input)")
    var file: String?

    @Option(name: [.customShort("o"), .long], help: "Where the plaintext goes. (default: standard output)")
    var output: String?

    func run(_ service: ServiceClient) throws {
        let body = try Input.body { writer in
            writer.member("ciphertext", text: try Input.readTrimmed(file))
            try data.write(to: &writer)
        }
        let answer = try service.answer("POST", "/v1/keys/\(Input.segment(key))/decrypt", body: body)
        if isJSON { return try Output.write(shownJSON(answer.body)) }
        try Output.write(decoded("plaintext", in: answer), toFile: output)
    }
}

extension ClientCommand {
    /// Writes a text member of an answer as a line.
    func write(_ answer: HTTPAnswer, _ name: StaticString, to output: String?) throws {
        if isJSON { return try Output.write(shownJSON(answer.body)) }
        try Output.write(answer.line(name), toFile: output)
    }

    /// What a base64 member of an answer stands for. The buffer is wiped when it goes.
    func decoded(_ name: StaticString, in answer: HTTPAnswer) throws -> ByteBuffer {
        try answer.read { answer in
            guard let text = answer.member(name)?.stringBytes, let length = Base64.decodedLength(of: text) else {
                throw ServiceClientError("the answer lacks \(name)")
            }
            let bytes = ByteBuffer(minimumCapacity: length)
            bytes.append(room: length) { Base64.decode(text, into: $0) ?? 0 }
            return bytes
        }
    }
}

extension HTTPAnswer {
    /// A text member of printable ASCII as a line.
    func line(_ name: StaticString) throws -> ByteBuffer {
        try read { answer in
            guard let text = answer.member(name)?.stringBytes, text.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw ServiceClientError("the answer lacks \(name), or has one that cannot be it")
            }
            let line = ByteBuffer(minimumCapacity: text.count + 1)
            line.append(text)
            line.append("\n")
            return line
        }
    }
}
