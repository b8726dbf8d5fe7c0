// A machine that lacks what the service would have: each lack is said, nothing that was acknowledged is lost, and what can be
// served is.

import Foundation
import Glibc
import TestKit
import Testing

@Suite struct HostFaultTests {
    @Test("an ordinary user's service does all that root's does")
    func ordinaryUser() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, host: .ordinaryUser())
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        let ciphertext = try #require(try client.encrypt("text", with: "orders"))
        #expect(try client.decrypt(ciphertext, with: "orders") == "text")
        #expect(try service.stop() == 0)
    }

    @Test(
        "where too little memory may be locked the start is refused with the limit, and with less secret memory it serves"
    )
    func lockedMemory() throws {
        let folder = try TemporaryFolder()
        let host = Host.ordinaryUser("ulimit -l 64")
        let launch = try Launch(in: folder, arguments(folder), host: host)
        #expect(try launch.process.wait(timeout: 20) == 1)
        let reason = launch.log.joined()
        #expect(reason.contains("RLIMIT_MEMLOCK is 65536 bytes"), "\(reason)")
        #expect(reason.contains("--secret-memory"))
        let service = try Service(in: folder, arguments: ["--secret-memory", "64"], host: host)
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        #expect(try client.encrypt("text", with: "orders") != nil)
        #expect(try service.stop() == 0)
    }

    @Test("without memfd_secret the pages are locked instead, which the log and the status say")
    func withoutSecretPages() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, host: .withoutSystemCall(447))
        let client = try service.client()
        let memory = try client.send("GET", "/v1/status").members["secret_memory"] as? [String: Any]
        #expect(memory?["protection"] as? String == "mlock")
        #expect(service.log.joined().contains("mlock"))
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        #expect(try client.encrypt("text", with: "orders") != nil)
        #expect(try service.stop() == 0)
    }

    @Test("a folder that cannot be written to is refused in words, and nothing in it is touched")
    func readOnlyFolder() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder, host: .ordinaryUser())
        #expect(try service.client().send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        #expect(try service.stop() == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: service.data).filter { $0 != "audit" }
            .map { service.data + "/" + $0 }
        for file in files { chmod(file, 0o400) }
        chmod(service.data, 0o500)
        let launch = try Launch(in: folder, arguments(folder), host: .ordinaryUser())
        let status = try launch.process.wait(timeout: 20)
        chmod(service.data, 0o700)
        for file in files { chmod(file, 0o600) }
        #expect(status == 1)
        #expect(launch.log.joined().contains("data folder"), "\(launch.log)")
        let again = try Service(in: folder, host: .ordinaryUser())
        #expect(try again.client().send("GET", "/v1/keys/orders").status == 200)
        #expect(try again.stop() == 0)
    }

    @Test(
        "when files may grow no more, changes are refused with 503, reading and using keys goes on, and nothing is lost"
    )
    func limitedFiles() throws {
        let folder = try TemporaryFolder()
        // In units of 512 bytes.
        let service = try Service(in: folder, host: .ordinaryUser("ulimit -f 4096"))
        let created = try fill(service)
        #expect(try service.stop() == 0)
        let again = try Service(in: folder, host: .ordinaryUser())
        #expect(try names(again) == created)
        #expect(try again.client().send("POST", "/v1/keys", #"{"name":"more"}"#).status == 201)
        #expect(try again.stop() == 0)
    }

    @Test("when the disk is full, changes are refused with 503 until there is room, and nothing is lost")
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        let data = folder.file("data")
        mkdir(data, 0o700)
        guard geteuid() == 0, mount("tmpfs", data, "tmpfs", 0, "size=1m,mode=700") == 0 else {
            print("skipped: no file system of a size can be mounted here")
            return
        }
        defer { umount2(data, Int32(MNT_DETACH)) }
        let service = try Service(in: folder)
        let created = try fill(service)
        #expect(mount("tmpfs", data, "tmpfs", UInt(MS_REMOUNT), "size=8m,mode=700") == 0)
        let client = try service.client()
        #expect(try client.send("POST", "/v1/keys", #"{"name":"zz-more"}"#).status == 201)
        #expect(try service.stop() == 0)
        let again = try Service(in: folder)
        #expect(try names(again) == created + ["zz-more"])
        #expect(try again.stop() == 0)
    }

    // MARK: -

    private func arguments(_ folder: TemporaryFolder) -> [String] {
        ["--data", folder.file("data"), "--listen", "127.0.0.1:0"]
    }

    /// Creates keys until there is no room for one, and gives the names of those that were acknowledged, which serve on.
    private func fill(_ service: Service) throws -> [String] {
        let client = try service.client()
        let label = String(repeating: "x", count: 200)
        var created: [String] = []
        var refused: (status: Int, members: [String: Any])?
        for number in 1000..<9999 {
            let name = "key-\(number)"
            let labels = (0..<20).map { "\"label-\($0)\":\"\(label)\"" }.joined(separator: ",")
            let answer = try client.send("POST", "/v1/keys", "{\"name\":\"\(name)\",\"labels\":{\(labels)}}")
            guard answer.status == 201 else {
                refused = answer
                break
            }
            created.append(name)
        }
        #expect(refused?.status == 503)
        #expect(refused?.members["code"] as? String == "store_unavailable")
        #expect(created.count > 10)
        #expect(try names(service) == created)
        let ciphertext = try #require(try client.encrypt("text", with: created[0]))
        #expect(try client.decrypt(ciphertext, with: created[0]) == "text")
        return created
    }

    private func names(_ service: Service) throws -> [String] {
        let client = try service.client()
        var names: [String] = []
        while true {
            let after = names.last.map { "&after=\($0)" } ?? ""
            let page = try client.send("GET", "/v1/keys?limit=1000\(after)")
            let keys = page.members["keys"] as? [[String: Any]] ?? []
            names += keys.compactMap { $0["name"] as? String }
            if keys.count < 1000 { return names }
        }
    }
}
