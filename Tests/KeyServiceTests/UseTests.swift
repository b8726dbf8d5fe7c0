// Encryptions under 96-bit nonces are counted ahead, in the store.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing

@Suite(.givesHandlesBack) struct UseTests {
    private static let limit: Int64 = 1 << 32

    private func reserved(_ fixture: Fixture, _ name: String = "orders") throws -> Int64 {
        try #require(try fixture.store.key(named: name)).versions[0].usesReserved
    }

    private func create(_ algorithm: Algorithm, in fixture: Fixture) throws -> StoredKey {
        try fixture.service.createKey(NewKey(name: "orders", algorithm: algorithm))
    }

    @Test(
        "a key with a limit has encryptions reserved before its first, and only for encrypting",
        arguments: [Algorithm.aes256GCM, .aes128GCM, .chaCha20Poly1305])
    func first(algorithm: Algorithm) throws {
        let fixture = try Fixture()
        _ = try create(algorithm, in: fixture)
        #expect(try reserved(fixture) == 0)
        let ciphertext = try fixture.service.encrypt("text", with: "orders")
        #expect(try reserved(fixture) == 4096)
        _ = try fixture.service.encrypt("text", with: "orders")
        #expect(try fixture.service.decrypt(ciphertext, with: "orders") == "text")
        #expect(try reserved(fixture) == 4096)
    }

    @Test("a key without a limit has none reserved")
    func exempt() throws {
        let fixture = try Fixture()
        _ = try create(.xaes256GCM, in: fixture)
        _ = try fixture.service.encrypt("text", with: "orders")
        #expect(try reserved(fixture) == 0)
    }

    @Test("each opened key has a block of its own, and never another's: what was left of it is lost")
    func blocks() throws {
        let fixture = try Fixture()
        _ = try create(.aes256GCM, in: fixture)
        for round in 1...3 {
            _ = try fixture.coldService().encrypt("text", with: "orders")
            #expect(try reserved(fixture) == Int64(round) * 4096)
        }
    }

    @Test("a block that is used up is followed by one of twice its size")
    func grows() throws {
        let fixture = try Fixture()
        _ = try create(.aes256GCM, in: fixture)
        for _ in 0..<4096 { _ = try fixture.service.encrypt("", with: "orders") }
        #expect(throws: CoreError(.usesNotReserved)) { try fixture.service.encrypt("", with: "orders") }
        let key = try fixture.service.keyToEncrypt("orders", version: nil, waiting: .allowed)
        try fixture.service.reserveUses(of: key, waiting: .allowed)
        // Whoever comes second with the same need finds it met.
        try fixture.service.reserveUses(of: key, waiting: .allowed)
        #expect(try reserved(fixture) == 4096 + 8192)
        for _ in 0..<8192 { _ = try fixture.service.encrypt("", with: "orders") }
        #expect(throws: CoreError(.usesNotReserved)) { try fixture.service.encrypt("", with: "orders") }
    }

    @Test("at the limit the key must be rotated, and still decrypts")
    func limit() throws {
        let fixture = try Fixture()
        let key = try create(.aes256GCM, in: fixture).key
        let before = try fixture.service.encrypt("before", with: "orders")
        _ = try fixture.store.reserveUses(keyID: key.id, version: 1, count: Self.limit - 4096 - 2, limit: Self.limit)
        let service = fixture.coldService()
        _ = try service.encrypt("last but one", with: "orders")
        _ = try service.encrypt("last", with: "orders")
        #expect(throws: CoreError(.rotationRequired)) { try service.encrypt("too many", with: "orders") }
        #expect(throws: ServiceError.rotationRequired) {
            try fixture.coldService().encrypt("too many", with: "orders")
        }
        #expect(try service.decrypt(before, with: "orders") == "before")
        _ = try service.rotateKey("orders")
        #expect(try service.encrypt("again", with: "orders").version == 2)
    }

    @Test("derived keys count the uses of all contexts together, convergent ones too", arguments: [false, true])
    func derived(convergent: Bool) throws {
        let fixture = try Fixture()
        let new = NewKey(name: "orders", algorithm: .aes256GCM, derived: true, convergent: convergent)
        let key = try fixture.service.createKey(new).key
        _ = try fixture.store.reserveUses(keyID: key.id, version: 1, count: Self.limit - 3, limit: Self.limit)
        func encrypt(_ context: String) throws -> Int {
            let key = try Array(context.utf8).withUnsafeBytes {
                try fixture.service.keyToEncrypt("orders", version: nil, context: $0, waiting: .allowed)
            }
            var ciphertext = [UInt8](repeating: 0, count: 4 + key.handle.ciphertextOverhead)
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            return try ciphertext.withUnsafeMutableBytes { room in
                try Array("text".utf8).withUnsafeBytes {
                    try key.handle.encrypt($0, associatedData: nothing, into: room)
                }
            }
        }
        // The same message under the same context is an encryption as well.
        for context in ["one", "two", "one"] { _ = try encrypt(context) }
        #expect(try reserved(fixture) == Self.limit)
        for context in ["one", "three"] {
            #expect(throws: CoreError(.rotationRequired)) { try encrypt(context) }
        }
        _ = try fixture.service.rotateKey("orders")
        _ = try encrypt("one")
    }

    @Test("reserving waits for the store only where waiting is allowed")
    func waiting() throws {
        let fixture = try Fixture()
        _ = try create(.aes256GCM, in: fixture)
        // Opens the key without encrypting.
        _ = try fixture.service.keyToUse("orders", version: nil, waiting: .allowed)
        #expect(throws: ServiceError.wouldBlock) {
            try fixture.service.keyToEncrypt("orders", version: nil, waiting: .forbidden)
        }
        _ = try fixture.service.keyToEncrypt("orders", version: nil, waiting: .allowed)
        _ = try fixture.service.keyToEncrypt("orders", version: nil, waiting: .forbidden)
    }

    @Test("many threads that need encryptions at once take one block together")
    func together() throws {
        let fixture = try Fixture()
        _ = try create(.aes256GCM, in: fixture)
        let errors = try onThreads(4) { _ in
            for _ in 0..<100 { _ = try fixture.service.encrypt("text", with: "orders") }
        }
        #expect(errors.isEmpty)
        #expect(try reserved(fixture) == 4096)
    }
}
