// A request to a running service, for the commands that talk to one.

internal import Bytes
internal import HTTPClient
internal import HTTPServer
internal import JSON

/// Why a command got nothing from a service.
struct ServiceClientError: Error, CustomStringConvertible {
    let description: String
    /// The problem's `code`; nil where there is no answer that the service gave.
    var code: String?
    /// The answer's.
    var status: Int?

    init(_ description: String) { self.description = description }
}

struct ServiceClient {
    private let address: HTTPAddress
    private var client: HTTPClient
    private var token: ByteBuffer?

    /// - Parameters:
    ///   - address: `http://HOST:PORT`, `https://HOST:PORT` or `unix:PATH`.
    ///   - authorities: a file, in PEM; nil: those that the system trusts.
    ///   - certificate: files with the client's own and its key, in PEM.
    ///   - allowsPlain: whether plain HTTP may leave this host.
    ///   - token: sent with every request. Its bytes go nowhere else.
    init(
        address: String, authorities: String? = nil, certificate: (chain: String, key: String)? = nil,
        allowsPlain: Bool = false, token: ByteBuffer? = nil
    ) throws(ServiceClientError) {
        guard let parsed = HTTPAddress(address) else {
            throw ServiceClientError("the address must be http://HOST:PORT, https://HOST:PORT or unix:PATH")
        }
        if case .host(_, _, isSecure: false) = parsed, !parsed.staysOnHost, !allowsPlain {
            throw ServiceClientError(
                """
                \(parsed): plain HTTP shows tokens and data to everybody on the way. Use https://, or give --plain-http where \
                something else protects it
                """)
        }
        self.address = parsed
        self.token = token
        do throws(HTTPClientError) {
            var client = HTTPClient(
                parsed,
                authorities: try authorities.map { file throws(HTTPClientError) in
                    try HTTPClient.authorities(in: file)
                },
                certificate: try certificate.map { files throws(HTTPClientError) in
                    (try HTTPClient.authorities(in: files.chain), try HTTPClient.authorities(in: files.key))
                })
            client.allowsPlain = allowsPlain
            client.maximumAnswer = 48 << 20
            client.timeoutSeconds = 60
            client.deadlineSeconds = 600
            self.client = client
        } catch {
            throw ServiceClientError(error.description)
        }
    }

    /// Of the service that a configuration is of, on this host: by its own address, and the very certificate that it has.
    init(of configuration: Configuration) throws(ServiceClientError) {
        let server = configuration.server
        let host = ["0.0.0.0": "127.0.0.1", "::": "[::1]"][server.address] ?? server.address
        let address =
            server.socketPath.map { "unix:\($0)" }
            ?? "\(configuration.tls == nil ? "http" : "https")://\(host):\(server.port)"
        // What it was told to serve so, it may be asked so.
        try self.init(address: address, allowsPlain: true)
        guard let file = configuration.tls?.certificate else { return }
        do { client.pinned = try HTTPClient.authorities(in: file) } catch {
            throw ServiceClientError(error.description)
        }
    }

    /// Sends one request, and gives what is answered. A refusal is thrown, by its detail.
    func answer(_ method: String, _ path: String, body: ByteBuffer? = nil) throws(ServiceClientError) -> HTTPAnswer {
        let request = HTTPClient.Request(method: method, path: path, token: token, body: body)
        let answer: HTTPAnswer
        do { answer = try client.send(request) } catch { throw ServiceClientError(error.description) }
        guard answer.status >= 300 else { return answer }
        throw refusal(answer)
    }

    /// As `answer`, with a JSON text.
    func send(_ method: String, _ path: String, body: ByteBuffer? = nil) throws(ServiceClientError) -> JSONDocument {
        let answer = try answer(method, path, body: body)
        do { return try JSONDocument.parse(answer.body.bytes) } catch { throw stranger }
    }

    /// Runs `body`, which puts the new token of an answer where its user finds it. Where that fails, nobody has the token, and it is
    /// revoked.
    func handOver(_ answer: HTTPAnswer, _ body: () throws -> Void) throws {
        do { try body() } catch {
            let id = (try? answer.read { $0.shown("id") }) ?? nil
            var revoking = self
            revoking.token = try answer.line("token")
            revoking.token?.truncate(to: (revoking.token?.count ?? 1) - 1)
            do { _ = try revoking.answer("DELETE", "/v1/tokens/self") } catch let failure {
                throw WriteError("\(error). The new token \(id ?? "") could not be revoked: \(failure.description)")
            }
            throw WriteError("\(error). The new token was revoked")
        }
    }

    private func refusal(_ answer: HTTPAnswer) -> ServiceClientError {
        guard let problem = try? JSONDocument.parse(answer.body.bytes),
            let title = problem.root.member("title")?.string ?? problem.root.member("status")?.string
        else { return stranger }
        var text = shownText(title)
        if let detail = problem.root.shown("detail") { text += ". \(detail)" }
        problem.root.member("errors")?.forEachElement { _, error in
            let pointer = error.shown("pointer") ?? ""
            text += "\n  \(pointer.isEmpty ? "it" : pointer) \(error.shown("detail") ?? "")"
        }
        // To be copied into a shell.
        if let approval = problem.root.member("approval")?.member("id")?.string, Input.segment(approval) == approval {
            text += "\n  It waits as \(approval): `strongroom approval approve \(approval)` with another's token."
        }
        var error = ServiceClientError(text)
        error.code = problem.root.member("code")?.string
        error.status = answer.status
        return error
    }

    var stranger: ServiceClientError { ServiceClientError("\(address) does not answer as a Strongroom does") }
}
