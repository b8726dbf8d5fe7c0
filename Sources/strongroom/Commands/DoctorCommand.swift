// `strongroom doctor`: what a service will meet on this host, and how to mend it.

internal import ArgumentParser
internal import JSON
internal import Bytes

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at the host for a service: exit code 0 where it can serve, 2 where something is in its way.")

    @Option(help: "The configuration file that the service is started with. (default: $STRONGROOM_CONFIG)")
    var config: String?

    @Option(help: "The data folder. (default: as the service has it)")
    var data: String?

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() throws {
        let settings: Configuration
        do {
            settings = try Configuration(
                OptionSources(flags: ["config": config, "data": data].compactMapValues { $0 }))
        } catch {
            throw ValidationError(error.description)
        }
        var doctor = Doctor(settings)
        doctor.run()
        for finding in doctor.findings {
            try Output.line(
                json ? line(finding) : "\(finding.verdict.rawValue.padded(to: 4))  \(finding.subject): \(finding.text)")
        }
        if doctor.findings.contains(where: { $0.verdict == .bad }) { throw ExitCode(2) }
    }

    private func line(_ finding: Finding) -> String {
        let buffer = ByteBuffer(minimumCapacity: 512)
        var writer = JSONWriter(buffer)
        writer.beginObject()
        writer.name("verdict")
        writer.string(finding.verdict.rawValue)
        writer.name("subject")
        writer.string(finding.subject)
        writer.name("text")
        writer.string(finding.text)
        writer.endObject()
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}
