// What counts of a decision that was made some time ago, and requests whose key is not known yet: both are judged without the
// request's own circumstances.

import Network
import Storage
import TestKit
import Testing

@testable import KeyService

@Suite(.givesHandlesBack) struct StillGrantedTests {
    private func role(_ grants: GrantRecord...) throws -> Role {
        try #require(Role(RoleRecord(name: "r", grants: grants, createdAt: 1)))
    }

    @Test("what was granted counts later unless it took data or is denied everywhere")
    func stillGrants() throws {
        let plain = GrantRecord(operations: ["approve"], names: "o*")
        let conditional = GrantRecord(operations: ["approve"], names: "o*", needsAssociatedData: true)
        let denied = GrantRecord(allows: false, operations: ["approve"], names: "o*")
        let deniedThere = GrantRecord(allows: false, operations: ["approve"], names: "o*", networks: ["10.0.0.0/8"])
        for (grants, isGranted) in [
            ([plain], true), ([conditional], false), ([conditional, plain], true), ([plain, denied], false),
            ([denied, plain], false), ([plain, deniedThere], true), ([deniedThere, plain], true),
            ([deniedThere], false),
        ] {
            let role = try #require(Role(RoleRecord(name: "r", grants: grants, createdAt: 1)))
            #expect(role.stillGrants(.approve, on: "orders") == isGranted, "\(grants)")
            #expect(!role.stillGrants(.approve, on: "archive"))
            #expect(!role.stillGrants(.backup, on: "orders"))
        }
    }

    @Test("where a request names no key, only a denial of every name denies it")
    func withoutName() throws {
        let allowed = GrantRecord(operations: ["encrypt"])
        for (names, isEverything) in [
            ("*", true), ("*?", true), ("?*", true), ("**", true), ("*:*", true), ("*??", false), ("??*", false),
            ("?", false), ("*a", false), ("a*", false), ("*:a*", false), ("a:*", false),
        ] {
            let denial = GrantRecord(allows: false, operations: ["encrypt"], names: names)
            let decision = try role(allowed, denial).decide(.encrypt, on: nil, from: "")
            #expect(decision == (isEverything ? .denied : .allowed), "\(names)")
        }
    }
}
