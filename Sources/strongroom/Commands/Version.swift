// `strongroom version`: what this binary is, and which core it was built for.

internal import ArgumentParser
internal import CBuildInformation
internal import CoreBridge

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version, and the core's ABI and features.")

    func run() throws {
        let features = Core.features.map(\.rawValue)
        let revision = String(cString: strongroom_build_revision)
        try Output.line("strongroom \(Strongroom.version)\(revision.isEmpty ? "" : " (\(revision))")")
        try Output.line("core ABI \(Core.abi)")
        try Output.line("features: \(features.isEmpty ? "none" : features.joined(separator: ", "))")
    }
}
