// Requests to the whole server, in this process: whatever is sent, each answer is HTTP, is promised by the document, and is no
// fault of the server's. A `$` in the input stands for the token.

import Bytes
import CoreBridge
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

func fuzzHTTP(_ data: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
    guard let service = FuzzedService.shared else {
        hold(false, "the service does not start")
        return 0
    }
    var request: [UInt8] = []
    for byte in UnsafeBufferPointer(start: data, count: length) {
        if byte == UInt8(ascii: "$") { request += service.token } else { request.append(byte) }
    }
    service.answer(to: request)
    return 0
}

/// A service with one key, `orders`, that lives as long as the process.
private final class FuzzedService: Sendable {
    static let shared = try? FuzzedService()

    let token: [UInt8]
    private let folder: TemporaryFolder
    private let server: Server

    private init() throws {
        folder = try TemporaryFolder()
        _ = TestCore.shared
        let key = try UnsealKey.create(file: folder.file("unseal.key"))
        let (root, wrapped) = try RootKey.create(under: key)
        let store = try AuthenticatedStore(SQLiteStore(folder: folder.file("data")))
        store.authenticateRecords(with: StoredRecords.authentication(with: root) { _ in })
        let text = try AccessToken.make(from: TestCore.shared)
        token = text.withBytes { Array($0) }
        try store.insertToken(
            TokenAuthority.record(
                of: text, id: "fuzzer", name: "of a fuzzer", roles: ["administrator"], root: root, createdAt: 1))
        let seal = try Seal(
            wrapped, identity: StoredRecords.identity(of: root), store: store, scryptCost: 14, now: { 1_700_000_000 }
        ) { root throws(UnsealError) in
            let service = KeyService(
                core: TestCore.shared, root: root, store: store, openKeys: 100, cachedKeys: 1000,
                now: { 1_700_000_000 })
            do throws(StorageError) {
                let tokens = try TokenAuthority(core: TestCore.shared, root: root, store: store, now: { 1_700_000_000 })
                return Unsealed(service: service, tokens: tokens)
            } catch {
                throw .storage(error)
            }
        }
        try seal.open(with: key)
        let log = open("/dev/null", O_WRONLY | O_CLOEXEC)
        let api = try NativeAPI(
            seal: seal, logins: try Logins(now: { 1_700_000_000 }), core: TestCore.shared,
            log: AccessLog(sink: try LogSink(descriptor: log, format: .json)),
            information: ServiceInformation(
                version: "0.1.0", startedAt: 1_700_000_000, now: { 1_700_000_000 }, isStopping: { false },
                showsDiagnostics: true),
            undocumentedAnswer: { hold(false, $0) })
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.lanes = NativeAPI.lanes()
        server = try Server(configuration: configuration, handler: api)
        try server.start()
        answer(
            to: Array("POST /v1/keys HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ".utf8) + token
                + Array("\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"name\":\"orders\"}".utf8))
    }

    /// Sends all of it on a connection of its own, ends its side, and reads what comes.
    func answer(to request: [UInt8]) {
        guard let connection = try? TestConnection(port: server.port) else {
            hold(false, "no connection")
            return
        }
        defer { connection.close() }
        // The server may hang up before it was sent all.
        try? connection.send(request)
        shutdown(connection.descriptor, Int32(SHUT_WR))
        let answer = readAll(connection.descriptor)
        guard !answer.isEmpty else { return }
        let line = String(decoding: answer.prefix { $0 != 13 }, as: UTF8.self)
        hold(line.hasPrefix("HTTP/1."), "an answer that is not HTTP: \(line)")
        hold(!line.contains(" 500 "), "a fault of the server's: \(line)")
    }

    private func readAll(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 16384)
        while true {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // A request that is not whole is waited for until its time is over; the fuzzer has none for that.
            guard poll(&wait, 1, 100) > 0 else { return all }
            let count = recv(descriptor, &room, room.count, 0)
            guard count > 0 else { return all }
            if all.count < 1 << 16 { all += room.prefix(count) }
        }
    }
}
