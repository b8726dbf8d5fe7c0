// `strongroom status`: whether a service is sealed, and to whom it may tell more, more.

internal import ArgumentParser
internal import Bytes
internal import HTTPClient
internal import JSON

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how a service is: sealed or not, and with a token what it has and does.",
        discussion: "Exits with 3 where it is sealed.")

    @OptionGroup var client: ClientOptions

    func run() throws {
        try endingWell {
            let service = try client.service.client(token: client.token())
            let state = try service.answer("GET", "/v1/unseal")
            let (isSealed, method) = try state.read { ($0.member("sealed")?.boolean == true, $0.shown("method")) }
            guard !isSealed, try client.token() != nil else {
                if client.json { try Output.json(state.body) } else { try state.read(showSeal) }
                if isSealed { throw ExitCode(ClientExit.unavailable.rawValue) }
                return
            }
            let status = try service.answer("GET", "/v1/status")
            if client.json { try Output.json(status.body) } else { try status.read { try show($0, method: method) } }
        }
    }

    private func showSeal(_ state: JSONValue) throws {
        let isSealed = state.member("sealed")?.boolean == true
        let shares = state.member("shares")
        try Output.members(
            [
                ("sealed", isSealed ? "yes" : "no"),
                ("unsealed by", state.shown("method")),
                ("shares", shares.map { "\($0.shown("given") ?? "0") given of \($0.shown("threshold") ?? "?")" }),
            ], verdicts: ["sealed": !isSealed])
    }

    /// `75 of rsa-4096, or 13107 of aes-128-gcm`.
    private func fitting(_ keys: JSONValue) -> String {
        let texts = ["largest", "smallest"].compactMap { size in
            keys.member(size).map { "\($0.shown("keys") ?? "") of \($0.shown("algorithm") ?? "")" }
        }
        return texts.joined(separator: ", or ")
    }

    private func show(_ status: JSONValue, method: String?) throws {
        let memory = status.member("secret_memory")
        let audit = status.member("audit")
        let pool = status.member("pool")
        let isRecording = audit?.member("recording")?.boolean != false
        try Output.members(
            [
                ("version", status.shown("version")), ("up since", status.shown("started_at")),
                ("sealed", "no"), ("unsealed by", method),
                (
                    "audit",
                    audit.map { audit in
                        "\(audit.shown("mode") ?? ""), \(isRecording ? "recording" : "NOT RECORDING")"
                            + (audit.shown("sequence").map { ", \($0) records" } ?? "")
                    }
                ),
                (
                    "secret memory",
                    memory.map {
                        "\($0.shown("protection") ?? ""), \($0.shown("used_bytes") ?? "") of \($0.shown("capacity_bytes") ?? "") bytes"
                    }
                ),
                ("room for", memory?.member("fitting_keys").map(fitting)),
                (
                    "requests",
                    status.member("request_memory").map {
                        "\($0.shown("used_bytes") ?? "") of \($0.shown("capacity_bytes") ?? "") bytes, bodies of up to "
                            + "\($0.shown("largest_body_bytes") ?? "")"
                    }
                ),
                ("open keys", pool.map { "\($0.shown("open") ?? "") of \($0.shown("capacity") ?? "")" }),
                ("protections", status.shown("protections")),
                ("features", status.shown("features").flatMap { $0.isEmpty ? nil : $0 }),
                ("algorithms", status.shown("algorithms")),
            ], verdicts: ["sealed": true, "audit": isRecording])
    }
}
