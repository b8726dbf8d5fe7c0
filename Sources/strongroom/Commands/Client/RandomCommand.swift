// `strongroom random`: random bytes of the service's.

internal import ArgumentParser
internal import Bytes
internal import HTTPClient

struct RandomCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "random", abstract: "Get random bytes.")

    enum Format: String, ExpressibleByArgument, CaseIterable { case base64, hex, raw }

    @OptionGroup var client: ClientOptions

    @Argument(help: "How many, 1 to 65536.")
    var count: Int

    @Option(help: "base64, hex or raw.")
    var format = Format.base64

    func run(_ service: ServiceClient) throws {
        let answer = try service.answer(
            "POST", "/v1/random", body: Input.body { writer in writer.member("bytes", count) })
        if isJSON || format == .base64 { return try write(answer, "random", to: nil) }
        let random = try decoded("random", in: answer)
        try Output.write(format == .hex ? hexadecimalLine(random) : random)
    }

    /// In a buffer that is wiped.
    private func hexadecimalLine(_ bytes: ByteBuffer) -> ByteBuffer {
        let line = ByteBuffer(minimumCapacity: 2 * bytes.count + 1)
        let digits = Array("0123456789abcdef".utf8)
        for byte in bytes.bytes {
            line.append(digits[Int(byte >> 4)])
            line.append(digits[Int(byte & 15)])
        }
        line.append("\n")
        return line
    }
}
