// Listing keys: pages, prefixes and labels.

import CoreBridge
import KeyService
import TestKit
import Testing

@Suite(.givesHandlesBack) struct ListingTests {
    @Test("250 keys are listed in pages, each once and in order")
    func pages() throws {
        let fixture = try Fixture()
        let names = try (0..<250).map { number in
            let name = "key-\(String(number + 1000))"
            try makeKey(fixture, name, labels: ["parity": number % 2 == 0 ? "even" : "odd", "all": ""])
            return name
        }
        for limit in ["", "limit=7&", "limit=250&", "limit=249&", "limit=1000&"] {
            #expect(try list(fixture, limit) == names, "\(limit)")
        }
        #expect(try list(fixture, "limit=9&prefix=key-11&") == names.filter { $0.hasPrefix("key-11") })
        #expect(
            try list(fixture, "limit=30&label=parity=odd&") == names.indices.filter { $0 % 2 == 1 }.map { names[$0] })
        #expect(try list(fixture, "label=parity%3Deven&prefix=key-100&").count == 5)
        #expect(try list(fixture, "label=all=&limit=100&") == names)
        #expect(try list(fixture, "label=parity=&") == [])
        #expect(try list(fixture, "prefix=none&") == [])
        #expect(try list(fixture, "after=key-1248&") == ["key-1249"])
        #expect(try list(fixture, "after=key-1248-and-a-bit&") == ["key-1249"])
    }

    @Test("the largest page knows of the key behind it")
    func largestPage() throws {
        let fixture = try Fixture()
        let names = try (0..<1001).map { number in
            let name = "key-\(number + 1000)"
            try makeKey(fixture, name, labels: [:])
            return name
        }
        let first = try fixture.send("GET", "/v1/keys?limit=1000")
        #expect(first["keys"].elements.count == 1000)
        #expect(first["next"].string == names[999])
        #expect(try list(fixture, "limit=1000&") == names)
        #expect(try fixture.send("GET", "/v1/keys?limit=1000&after=\(names[0])")["next"].isAbsent)
    }

    /// Ends and beginnings of what a query or a text is made of: separators, escapes, characters that join the one before them.
    private static let pieces: [String] = [
        "=", "&", "+", "%", "%3D", "#", "?", ";", "/", "\\", "\"", " ", "a", "Z", "'", "*", "\u{301}", "\u{308}a",
        "e\u{301}", "\u{E9}",
        "\u{200D}", "\u{200C}", "\u{FE0F}", "\u{1F1E6}", "\u{1F3FD}", "\u{1F468}", "\u{20E3}", "\u{1100}", "\u{1161}",
        "\u{D55C}",
        "\u{10FFFD}", "\u{FDFA}", "\u{FFFD}", "\u{E000}", "\u{903}",
    ]

    @Test("every label that can be stored finds its keys, and no others", arguments: [UInt64(1)])
    func labels(seed: UInt64) throws {
        let fixture = try Fixture()
        let connection = try fixture.connect()
        var generator = SeededGenerator(seed: seed)
        var labels =
            Self.pieces.map { ("a", $0) } + [
                ("a", ""), ("a/b.c_d-e", "x"),
                (String(repeating: "n", count: 63), String(repeating: "\u{1F468}", count: 256)),
                ("a", String(repeating: "v", count: 256)), ("a", "=="), ("a", "b=c"),
            ]
        for _ in 0..<60 {
            let count = Int.random(in: 1...6, using: &generator)
            labels.append(("a", (0..<count).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()))
        }
        var stored: [(key: String, name: String, value: [UInt8])] = []
        for (index, (name, value)) in labels.enumerated() {
            let text = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            let made = try fixture.send(
                "POST", "/v1/keys", "{\"name\":\"k-\(index)\",\"labels\":{\"\(name)\":\"\(text)\"}}", on: connection)
            try #require(made.status == 201, "\(made.response.text)")
            stored.append(("k-\(index)", name, Array(value.utf8)))
        }
        for (_, name, value) in stored {
            let escaped = Array((name + "=").utf8) + value
            let query = escaped.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            let found = try fixture.send("GET", "/v1/keys?limit=1000&label=\(query)", on: connection)
            let expected = stored.filter { $0.name == name && $0.value == value }.map(\.key)
            #expect(
                Set(found["keys"].elements.compactMap { $0["name"].string }) == Set(expected), "\(found.response.text)")
        }
    }

    @Test("an empty store has an empty page")
    func empty() throws {
        let answer = try Fixture().send("GET", "/v1/keys")
        #expect(answer.status == 200)
        #expect(answer["keys"].elements.isEmpty)
        #expect(answer["next"].isAbsent)
    }

    @Test(
        "parameters that do not fit are refused",
        arguments: [
            "limit=0", "limit=1001", "limit=x", "limit=", "limit=1&limit=2", "limit=1.5", "limit=+1", "prefix=-A",
            "ring=", "ring=%2Fa", "ring=a:b", "after=a:b",
            "prefix=", "label=a", "label==b", "after=..", "unknown=1", "limit=99999999999999999999", "prefix=%00",
            "prefix=%zz", "prefix=%c0%af", "&", "limit",
        ])
    func unfit(query: String) throws {
        let answer = try Fixture().send("GET", "/v1/keys?\(query)")
        #expect(answer.status == 422 || answer.status == 400, "\(answer.response.text)")
    }

    /// Pages through everything.
    private func list(_ fixture: Fixture, _ query: String) throws -> [String] {
        var names: [String] = []
        var after = ""
        let connection = try fixture.connect()
        while true {
            let answer = try fixture.send("GET", "/v1/keys?\(query)\(after)".trimmed, on: connection)
            try #require(answer.status == 200, "\(answer.response.text)")
            names += answer["keys"].elements.compactMap { $0["name"].string }
            guard let next = answer["next"].string else { return names }
            after = "after=\(next)"
        }
    }

    private func makeKey(_ fixture: Fixture, _ name: String, labels: [String: String]) throws {
        _ = try fixture.service.createKey(NewKey(name: name, algorithm: .aes256GCM, labels: labels))
    }
}

extension String {
    /// Without the separators that an empty part leaves at the end.
    fileprivate var trimmed: String {
        var text = self
        while text.hasSuffix("&") || text.hasSuffix("?") { text.removeLast() }
        return text
    }
}
