// `strongroom config check`: what a service would be told by its configuration file and environment, without starting it.

internal import ArgumentParser
internal import CoreBridge
internal import Observability
internal import TLS

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at a configuration without starting a service.",
        subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a configuration file, the environment, and the certificates that they name.")

        @Option(help: "The configuration file: a JSON object of options. (default: $STRONGROOM_CONFIG)")
        var config: String?

        func run() throws {
            let sources: OptionSources
            let settings: Configuration
            do {
                sources = try OptionSources(flags: config.map { ["config": $0] } ?? [:])
                settings = try Configuration(sources)
            } catch {
                throw ValidationError(error.description)
            }
            for (name, meant) in OptionSources.strangeVariables() {
                printError("\(name) is no option, and is passed over\(meant.map { ": is \($0) meant?" } ?? "")")
            }
            for option in Configuration.options.sorted() {
                guard let (text, source) = sources.value(option) else { continue }
                try Output.line("\(option) = \(text)  (\(source))")
            }
            if let tls = settings.tls {
                let certificate: TLSCertificate
                // It reads the certificate's key.
                do { _ = try Core.start(secretMemoryBytes: 256 * 1024) } catch { throw StartError.core(error) }
                do { certificate = try tls.read() } catch { throw ValidationError(error.description) }
                let end = Timestamp.rfc3339(certificate.expiresAt)
                if certificate.standing == .ended { throw ValidationError("\(tls.certificate) ended on \(end)") }
                try Output.line("certificate until \(end)")
            }
            try Output.line("The configuration is sound.")
        }
    }
}
