// Versions: rotating, choosing one, and their states.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing

@Suite(.givesHandlesBack) struct VersionTests {
    @Test("a rotated key encrypts with its new version and decrypts with every one")
    func rotates() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let first = try fixture.service.encrypt("one", with: "orders")
        let rotated = try fixture.service.rotateKey("orders")
        #expect(rotated.versions.map(\.version) == [1, 2])
        #expect(rotated.key.latestVersion == 2)
        let second = try fixture.service.encrypt("two", with: "orders")
        #expect((first.version, second.version) == (1, 2))
        for service in [fixture.service, fixture.coldService()] {
            #expect(try service.decrypt(first, with: "orders") == "one")
            #expect(try service.decrypt(second, with: "orders") == "two")
        }
        #expect(try fixture.service.encrypt("one", with: "orders", version: 1).version == 1)
    }

    @Test("a version's key is its own: another version's ciphertext does not decrypt with it")
    func versionsDiffer() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let first = try fixture.service.encrypt("one", with: "orders")
        _ = try fixture.service.rotateKey("orders")
        #expect(throws: CoreError(.authenticationFailed)) {
            try fixture.service.decrypt(Ciphertext(version: 2, bytes: first.bytes), with: "orders")
        }
    }

    @Test("two rotations at once add two versions")
    func rotationRace() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let errors = try onThreads(2) { _ in
            for _ in 0..<5 { _ = try fixture.service.rotateKey("orders") }
        }
        #expect(errors.isEmpty)
        let key = try fixture.service.key("orders")
        #expect(key.versions.map(\.version) == Array(1...11))
        #expect(key.key.latestVersion == 11)
        for version in 1...11 {
            let ciphertext = try fixture.service.encrypt("text", with: "orders", version: version)
            #expect(try fixture.service.decrypt(ciphertext, with: "orders") == "text")
        }
    }

    @Test("a rotated key keeps the rights sealed into it")
    func rotationKeepsRights() throws {
        let fixture = try Fixture()
        _ = try fixture.service.createKey(NewKey(name: "in", algorithm: .aes256GCM, usages: .encrypt))
        _ = try fixture.service.rotateKey("in")
        let ciphertext = try fixture.service.encrypt("text", with: "in")
        #expect(ciphertext.version == 2)
        #expect(throws: CoreError(.usageNotAllowed)) { try fixture.service.decrypt(ciphertext, with: "in") }
    }

    @Test("a version that is not there cannot be asked for, and a ciphertext that names it does not decrypt")
    func unknownVersion() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let ciphertext = try fixture.service.encrypt("text", with: "orders")
        for number in [-1, 0, 2, Int(Int32.max), Int.max] {
            #expect(throws: ServiceError.versionNotFound) {
                try fixture.service.encrypt("text", with: "orders", version: number)
            }
            #expect(throws: ServiceError.core(CoreError(.authenticationFailed))) {
                try fixture.service.decrypt(Ciphertext(version: number, bytes: ciphertext.bytes), with: "orders")
            }
            #expect(throws: ServiceError.versionNotFound) {
                try fixture.service.setVersion(number, of: "orders", to: .disabled)
            }
        }
    }

    @Test("a disabled version is used for nothing until it is enabled again; the latest enabled one encrypts")
    func disabled() throws {
        let fixture = try Fixture()
        let service = fixture.service
        try fixture.create("orders")
        _ = try service.rotateKey("orders")
        let ciphertext = try service.encrypt("text", with: "orders")
        #expect(try service.setVersion(2, of: "orders", to: .disabled).state == .disabled)
        #expect(throws: ServiceError.versionDisabled) { try service.decrypt(ciphertext, with: "orders") }
        #expect(throws: ServiceError.versionDisabled) { try service.encrypt("text", with: "orders", version: 2) }
        #expect(try service.encrypt("text", with: "orders").version == 1)
        #expect(try service.setVersion(1, of: "orders", to: .disabled).state == .disabled)
        #expect(throws: ServiceError.noEnabledVersion) { try service.encrypt("text", with: "orders") }
        #expect(try service.setVersion(2, of: "orders", to: .enabled).state == .enabled)
        #expect(try service.decrypt(ciphertext, with: "orders") == "text")
        #expect(try service.encrypt("text", with: "orders").version == 2)
    }

    @Test("a destroyed version never comes back, and its blob is gone")
    func destroyed() throws {
        let fixture = try Fixture()
        let service = fixture.service
        try fixture.create("orders")
        let ciphertext = try service.encrypt("text", with: "orders")
        _ = try service.rotateKey("orders")
        let destroyed = try service.setVersion(1, of: "orders", to: .destroyed)
        #expect(destroyed.state == .destroyed)
        #expect(destroyed.sealed == nil)
        #expect(throws: ServiceError.versionDestroyed) { try service.decrypt(ciphertext, with: "orders") }
        #expect(throws: ServiceError.versionDestroyed) { try service.encrypt("text", with: "orders", version: 1) }
        #expect(throws: ServiceError.versionDestroyed) { try service.setVersion(1, of: "orders", to: .enabled) }
        #expect(try service.setVersion(1, of: "orders", to: .destroyed).state == .destroyed)
        #expect(try service.encrypt("text", with: "orders").version == 2)
        #expect(try fixture.coldService().key("orders").versions[0].sealed == nil)
    }

    @Test("a key is rotated from what is left of it, and not when nothing is left")
    func rotatesWithoutItsLatest() throws {
        let fixture = try Fixture()
        let service = fixture.service
        try fixture.create("orders")
        _ = try service.rotateKey("orders")
        _ = try service.setVersion(2, of: "orders", to: .destroyed)
        #expect(try service.rotateKey("orders").versions.map(\.version) == [1, 2, 3])
        #expect(try service.encrypt("text", with: "orders").version == 3)
        _ = try service.setVersion(1, of: "orders", to: .destroyed)
        _ = try service.setVersion(3, of: "orders", to: .destroyed)
        #expect(throws: ServiceError.allVersionsDestroyed) { try service.rotateKey("orders") }
        #expect(throws: ServiceError.allVersionsDestroyed) { try service.encrypt("text", with: "orders") }
    }

    @Test("a disabled or destroyed version leaves the pool at once")
    func leavesThePool() throws {
        let fixture = try Fixture()
        let service = fixture.service
        let key = try fixture.create("orders")
        _ = try service.rotateKey("orders")
        _ = try service.encrypt("text", with: "orders", version: 1)
        _ = try service.encrypt("text", with: "orders", version: 2)
        #expect(service.pool.statistics.open == 2)
        _ = try service.setVersion(1, of: "orders", to: .disabled)
        #expect(service.pool.borrow(key.id(version: 1)) == nil)
        _ = try service.setVersion(2, of: "orders", to: .destroyed)
        #expect(service.pool.borrow(key.id(version: 2)) == nil)
        #expect(service.pool.statistics.open == 0)
    }

    @Test("versions below the minimum neither decrypt nor encrypt")
    func minimum() throws {
        let fixture = try Fixture()
        let service = fixture.service
        try fixture.create("orders")
        let old = try service.encrypt("text", with: "orders")
        _ = try service.rotateKey("orders")
        let new = try service.encrypt("text", with: "orders")
        var change = KeyChange()
        change.minDecryptVersion = 2
        _ = try service.changeKey("orders", change)
        #expect(throws: ServiceError.versionTooOld) { try service.decrypt(old, with: "orders") }
        #expect(try service.decrypt(new, with: "orders") == "text")
        // What would be encrypted with it could not be decrypted.
        #expect(throws: ServiceError.versionTooOld) { try service.encrypt("text", with: "orders", version: 1) }
        _ = try service.setVersion(2, of: "orders", to: .disabled)
        #expect(throws: ServiceError.noEnabledVersion) { try service.encrypt("text", with: "orders") }
        change.minDecryptVersion = 1
        _ = try service.changeKey("orders", change)
        #expect(try service.decrypt(old, with: "orders") == "text")
        #expect(try service.encrypt("text", with: "orders").version == 1)
    }
}
