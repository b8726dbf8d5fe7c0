// Who may do what, over HTTP: every operation of the document with every kind of token, and what roles and tokens can be done
// with.

import CoreBridge
import Foundation
import HTTPServer
import KeyService
import OpenAPI
import Storage
import StorageSQLite
import TestKit
import Testing
import Threading

@testable import NativeAPI

@Suite(.givesHandlesBack) struct AccessTests {
    private let fixture: Fixture
    /// The operations and ids of requests whose records are yet to be looked for.
    private let sent = Locked<[(operation: String, status: Int, id: String)]>([])

    init() throws {
        fixture = try Fixture()
        try fixture.create("orders")
    }

    private func send(
        _ token: String?, _ method: String, _ path: String, _ body: String? = nil,
        at location: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        let header = token.map { "Bearer \($0)" } ?? ""
        return try fixture.send(method, path, body, headers: [("Authorization", header)], at: location)
    }

    /// Sends a request of the matrix; `expectRecords` looks for its record.
    private func send(_ token: String?, _ request: Request) throws -> Answer {
        let answer = try send(token, request.method, request.path)
        let id = try #require(answer.response["x-request-id"])
        sent.withLock { $0.append((request.id, answer.status, id)) }
        // Nobody's refusals have a record each within a budget that time fills.
        if answer.status == 401 { fixture.clock.withLock { $0 += 1 } }
        return answer
    }

    /// That each request of the matrix left exactly one record, which says what it was and how it ended.
    private func expectRecords() throws {
        var found: [String: [JSONTree]] = [:]
        for record in try fixture.auditRecords() {
            if let id = record["request_id"].string { found[id, default: []].append(record) }
        }
        let sent = sent.withLock { $0 }
        for (operation, status, id) in sent {
            let records = found[id] ?? []
            #expect(records.count == 1, "\(operation)")
            #expect(records.first?["operation"].string == operation)
            #expect(records.first?["status"].integer == status, "\(operation)")
        }
        #expect(Set(sent.map(\.id)).count == sent.count)
    }

    /// An operation that needs a token, and a request for it as far as its head goes.
    private struct Request {
        let id: String
        let method: String
        let path: String
        let permission: Permission?
    }

    /// - Parameter key: the key that the path names, where it names one.
    private func requests(key: String) throws -> [Request] {
        let document = try fixture.send("GET", "/openapi.json")
        var requests: [Request] = []
        for (template, item) in document["paths"].members {
            for (method, operation) in item.members {
                guard let id = operation["operationId"].string, operation["security"].elements.isEmpty,
                    operation["security"].isAbsent, let handling = NativeAPI.handlers[id]
                else { continue }
                let path = template.replacing("{key}", with: key).replacing("{version}", with: "1")
                    .replacing("{role}", with: "app").replacing("{id}", with: "some-id")
                requests.append(
                    Request(id: id, method: method.uppercased(), path: path, permission: handling.permission))
            }
        }
        return requests.sorted { $0.id < $1.id }
    }

    @Test("every operation asks for a token, and takes none that is malformed, unknown, expired or revoked")
    func tokens() throws {
        let expired = try fixture.makeToken("all", #"{"operations":["*"]}"#, ttl: 10)
        let revoked = try fixture.makeToken(of: "all")
        #expect(try send(revoked, "DELETE", "/v1/tokens/self").status == 204)
        fixture.clock.withLock { $0 += 10 }
        let unknown = try AccessToken.make(from: TestCore.shared).withBytes { String(decoding: $0, as: UTF8.self) }
        let requests = try requests(key: "orders")
        #expect(requests.count > 40)
        for request in requests {
            for token in [nil, "srt_x", expired, revoked, unknown] {
                let answer = try send(token, request)
                #expect(answer.status == 401, "\(request.id) with \(token ?? "none")")
                #expect(answer["code"].string == "unauthenticated")
            }
        }
        try expectRecords()
    }

    @Test("every operation is refused without its permission, and with it for other keys; with it it is not")
    func permissions() throws {
        var tokens: [Permission: (only: String, others: String, elsewhere: String?)] = [:]
        for permission in Permission.allCases {
            let name = permission.rawValue
            let names =
                permission.scope == .key ? #","keys":"orders*""# : permission.scope == .role ? #","roles":"*""# : ""
            let others = Permission.allCases.filter { $0 != permission && $0 != .tokens }.map { "\"\($0.rawValue)\"" }
            let andTokens = permission == .tokens ? "" : #",{"operations":["tokens"]}"#
            tokens[permission] = (
                only: try fixture.makeToken("only-\(name)", #"{"operations":["\#(name)"]\#(names)}"#),
                others: try fixture.makeToken(
                    "all-but-\(name)", #"{"operations":[\#(others.joined(separator: ","))]}\#(andTokens)"#),
                elsewhere: permission.scope == .key
                    ? try fixture.makeToken("elsewhere-\(name)", #"{"operations":["\#(name)"],"keys":"other-*"}"#) : nil
            )
        }
        for request in try requests(key: "orders") where request.id != "revokeOwnToken" {
            guard let permission = request.permission else { continue }
            let token = try #require(tokens[permission])
            let refused = try send(token.others, request)
            #expect(refused.status == 403 && refused["code"].string == "forbidden", "\(request.id)")
            if let elsewhere = token.elsewhere, request.path.contains("orders") {
                #expect(try send(elsewhere, request).status == 403, "\(request.id)")
            }
            // Without a body most are refused for that, which is later.
            guard request.id != "sealService" else { continue }
            let allowed = try send(token.only, request)
            #expect(allowed.status != 403 && allowed.status != 401, "\(request.id): \(allowed.response.text)")
        }
        try expectRecords()
    }

    @Test("a key that may not be seen and one that there is not are refused alike, and listings leave both out")
    func unseen() throws {
        let app = try fixture.makeToken("app", #"{"operations":["*"],"keys":"app-*"}"#)
        try fixture.create("app-one")
        for request in try requests(key: "orders") where request.path.contains("orders") {
            let other = request.path.replacing("orders", with: "nothing")
            let (seen, unseen) = try (send(app, request.method, request.path), send(app, request.method, other))
            #expect(seen.status == 403 && unseen.status == 403, "\(request.id)")
            let members = ["code", "title", "detail", "type"]
            #expect(members.map { seen[$0].string } == members.map { unseen[$0].string })
        }
        let listed = try send(app, "GET", "/v1/keys")
        #expect(listed["keys"].elements.map { $0["name"].string } == ["app-one"])
        for number in 0..<7 {
            try fixture.create("app-\(number)")
            try fixture.create("b-\(number)")
        }
        var names: [String] = []
        var after = ""
        repeat {
            let page = try send(app, "GET", "/v1/keys?limit=3\(after)")
            names += page["keys"].elements.compactMap { $0["name"].string }
            after = page["next"].string.map { "&after=\($0)" } ?? ""
        } while !after.isEmpty
        #expect(names == (0..<7).map { "app-\($0)" } + ["app-one"])
    }

    @Test("a listing does not look through the whole store for a key that may be seen: it goes on where it stopped")
    func longListing() throws {
        let app = try fixture.makeToken("app", #"{"operations":["read"],"keys":"z*"}"#)
        // All at once, from another process: one by one each would wait for the disk.
        let script = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1])
            database.execute(\"\"\"
                WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9199)
                INSERT INTO keys (id, ring, name, algorithm, usages, exportable, derived, convergent,
                    min_decrypt_version, latest_version, deletion_protected, min_approvals, approvals_by, owner,
                    created_at, revision)
                SELECT randomblob(16), '', 'n-' || i, 'xaes-256-gcm', 'encrypt', 0, 0, 0, 1, 1, 1, 0, 'token', '', 1, 1
                FROM n\"\"\")
            database.commit()
            """
        let database = fixture.folder.file("data/strongroom.db")
        #expect(try ChildProcess("/usr/bin/python3", ["-c", script, database]).wait() == 0)
        try fixture.create("z")
        let first = try send(app, "GET", "/v1/keys?limit=1")
        #expect(first["keys"].elements.isEmpty)
        let next = try #require(first["next"].string)
        let second = try send(app, "GET", "/v1/keys?limit=1&after=\(next)")
        #expect(second["keys"].elements.map { $0["name"].string } == ["z"])
        #expect(second["next"].isAbsent)
    }

    @Test("a grant for requests with associated data is none for others, alone or in a batch")
    func associatedData() throws {
        let app = try fixture.makeToken("app", #"{"operations":["encrypt","rotate"],"associated_data":"required"}"#)
        let path = "/v1/keys/orders/encrypt"
        let with = #"{"plaintext":"YQ==","associated_data":"YQ=="}"#
        #expect(try send(app, "POST", path, with).status == 200)
        for without in [#"{"plaintext":"YQ=="}"#, #"{"plaintext":"YQ==","associated_data":""}"#] {
            #expect(try send(app, "POST", path, without).status == 403)
            #expect(try send(app, "POST", path + "/batch", "{\"items\":[\(with),\(without)]}").status == 403)
        }
        #expect(try send(app, "POST", path + "/batch", "{\"items\":[\(with),\(with)]}").status == 200)
        // What has no associated data has none.
        #expect(try send(app, "POST", "/v1/keys/orders/rotate").status == 403)
    }

    @Test("what only a body names is held to the role too: new keys, destroying versions, tokens' roles, restored keys")
    func bodies() throws {
        let app = try fixture.makeToken(
            "app",
            #"{"operations":["create","read","update","backup","restore"],"keys":"app-*"},{"operations":["tokens"],"roles":"app"}"#
        )
        #expect(try send(app, "POST", "/v1/keys", #"{"name":"other"}"#).status == 403)
        #expect(try send(app, "POST", "/v1/keys", #"{"name":"app-1"}"#).status == 201)
        let version = "/v1/keys/app-1/versions/1"
        #expect(try send(app, "PATCH", version, #"{"state":"disabled"}"#).status == 200)
        #expect(try send(app, "PATCH", version, #"{"state":"destroyed"}"#).status == 403)
        #expect(try send(app, "POST", "/v1/tokens", #"{"name":"n","role":"app"}"#).status == 201)
        #expect(try send(app, "POST", "/v1/tokens", #"{"name":"n","role":"administrator"}"#).status == 403)
        #expect(try send(app, "POST", "/v1/tokens", #"{"name":"n","role":"app","orphan":true}"#).status == 403)
        #expect(try send(fixture.token, "DELETE", "/v1/tokens/self")["code"].string == "last_administrator")
        let listed = try send(app, "GET", "/v1/tokens")
        #expect(listed["tokens"].elements.allSatisfy { $0["role"].string == "app" })
        #expect(listed["tokens"].elements.count == 2)
        #expect(try send(app, "DELETE", "/v1/tokens/tester").status == 404)
        let backup = try #require(try fixture.send("GET", "/v1/keys/orders/backup")["backup"].string)
        #expect(try send(app, "POST", "/v1/restore", "{\"backup\":\"\(backup)\"}").status == 403)
        #expect(try fixture.send("POST", "/v1/restore", "{\"backup\":\"\(backup)\"}").status == 409)
    }

    @Test(
        "a grant with a rate is good for so many requests of each token, a batch's items counted each, and time gives new ones"
    )
    func rates() throws {
        let grants = #"{"operations":["decrypt"],"rate":{"requests":3,"seconds":60}},{"operations":["encrypt"]}"#
        let (one, other) = try (fixture.makeToken("app", grants), fixture.makeToken(of: "app"))
        let ciphertext = try fixture.encrypt("YQ==", with: "orders")
        let path = "/v1/keys/orders/decrypt"
        let body = "{\"ciphertext\":\"\(ciphertext)\"}"
        for _ in 0..<3 { #expect(try send(one, "POST", path, body).status == 200) }
        let refused = try send(one, "POST", path, body)
        #expect(refused.status == 429 && refused.code == "rate_limited")
        #expect(refused.response["retry-after"] == "20")
        #expect(refused.response["ratelimit-policy"] == #""grant";q=3;w=60"#)
        #expect(refused.response["ratelimit"] == #""grant";r=0;t=20"#)
        #expect(try fixture.auditRecords().last?["code"].string == "rate_limited")
        // Of what has no rate, and for another token, there is as much as before.
        #expect(try send(one, "POST", "/v1/keys/orders/encrypt", #"{"plaintext":"YQ=="}"#).status == 200)
        #expect(try send(other, "POST", path + "/batch", "{\"items\":[\(body),\(body)]}").status == 200)
        #expect(try send(other, "POST", path + "/batch", "{\"items\":[\(body),\(body)]}").status == 429)
        #expect(try send(other, "POST", path, body).status == 200)
        fixture.clock.withLock { $0 += 20 }
        #expect(try send(one, "POST", path, body).status == 200)
        #expect(try send(one, "POST", path, body).status == 429)
        // A clock that was set back gives nothing, and is no reason to wait until it is where it was.
        fixture.clock.withLock { $0 -= 5000 }
        #expect(try send(one, "POST", path, body).status == 429)
        fixture.clock.withLock { $0 += 20 }
        #expect(try send(one, "POST", path, body).status == 200)
        fixture.clock.withLock { $0 += 4980 }
        // More than there ever are.
        let many = Array(repeating: body, count: 4).joined(separator: ",")
        fixture.clock.withLock { $0 += 1000 }
        let beyond = try send(one, "POST", path + "/batch", "{\"items\":[\(many)]}")
        #expect(beyond.status == 422 && beyond.code == "beyond_rate")
        #expect(try send(one, "POST", path, body).status == 200)
        // A change of the role begins anew, and the role tells what it was given.
        let role = try fixture.send("GET", "/v1/roles/app")
        #expect(
            role["grants"][0]["rate"]["requests"].integer == 3 && role["grants"][0]["rate"]["seconds"].integer == 60)
        #expect(try fixture.send("PUT", "/v1/roles/app", "{\"grants\":[\(grants)]}").status == 200)
        for _ in 0..<3 { #expect(try send(one, "POST", path, body).status == 200) }
    }

    @Test("a grant without a rate lifts that of another only for the requests that it allows itself")
    func ratesAndAssociatedData() throws {
        let app = try fixture.makeToken(
            "app",
            #"{"operations":["encrypt"],"associated_data":"required"},{"operations":["encrypt"],"rate":{"requests":1,"seconds":60}}"#
        )
        let path = "/v1/keys/orders/encrypt"
        #expect(try send(app, "POST", path, #"{"plaintext":"YQ=="}"#).status == 200)
        #expect(try send(app, "POST", path, #"{"plaintext":"YQ=="}"#).status == 429)
    }

    @Test("a rate holds for what only a body names, and a grant without one comes first")
    func ratesOfBodies() throws {
        let app = try fixture.makeToken(
            "app",
            #"{"operations":["create"],"keys":"app-*","rate":{"requests":1,"seconds":60}},{"operations":["create"],"keys":"app-free-*"}"#
        )
        #expect(try send(app, "POST", "/v1/keys", #"{"name":"app-1"}"#).status == 201)
        #expect(try send(app, "POST", "/v1/keys", #"{"name":"app-2"}"#).status == 429)
        #expect(try send(app, "POST", "/v1/keys", #"{"name":"app-free-2"}"#).status == 201)
        let backup = try #require(try fixture.send("GET", "/v1/keys/orders/backup")["backup"].string)
        let restorer = try fixture.makeToken(
            "restorer", #"{"operations":["restore"],"keys":"orders","rate":{"requests":1,"seconds":60}}"#)
        #expect(try send(restorer, "POST", "/v1/restore", "{\"backup\":\"\(backup)\"}").status == 409)
        #expect(try send(restorer, "POST", "/v1/restore", "{\"backup\":\"\(backup)\"}").status == 429)
        let denied =
            #"{"name":"r","grants":[{"effect":"deny","operations":["create"],"rate":{"requests":1,"seconds":1}}]}"#
        #expect(try fixture.send("POST", "/v1/roles", denied).status == 422)
    }

    @Test("the core refuses what a key's sealed rights leave out, whatever the role grants")
    func rightsInDepth() throws {
        try fixture.create("sealed", #","usages":["encrypt"]"#)
        let ciphertext = try fixture.encrypt("YQ==", with: "sealed")
        let refused = try fixture.send("POST", "/v1/keys/sealed/decrypt", "{\"ciphertext\":\"\(ciphertext)\"}")
        #expect(refused.status == 403)
        #expect(refused["code"].string == "usage_not_allowed")
    }

    @Test(
        "roles are made, read, replaced at their revision, listed and removed; what is no grant is refused by its place"
    )
    func roleLife() throws {
        let grants =
            #"[{"effect":"deny","operations":["decrypt"],"keys":"a*","networks":["10.0.0.0/8"]},{"operations":["*"]}]"#
        let made = try fixture.send("POST", "/v1/roles", "{\"name\":\"app\",\"grants\":\(grants)}")
        #expect(made.status == 201)
        #expect(made.response["Location"] == "/v1/roles/app")
        let read = try fixture.send("GET", "/v1/roles/app")
        #expect(read["grants"].elements.first?["effect"].string == "deny")
        #expect(read["grants"].elements.first?["networks"].elements.first?.string == "10.0.0.0/8")
        let tag = try #require(read.response["ETag"])
        let next = #"{"grants":[{"operations":["tokens"],"roles":"app-*"}]}"#
        let stale = try fixture.send("PUT", "/v1/roles/app", next, headers: [("If-Match", "\"7\"")])
        #expect(stale.status == 412)
        let replaced = try fixture.send("PUT", "/v1/roles/app", next, headers: [("If-Match", tag)])
        #expect(replaced.status == 200)
        #expect(replaced["grants"].elements.first?["roles"].string == "app-*")
        #expect(try fixture.send("GET", "/v1/roles")["roles"].elements.count == 1)
        #expect(
            try fixture.send("POST", "/v1/roles", "{\"name\":\"app\",\"grants\":\(grants)}")["code"].string
                == "role_exists")
        let network = #"{"name":"x","grants":[{"operations":["*"],"networks":["10.0.0.1/8"]}]}"#
        #expect(try fixture.send("POST", "/v1/roles", network).violation == "/grants strongroom")
        #expect(
            try fixture.send("POST", "/v1/roles", #"{"name":"x","grants":[{"operations":["fly"]}]}"#).violation
                == "/grants/0/operations/0 enum")
        for mixed in [
            #"{"operations":["tokens","read"]}"#, #"{"operations":["tokens"],"keys":"a"}"#,
            #"{"operations":["read"],"roles":"a"}"#,
            #"{"effect":"deny","operations":["encrypt"],"associated_data":"required"}"#,
        ] {
            #expect(
                try fixture.send("POST", "/v1/roles", "{\"name\":\"x\",\"grants\":[\(mixed)]}").status == 422,
                "\(mixed)")
        }
        #expect(try fixture.send("PUT", "/v1/roles/administrator", next)["code"].string == "role_fixed")
        #expect(try fixture.send("DELETE", "/v1/roles/administrator")["code"].string == "role_fixed")
        _ = try fixture.makeToken(of: "app")
        #expect(try fixture.send("DELETE", "/v1/roles/app")["code"].string == "role_in_use")
        #expect(try fixture.send("DELETE", "/v1/roles/nothing").status == 404)
        #expect(try fixture.send("GET", "/v1/roles/nothing").status == 404)
        let status = try fixture.send("GET", "/v1/status")
        #expect(status["sensitive_operations"]["tokens"].elements.map { $0.string } == ["administrator", "app"])
    }

    @Test(
        "a token is shown once, told of without what it is known by, renewed, and ended with those that were made with it"
    )
    func tokenLife() throws {
        let app = try fixture.makeToken("app", #"{"operations":["tokens"],"roles":"app"}"#, ttl: 100)
        let own = try send(app, "GET", "/v1/tokens/self")
        #expect(own["role"].string == "app" && own["ttl"].integer == 100)
        #expect(own["parent"].string == "tester")
        let child = try #require(
            try send(app, "POST", "/v1/tokens", #"{"name":"n","role":"app","ttl":1000}"#)["token"].string)
        fixture.clock.withLock { $0 += 60 }
        let renewed = try send(app, "POST", "/v1/tokens/self/renew")
        #expect(renewed.status == 200)
        #expect(renewed["expires_at"].string != own["expires_at"].string)
        let listed = try fixture.send("GET", "/v1/tokens")
        #expect(!listed.response.text.contains("srt_"))
        #expect(listed["tokens"].elements.count == 3)
        #expect(try send(child, "GET", "/v1/tokens/self")["last_used_at"].string != nil)
        let id = try #require(own["id"].string)
        #expect(try fixture.send("DELETE", "/v1/tokens/\(id)").status == 204)
        for token in [app, child] { #expect(try send(token, "GET", "/v1/tokens/self").status == 401) }
        #expect(try fixture.send("DELETE", "/v1/tokens/\(id)").status == 404)
        #expect(
            try fixture.send("POST", "/v1/tokens", #"{"name":"n","role":"nothing"}"#)["code"].string == "role_not_found"
        )
    }
}
