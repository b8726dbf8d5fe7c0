// The data folder in the hands of somebody else: a service that is started on an edited database refuses what was edited, names
// it in its log, and serves the rest.

import Foundation
import TestKit
import Testing

@Suite struct AlteredRecordTests {
    @Test("an edited key is refused and named, an edited token is none, and the rest is served")
    func edited() throws {
        let folder = try TemporaryFolder()
        let first = try Service(in: folder)
        let client = try first.client()
        for name in ["edited", "whole", "swapped", "doomed"] {
            let body = "{\"name\":\"\(name)\",\"labels\":{\"team\":\"\(name)\"}}"
            #expect(try client.send("POST", "/v1/keys", body).status == 201)
        }
        let ciphertext = try #require(try client.encrypt("text", with: "whole"))
        #expect(try client.send("PATCH", "/v1/keys/doomed", #"{"deletion_protected":false}"#).status == 200)
        #expect(try first.stop() == 0)
        try sqlite(
            folder.file("data/strongroom.db"),
            """
            UPDATE key_labels SET value = 'other' WHERE value = 'edited';
            UPDATE keys SET delete_at = 1, deletion_protected = 0 WHERE name = 'doomed';
            UPDATE key_versions SET sealed = (
                SELECT sealed FROM key_versions JOIN keys ON id = key_id WHERE name = 'whole')
                WHERE key_id = (SELECT id FROM keys WHERE name = 'swapped');
            """)
        let second = try Service(in: folder)
        let again = try second.client()
        let refused = try again.send("GET", "/v1/keys/edited")
        #expect(refused.status == 500)
        #expect(refused.members["code"] as? String == "record_altered")
        #expect(try again.send("POST", "/v1/keys/edited/encrypt", #"{"plaintext":""}"#).status == 500)
        #expect(try again.send("PATCH", "/v1/keys/edited", #"{"labels":{}}"#).status == 500)
        #expect(try again.decrypt(ciphertext, with: "whole") == "text")
        // Another key's blob: its row is as it was, and the core refuses it.
        let swapped = try again.send("POST", "/v1/keys/swapped/encrypt", #"{"plaintext":""}"#)
        #expect(swapped.members["code"] as? String == "core_fault")
        // It is not destroyed by a date that somebody else has written.
        #expect(try again.send("GET", "/v1/keys/doomed").status == 500)
        #expect(try again.send("GET", "/v1/keys").status == 200)
        #expect(try second.stop() == 0)
        let log = second.log.joined(separator: "\n")
        for name in ["edited", "doomed"] {
            #expect(log.contains("changed from outside") && log.contains("key \(name)"), "\(name)")
        }
        #expect(!log.contains("key whole"))

        try sqlite(folder.file("data/strongroom.db"), "UPDATE tokens SET roles = 'auditor'")
        let third = try Service(in: folder)
        #expect(try third.client().send("GET", "/v1/keys").status == 401)
        #expect(try third.stop() == 0)
        #expect(third.log.joined().contains("token administrator"))
    }

    @Test("records without MACs are not believed, and the identity that would have them believed cannot be made up")
    func withoutMACs() throws {
        let folder = try TemporaryFolder()
        let first = try Service(in: folder)
        #expect(try first.client().send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        #expect(try first.stop() == 0)
        let database = folder.file("data/strongroom.db")
        try sqlite(database, "UPDATE keys SET record_mac = NULL")
        let second = try Service(in: folder)
        #expect(try second.client().send("GET", "/v1/keys/orders").status == 500)
        #expect(try second.stop() == 0)
        for identity in ["zeroblob(16)", "substr(root_identity, 1, 16)"] {
            try sqlite(database, "UPDATE installation SET root_identity = \(identity)")
            let launch = try Launch(in: folder, ["--data", folder.file("data"), "--listen", "127.0.0.1:0"])
            #expect(try launch.process.wait(timeout: 20) == 1)
            #expect(launch.log.joined().contains("damaged"), "\(launch.log)")
        }
    }

    @Test("an altered record stops the exchange of the root key before it begins, and is named")
    func rotation() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        #expect(try service.client().send("POST", "/v1/keys", #"{"name":"orders"}"#).status == 201)
        #expect(try service.stop() == 0)
        let database = folder.file("data/strongroom.db")
        try sqlite(database, "UPDATE keys SET exportable = 1")
        let refused = try command(["rotate-root", "--data", folder.file("data")])
        #expect(refused.status == 1)
        #expect(refused.error.contains("key orders"))
        try sqlite(database, "UPDATE keys SET exportable = 0")
        #expect(try command(["rotate-root", "--data", folder.file("data")]).status == 0)
        let again = try Service(in: folder)
        #expect(try again.client().send("POST", "/v1/keys/orders/encrypt", #"{"plaintext":""}"#).status == 200)
        #expect(try again.stop() == 0)
    }
}

/// Runs statements on a database that no service has open.
private func sqlite(_ database: String, _ statements: String) throws {
    try python(
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit(); c.close()",
        database, statements)
}
