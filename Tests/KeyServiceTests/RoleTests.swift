// What roles grant: patterns, networks, conditions, and what a wildcard leaves out.

import KeyService
import Network
import Storage
import TestKit
import Testing

@Suite(.givesHandlesBack) struct RoleTests {
    private func role(_ grants: GrantRecord...) throws -> Role {
        try #require(Role(RoleRecord(name: "r", grants: grants, createdAt: 1)))
    }

    @Test("a wildcard grants everything but what is sensitive, which takes its name")
    func wildcard() throws {
        let everything = try role(GrantRecord(operations: ["*"]))
        let sensitive = Permission.allCases.filter(\.isSensitive)
        #expect(
            Set(sensitive) == [
                .move, .unwrap, .destroy, .export, .backup, .restore, .seal, .approve, .audit, .roles, .tokens,
            ])
        for permission in Permission.allCases {
            let expected: Role.Decision = permission.isSensitive ? .denied : .allowed
            #expect(everything.decide(permission, on: "key", from: "127.0.0.1") == expected, "\(permission)")
            let named = try role(GrantRecord(operations: [permission.rawValue]))
            for other in Permission.allCases {
                #expect((named.decide(other, on: "key", from: "") == .allowed) == (other == permission))
            }
        }
        for permission in Permission.allCases {
            #expect(Role.administrator.decide(permission, on: "any", from: "") == .allowed)
            #expect(Role.none.decide(permission, on: "any", from: "") == .denied)
        }
    }

    @Test("a grant that denies wins, wherever it stands")
    func denial() throws {
        let allow = GrantRecord(operations: ["*", "destroy"], names: "orders-*")
        let deny = GrantRecord(allows: false, operations: ["decrypt", "destroy"], names: "orders-old*")
        for role in [try role(allow, deny), try role(deny, allow)] {
            #expect(role.decide(.decrypt, on: "orders-new", from: "") == .allowed)
            #expect(role.decide(.decrypt, on: "orders-old", from: "") == .denied)
            #expect(role.decide(.encrypt, on: "orders-old", from: "") == .allowed)
            #expect(role.decide(.destroy, on: "orders-old-1", from: "") == .denied)
            #expect(role.decide(.encrypt, on: "other", from: "") == .denied)
        }
        // A denial alone grants nothing.
        #expect(try role(deny).decide(.encrypt, on: "x", from: "") == .denied)
    }

    @Test("a grant for associated data is one for nothing else, unless another grants it anyway")
    func associatedData() throws {
        let conditional = GrantRecord(operations: ["encrypt"], names: "a*", needsAssociatedData: true)
        #expect(try role(conditional).decide(.encrypt, on: "ab", from: "") == .allowedWithAssociatedData)
        let plain = GrantRecord(operations: ["encrypt"], names: "*b")
        for role in [try role(conditional, plain), try role(plain, conditional)] {
            #expect(role.decide(.encrypt, on: "ab", from: "") == .allowed)
            #expect(role.decide(.encrypt, on: "ac", from: "") == .allowedWithAssociatedData)
        }
    }

    @Test("a grant for networks holds for their addresses; a denial for them where there is no address, too")
    func networks() throws {
        let inside = GrantRecord(operations: ["encrypt"], networks: ["10.1.0.0/16", "2001:db8::/32"])
        let role = try role(inside)
        for (peer, expected) in [
            ("10.1.2.3", Role.Decision.allowed), ("::ffff:10.1.2.3", .allowed), ("2001:db8:1::9", .allowed),
            ("10.2.0.1", .denied), ("2001:db9::1", .denied), ("", .denied), ("uid:0", .denied),
        ] {
            #expect(role.decide(.encrypt, on: "k", from: Peer(text: peer)) == expected, "\(peer)")
        }
        let outside = GrantRecord(allows: false, operations: ["encrypt"], networks: ["10.1.0.0/16"])
        let denying = try self.role(GrantRecord(operations: ["encrypt"]), outside)
        #expect(denying.decide(.encrypt, on: "k", from: "10.2.0.1") == .allowed)
        #expect(denying.decide(.encrypt, on: "k", from: "10.1.0.1") == .denied)
        #expect(denying.decide(.encrypt, on: "k", from: "") == .denied)
        #expect(denying.decide(.encrypt, on: "k", from: "uid:0") == .denied)
    }

    @Test(
        "a network is an address, or one with a length and no bits behind it",
        arguments: [
            ("10.0.0.0/8", true), ("10.0.0.1/8", false), ("10.0.0.1", true), ("0.0.0.0/0", true),
            ("10.0.0.0/33", false),
            ("10.0.0.0/", false), ("10.0.0.0/08", false), ("10.0.0/8", false), ("::/0", true), ("::1", true),
            ("fe80::/10", true), ("fe80::1/10", false), ("", false), ("/8", false), ("::/129", false),
            ("1.2.3.4/8/8", false),
        ])
    func networkText(text: String, isNetwork: Bool) {
        #expect((SourceNetwork(text) != nil) == isNetwork)
    }

    @Test(
        "patterns match whole names",
        arguments: [
            ("*", "", true), ("*", "anything", true), ("", "", true), ("", "a", false), ("orders", "orders", true),
            ("orders", "orders2", false), ("orders-*", "orders-", true), ("orders-*", "orders-1", true),
            ("orders-*", "order", false), ("*-eu", "orders-eu", true), ("*-eu", "orders-eu2", false),
            ("a*b*c", "abc", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXcYb", false), ("?", "a", true),
            ("?", "", false),
            ("?", "ab", false), ("a?c", "abc", true), ("**a**", "xay", true), ("*a?", "aab", true),
            ("*ab", "aab", true),
            // Rings: no wildcard stands for a colon.
            ("*", "r:k", false), ("**", "r:k", false), ("r?k", "r:k", false), ("orders*", "orders:k", false),
            ("r:*", "r:k", true), ("r:*", "k", false), ("r:*", "rr:k", false), ("r*:k", "rr:k", true),
            ("a/*:k", "a/b/c:k", true), ("a/?:k", "a/b:k", true), ("*:*", "r:k", true), ("*:*", "k", true),
            ("*:k", "k", true), ("?:k", "k", false), ("*:k", "r:k2", false), ("r:k", "r:k", true),
        ])
    func patterns(pattern: String, name: String, matches: Bool) {
        #expect(NamePattern(pattern).matches(name) == matches)
    }

    @Test("a pattern made to take long does not")
    func hostilePattern() {
        let pattern = NamePattern(String(repeating: "*a", count: 64))
        let name = String(repeating: "a", count: 127) + "b"
        let begin = ContinuousClock.now
        for _ in 0..<1000 { #expect(!pattern.matches(name)) }
        #expect(ContinuousClock.now - begin < .seconds(5))
    }

    @Test("an operation or a network that there is not makes no role")
    func unknown() {
        for grant in [
            GrantRecord(operations: ["encrypt", "nothing"]), GrantRecord(operations: ["**"]),
            GrantRecord(operations: ["encrypt"], networks: ["10.0.0.1/8"]),
        ] {
            #expect(Role(RoleRecord(name: "r", grants: [grant], createdAt: 1)) == nil)
        }
    }
}
