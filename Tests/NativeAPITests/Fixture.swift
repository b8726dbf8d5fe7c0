// The native API behind a real server on a free port, with a real store and a real core; and a client whose every answer
// is held against the OpenAPI document.

import Audit
import CoreBridge
import Foundation
import Glibc
import HTTPServer
import Identity
import KeyService
import NativeAPI
import Observability
import Storage
import StorageAuthentication
import StorageSQLite
import TestKit
import Testing
import Threading

final class Fixture: Sendable {
    let folder: TemporaryFolder
    let store: any Store
    let seal: Seal
    let logins: Logins

    let server: Server
    let token: String
    /// Seconds since 1970.
    let clock = Locked<Int64>(1_700_000_000)
    let stopping = Locked(false)
    /// Answers that the document does not promise, which the server did not send.
    private let undocumented = Locked<[String]>([])
    let root: RootKey
    /// What the trail reported that no trail should; a fixture that ends with any fails its test.
    let auditEvents = Locked<[AuditEvent]>([])
    private let sink: LogSink
    private let logFile: Int32

    /// - Parameters:
    ///   - version: what the service tells of itself.
    ///   - passphrase: what unseals it, once it was sealed; a key file otherwise.
    init(
        version: String = "0.1.0", showsDiagnostics: Bool = false, isAudited: Bool = true, badTokens: Int = 0,
        auditFileBytes: Int = 1 << 20, logins: LoginFile? = nil, passphrase: String? = nil,
        tokenQuotas: TokenQuotas = TokenQuotas(), keysOfOne: Int = 100_000,
        configure: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder()
        _ = TestCore.shared
        let unsealKey =
            if let passphrase {
                try Array(passphrase.utf8).withUnsafeBytes { try UnsealKey.create(passphrase: $0, cost: 14) }
            } else {
                try UnsealKey.create(file: folder.file("unseal.key"))
            }

        let wrapped: WrappedRoot
        (root, wrapped) = try RootKey.create(under: unsealKey)
        store = try AuthenticatedStore(SQLiteStore(folder: folder.file("data")))
        store.authenticateRecords(with: StoredRecords.authentication(with: root) { _ in })
        let (clock, stopping) = (clock, stopping)
        let text = try AccessToken.make(from: TestCore.shared)
        token = text.withBytes { String(decoding: $0, as: UTF8.self) }
        try store.insertToken(
            TokenAuthority.record(
                of: text, id: "tester", name: "of a test", roles: ["administrator"], root: root, createdAt: 1))
        seal = try Seal(
            wrapped, identity: StoredRecords.identity(of: root), store: store, scryptCost: 14,
            now: { clock.withLock { $0 } }
        ) { [store, folder, auditEvents] root throws(UnsealError) in
            let service = KeyService(
                core: TestCore.shared, root: root, store: store, openKeys: 100, cachedKeys: 1000,
                keysOfOne: keysOfOne, now: { clock.withLock { $0 } })
            let audit =
                isAudited
                ? try AuditLog(
                    AuditTrail.Settings(folder: folder.file("audit"), fileBytes: auditFileBytes), root: root,
                    store: store, now: { clock.withLock { $0 * 1000 } },
                    report: { event in
                        // A test that closes the store looks for itself.
                        if case .anchored = event { return }
                        if event == .anchorFailed { return }
                        auditEvents.withLock { $0.append(event) }
                    }) : nil
            do throws(StorageError) {
                return Unsealed(
                    service: service,
                    tokens: try TokenAuthority(
                        core: TestCore.shared, root: root, store: store, badTokens: badTokens, quotas: tokenQuotas,
                        now: { clock.withLock { $0 } }), audit: audit)
            } catch {
                throw .storage(error)
            }
        }
        try seal.open(with: unsealKey)
        logFile = open(folder.file("log"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard logFile >= 0 else { throw TestError("open", code: errno) }
        sink = try LogSink(descriptor: logFile, format: .json)
        self.logins = try Logins(logins ?? LoginFile(), now: { clock.withLock { $0 } })
        let api = try NativeAPI(
            seal: seal, logins: self.logins, core: TestCore.shared, log: AccessLog(sink: sink),
            information: ServiceInformation(
                version: version, startedAt: 1_700_000_000, now: { clock.withLock { $0 } },
                isStopping: { stopping.withLock { $0 } }, showsDiagnostics: showsDiagnostics),
            undocumentedAnswer: { [undocumented] text in undocumented.withLock { $0.append(text) } })
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.drainSeconds = 5
        configuration.lanes = NativeAPI.lanes()
        // Tests run beside each other, and have times within which they want their answers.
        for index in configuration.lanes.indices { configuration.lanes[index].niceness = 0 }
        configure(&configuration)
        server = try Server(configuration: configuration, handler: api)
        try server.start()
    }

    /// What it does its work with while it is unsealed.
    var service: KeyService {
        get throws { try #require(seal.current).service }
    }

    deinit {
        server.stop()
        seal.stop()
        _ = seal.close()
        let noted = (try? store.auditAnchor()) ?? nil
        sink.close()
        close(logFile)
        try? store.close()
        for text in takeUndocumented() { Issue.record("\(text)") }
        for event in auditEvents.withLock({ $0 }) { Issue.record("the audit trail: \(event)") }
        checkAudit(noted.map { AuditHead(sequence: $0.sequence, mac: $0.mac) })
    }

    /// That every test leaves a sound trail, without a value that was sent.
    private func checkAudit(_ noted: AuditHead?) {
        do {
            guard let noted else { return }
            let found = try AuditVerification.run(folder: folder.file("audit"), root: root, anchors: [noted])
            if !found.isSound || found.last != noted { Issue.record("the audit trail: \(found)") }
            let page = try AuditPage.read(folder: folder.file("audit"), root: root, after: 0, limit: .max, last: .max)
            let canaries = [Answer.canary, Data(Answer.canary.utf8).base64EncodedString()]
            for record in page.records {
                // Names are names: who tried which is what a trail is for.
                let text = String(decoding: record, as: UTF8.self).replacing(/"(key|subject)":"[^"]*"/, with: "")
                if canaries.contains(where: text.contains) {
                    Issue.record("a value that was sent is in the audit trail: \(text)")
                }
            }
        } catch {
            Issue.record("the audit trail: \(error)")
        }
    }

    /// Every record so far, each line parsed.
    func auditRecords() throws -> [JSONTree] {
        let page = try AuditPage.read(folder: folder.file("audit"), root: root, after: 0, limit: .max, last: .max)
        return page.records.map(JSONTree.init)
    }

    /// What was reported of undocumented answers so far; a fixture that ends with any fails its test.
    func takeUndocumented() -> [String] {
        undocumented.withLock { texts in
            defer { texts = [] }
            return texts
        }
    }

    /// A role, by the JSON of its grants, and a token that has it.
    func makeToken(_ role: String, _ grants: String, ttl: Int? = nil) throws -> String {
        let made = try send("POST", "/v1/roles", "{\"name\":\"\(role)\",\"grants\":[\(grants)]}")
        try #require(made.status == 201, "\(made.response.text)")
        return try makeToken(of: role, ttl: ttl)
    }

    func makeToken(of role: String, ttl: Int? = nil) throws -> String {
        let ttl = ttl.map { ",\"ttl\":\($0)" } ?? ""
        let made = try send("POST", "/v1/tokens", "{\"name\":\"of a test\",\"role\":\"\(role)\"\(ttl)}")
        try #require(made.status == 201, "\(made.response.text)")
        return try #require(made["token"].string)
    }

    func connect() throws -> TestConnection { try TestConnection(port: server.port, timeout: 30) }

    /// Sends one request on a connection of its own, with the token, and checks the answer against the document.
    @discardableResult
    func send(
        _ method: String, _ path: String, _ body: String? = nil, headers: [(String, String)] = [],
        at location: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        let connection = try connect()
        defer { connection.close() }
        return try send(method, path, body, headers: headers, on: connection, at: location)
    }

    @discardableResult
    func send(
        _ method: String, _ path: String, _ body: String? = nil, headers: [(String, String)] = [],
        on connection: TestConnection, at location: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        try send(method, path, bytes: body.map { Array($0.utf8) }, headers: headers, on: connection, at: location)
    }

    @discardableResult
    func send(
        _ method: String, _ path: String, bytes body: [UInt8]?, headers: [(String, String)] = [],
        on connection: TestConnection, at location: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        var all = headers
        for (name, value) in [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")]
        where !headers.contains(where: { $0.0.lowercased() == name.lowercased() }) {
            if name == "Content-Type", body == nil { continue }
            all.append((name, value))
        }
        // A header with an empty value in a test's list stands for none at all.
        all.removeAll { $0.1.isEmpty }
        let response = try connection.request(method, path, headers: all, body: body)
        return Answer(response, to: method, path, at: location)
    }

    /// Reads the answer to something that was sent by hand.
    func read(
        _ connection: TestConnection, answering method: String, _ path: String,
        at location: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        Answer(try connection.readResponse(toHead: method == "HEAD"), to: method, path, at: location)
    }

    /// That a connection still serves requests, as after a refusal that leaves HTTP in step.
    func expectUsable(_ connection: TestConnection, at location: SourceLocation = #_sourceLocation) throws {
        #expect(
            try send("GET", "/v1/health/live", on: connection, at: location).status == 200, sourceLocation: location)
    }

    /// A new key.
    @discardableResult
    func create(
        _ name: String, _ members: String = "", at location: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        let answer = try send("POST", "/v1/keys", "{\"name\":\"\(name)\"\(members)}", at: location)
        try #require(answer.status == 201, "\(answer.response.text)", sourceLocation: location)
        return answer
    }

    /// The ciphertext of `plaintext` (base64).
    func encrypt(
        _ plaintext: String, with key: String, at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let answer = try send("POST", "/v1/keys/\(key)/encrypt", "{\"plaintext\":\"\(plaintext)\"}", at: location)
        return try #require(answer["ciphertext"].string, "\(answer.response.text)", sourceLocation: location)
    }

    /// Everything logged so far, a line an element.
    func logLines() throws -> [String] {
        sink.flush()
        return String(decoding: try readFile(folder.file("log")), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
