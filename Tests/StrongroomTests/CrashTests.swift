// The process killed in the middle of its work: what it has acknowledged is there afterwards, whole.

import Foundation
import TestKit
import Testing
import Threading

/// What one client was told, in the order in which it was.
private struct Acknowledged {
    /// The highest version of each key that was answered.
    var versions: [String: Int] = [:]
    var ciphertexts: [(key: String, ciphertext: String, text: String)] = []
}

@Suite struct CrashTests {
    @Test("kill -9 during creates and rotates loses no acknowledged key or version, and leaves none half made")
    func killed() throws {
        let folder = try TemporaryFolder()
        var all: [Acknowledged] = []
        for round in 0..<4 {
            let service = try Service(in: folder)
            let (port, token) = (service.port, try service.token)
            let told = Locked(Array(repeating: Acknowledged(), count: 4))
            var threads: [Threading.Thread] = []
            for index in 0..<4 {
                threads.append(
                    try Threading.Thread(name: "client-\(index)") {
                        // Ends when the server does.
                        try? work(port, token, "r\(round)-c\(index)") { note in told.withLock { note(&$0[index]) } }
                    })
            }
            // Not at the same point of the work each time.
            let enough = 12 + 9 * round
            let busy = eventually(within: 20) { told.withLock { $0.reduce(0) { $0 + $1.ciphertexts.count } } >= enough }
            #expect(busy)
            service.process.signal(SIGKILL)
            #expect(try service.process.wait() == -SIGKILL)
            for thread in threads { thread.join() }
            all += told.withLock { $0 }
        }

        let service = try Service(in: folder)
        let client = try service.client()
        let names = try listKeys(client)
        #expect(!all.flatMap(\.versions).isEmpty)
        for told in all {
            for (name, version) in told.versions {
                #expect(names.contains(name), "\(name) was acknowledged and is lost")
                let latest = try client.send("GET", "/v1/keys/\(name)").members["latest_version"] as? Int
                #expect((latest ?? 0) >= version, "\(name): \(latest ?? 0) of \(version) versions")
            }
            for (key, ciphertext, text) in told.ciphertexts {
                #expect(try client.decrypt(ciphertext, with: key) == text, "\(key)")
            }
        }
        // Also what was made but not acknowledged is there whole, or not at all.
        for name in names {
            let key = try client.send("GET", "/v1/keys/\(name)").members
            let versions = try #require(key["versions"] as? [[String: Any]])
            #expect(versions.compactMap { $0["version"] as? Int } == Array(1...max(versions.count, 1)))
            #expect(key["latest_version"] as? Int == versions.count)
            for version in 1...versions.count {
                let answer = try client.send(
                    "POST", "/v1/keys/\(name)/encrypt", "{\"plaintext\":\"YQ==\",\"version\":\(version)}")
                let ciphertext = try #require(answer.members["ciphertext"] as? String)
                #expect(try client.decrypt(ciphertext, with: name) == "a")
            }
        }
        #expect(try service.stop() == 0)
    }

    @Test("a first start that is killed can be made again")
    func killedFirstStart() throws {
        let folder = try TemporaryFolder()
        for round in 0..<12 {
            let launch = try Launch(in: folder, ["--data", folder.file("data-\(round)"), "--listen", "127.0.0.1:0"])
            usleep(UInt32(3000 * (round + 1)))
            launch.process.signal(SIGKILL)
            _ = try launch.process.wait()
            let service = try Service(in: folder, data: "data-\(round)")
            #expect(try service.client().send("GET", "/v1/keys").status == 200, "round \(round)")
            #expect(try service.stop() == 0)
        }
    }

    private func listKeys(_ client: Client) throws -> Set<String> {
        let page = try client.send("GET", "/v1/keys?limit=1000").members
        #expect(page["next"] == nil)
        return Set((page["keys"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
    }
}

/// Creates, encrypts and rotates until the server is gone, noting each answer as it comes.
private func work(
    _ port: UInt16, _ token: String, _ prefix: String, _ note: ((inout Acknowledged) -> Void) -> Void
) throws {
    let client = try Client(port: port, token: token)
    for number in 0..<10_000 {
        let key = "\(prefix)-\(number)"
        guard try client.send("POST", "/v1/keys", "{\"name\":\"\(key)\"}").status == 201 else { continue }
        note { $0.versions[key] = 1 }
        for version in 1...4 {
            let text = "\(key) \(version)"
            if let ciphertext = try client.encrypt(text, with: key) {
                note { $0.ciphertexts.append((key, ciphertext, text)) }
            }
            guard version < 4 else { break }
            let rotated = try client.send("POST", "/v1/keys/\(key)/rotate")
            if rotated.status == 200 { note { $0.versions[key] = version + 1 } }
        }
    }
}
