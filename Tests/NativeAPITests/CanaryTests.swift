// A word is planted in every input of every operation of the document, and looked for in every refusal, log line, metric and
// diagnostic. What there is to plant it in is read off the document, so that no new operation is left out.

import CoreBridge
import Foundation
import OpenAPI
import TestKit
import Testing

@Suite(.givesHandlesBack) struct CanaryTests {
    /// In each alphabet that a value could be written in.
    static let forms: [String] = {
        let word = Answer.canary
        // Base64 that does not depend on what stands around it: of each alignment, the middle.
        let aligned = (0..<3).map { offset in
            let text = Data([UInt8](repeating: 0, count: offset) + word.utf8).base64EncodedString()
            return String(text.dropFirst(4).prefix(8))
        }
        let hex = word.utf8.map { String($0, radix: 16) }.joined()
        let percent = word.utf8.map { "%" + String($0, radix: 16) }.joined()
        let escaped = word.utf8.map { "\\u00" + String($0, radix: 16) }.joined()
        return [word, hex, percent, escaped, word.utf8.map { String($0) }.joined(separator: ",")] + aligned
    }()

    /// The forms of the word that a text has.
    private static func found(in text: String) -> [String] {
        let text = text.lowercased()
        return forms.filter { text.contains($0.lowercased()) }
    }

    private static func check(_ text: String, _ context: String, at location: SourceLocation = #_sourceLocation) {
        let found = found(in: text)
        if !found.isEmpty { Issue.record("\(found) in \(context.prefix(200))", sourceLocation: location) }
    }

    @Test("the word is found where it is, in each of its forms")
    func finding() {
        for form in Self.forms { #expect(Self.found(in: "..\(form.uppercased())..").contains(form)) }
        for lead in ["", "a", "ab"] { #expect(!Self.found(in: base64(lead + Answer.canary + "behind")).isEmpty) }
        #expect(Self.found(in: "canary 5ecret").isEmpty)
    }

    @Test("no refusal, log line, metric or diagnostic holds what was sent, whatever of a request it was sent in")
    func everywhere() throws {
        try TestCore.shared.keepDiagnostics(Core.maximumDiagnostics)
        let fixture = try Fixture(showsDiagnostics: true)
        try fixture.create("orders")
        let document = JSONTree(Array(OpenAPIDocument.embedded))
        var refusals = 0
        var requests = 0
        func send(
            _ method: String, _ path: String, _ body: String?, _ headers: [(String, String)] = [],
            namesMember: Bool = false
        ) throws {
            let connection = try fixture.connect()
            defer { connection.close() }
            var all = headers
            for (name, value) in [("Authorization", "Bearer \(fixture.token)"), ("Content-Type", "application/json")]
            where !headers.contains(where: { $0.0 == name }) && (name != "Content-Type" || body != nil) {
                all.append((name, value))
            }
            let response = try connection.request(method, path, headers: all, body: body.map { Array($0.utf8) })
            requests += 1
            guard response.status >= 400 else { return }
            refusals += 1
            // The one thing that is told of what was sent: the name of an unknown member or parameter, in its
            // pointer.
            let text =
                namesMember ? response.text.replacing(/"pointer":"[^"]*"/, with: "") : response.text
            Self.check(
                (response.headers.map { $0.name + $0.value } + [text]).joined(), "\(method) \(path) \(body ?? "")")
        }

        let word = Answer.canary
        for path in document["paths"].names {
            for method in document["paths"][path].names
            where ["get", "post", "patch", "delete", "put"].contains(method) {
                let operation = document["paths"][path][method]
                let method = method.uppercased()
                let real = path.replacing("{key}", with: "orders").replacing("{version}", with: "1")
                // Destroying or deleting the key would spoil the rest.
                let safe = method == "DELETE" ? path.replacing("{key}", with: "none") : real
                let members = Members.of(operation, document)
                let empty = members.isEmpty ? nil : "{}"
                for name in ["{key}", "{version}"] where path.contains(name) {
                    for value in [word, word + "!", "%00" + word, "%63anary5ecret"] {
                        let planted = path.replacing(name, with: value).replacing("{key}", with: "orders")
                            .replacing("{version}", with: "1")
                        try send(method, planted, empty)
                    }
                }
                for name in operation["parameters"].elements.compactMap({ $0["name"].string }) + ["x", word] {
                    for value in name == word ? ["1", "!"] : [word, "!" + word] {
                        try send(method, safe + "?\(name)=\(value)", empty, namesMember: name == word)
                    }
                }
                for header in [
                    ("Authorization", "Bearer srt_\(word)"), ("Authorization", word), ("If-Match", "\"\(word)\""),
                    ("Content-Type", "application/\(word)"), ("X-Request-Id", word), ("User-Agent", word),
                    ("Cookie", "a=\(word)"), ("X-\(word)", "a"), ("Accept", word), ("traceparent", word),
                ] {
                    try send(method, safe, empty, [header])
                }
                guard !members.isEmpty else { continue }
                for body in [word, "\"\(word)\"", "[\"\(word)\"]", "{\"\(word)", "{\"x\":\"\(word)\"}"] {
                    try send(method, safe, body)
                }
                try send(method, safe, "{\"\(word)\":1}", namesMember: true)
                for member in members {
                    for value in [
                        "\"\(word)\"", "\"!\(word)\"", "\"\(base64(word))\"",
                        "\"sr:1:1:\(base64(word + word + word + word))\"",
                        "[\"\(word)\"]", "[{\"\(member)\":\"\(word)\"}]", "{\"a\":\"\(word)\"}",
                        "{\"key\":\"\(word)\"}",
                    ] {
                        try send(method, safe, "{\"\(member)\":\(value)}")
                    }
                    try send(method, safe, "{\"\(member)\":{\"\(word)\":1}}", namesMember: true)
                }
            }
        }
        // And where it succeeds.
        for member in ["plaintext", "associated_data"] {
            let other = member == "plaintext" ? "" : ",\"plaintext\":\"AAAA\""
            try send("POST", "/v1/keys/orders/encrypt", "{\"\(member)\":\"\(base64(word))\"\(other)}")
        }
        try send("POST", "/v1/keys", "{\"name\":\"\(word)\",\"labels\":{\"\(word)\":\"\(word)\"}}")
        try send("POST", "/v1/keys/\(word)/encrypt", "{\"plaintext\":\"AAAA\"}")
        #expect(requests > 500 && refusals > 400, "\(requests) requests, \(refusals) refusals")

        var lines: [String] = []
        let logged = eventually {
            lines = (try? fixture.logLines()) ?? []
            return lines.count >= requests
        }
        #expect(logged, "\(lines.count) lines of \(requests) requests")
        Self.check(lines.joined(separator: "\n"), "the log")
        Self.check(try fixture.send("GET", "/metrics").response.text, "the metrics")
        let records = try TestCore.shared.diagnostics(after: 0, limit: Core.maximumDiagnostics)
        #expect(records.contains { $0.code == .authenticationFailed })
        Self.check("\(records)", "the diagnostics")
        Self.check(try fixture.send("GET", "/v1/diagnostics?limit=1000").response.text, "the diagnostics' answer")
    }
}

/// The members that an operation's body can have.
private enum Members {
    static func of(_ operation: JSONTree, _ document: JSONTree) -> [String] {
        let schema = operation["requestBody"]["content"]["application/json"]["schema"]
        var found: Set<String> = []
        collect(schema, document, into: &found, depth: 0)
        return found.sorted()
    }

    private static func collect(_ schema: JSONTree, _ document: JSONTree, into found: inout Set<String>, depth: Int) {
        guard depth < 8 else { return }
        if let reference = schema["$ref"].string {
            let words = reference.split(separator: "/").dropFirst()
            collect(words.reduce(document) { $0[String($1)] }, document, into: &found, depth: depth + 1)
        }
        for name in schema["properties"].names {
            found.insert(name)
            collect(schema["properties"][name], document, into: &found, depth: depth + 1)
        }
        collect(schema["items"], document, into: &found, depth: depth + 1)
        for word in ["allOf", "oneOf", "anyOf"] {
            for part in schema[word].elements { collect(part, document, into: &found, depth: depth + 1) }
        }
    }
}
