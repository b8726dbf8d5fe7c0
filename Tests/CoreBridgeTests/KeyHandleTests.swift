// Keys through the bridge: what Swift asks of the core, and what it is refused.

import CoreBridge
import TestKit
import Testing

private let aeads = Algorithm.allCases.filter { $0.ciphertextOverhead > 0 }

@Suite(.givesHandlesBack) struct KeyHandleTests {
    @Test("what one version encrypts, it decrypts", arguments: aeads)
    func roundTrip(algorithm: Algorithm) throws {
        let key = try Fixture(algorithm).open()
        for length in [0, 1, 15, 16, 17, 1024, 65_537] {
            let plaintext = [UInt8](repeating: 0x5a, count: length)
            let ciphertext = try key.encrypt(plaintext, associatedData: [1, 2, 3])
            #expect(ciphertext.count == length + key.ciphertextOverhead)
            #expect(try key.decrypt(ciphertext, associatedData: [1, 2, 3]) == plaintext)
        }
    }

    @Test("two encryptions of one plaintext differ", arguments: aeads)
    func freshNonces(algorithm: Algorithm) throws {
        let key = try Fixture(algorithm).open()
        var seen: Set<[UInt8]> = []
        for _ in 0..<1000 { seen.insert(try key.encrypt([1], associatedData: [])) }
        #expect(seen.count == 1000)
    }

    @Test("other associated data, an edited byte and another key do not decrypt", arguments: aeads)
    func authentication(algorithm: Algorithm) throws {
        let key = try Fixture(algorithm).open()
        let ciphertext = try key.encrypt([9, 9, 9], associatedData: [1])
        #expect(throws: CoreError(.authenticationFailed)) { try key.decrypt(ciphertext, associatedData: [2]) }
        for index in ciphertext.indices {
            var edited = ciphertext
            edited[index] ^= 1
            #expect(throws: CoreError(.authenticationFailed)) { try key.decrypt(edited, associatedData: [1]) }
        }
        let other = try Fixture(algorithm).open()
        #expect(throws: CoreError(.authenticationFailed)) { try other.decrypt(ciphertext, associatedData: [1]) }
    }

    @Test("a ciphertext shorter than its overhead is malformed")
    func tooShort() throws {
        let key = try Fixture(.xaes256GCM).open()
        #expect(throws: CoreError(.malformedCiphertext)) { try key.decrypt([1, 2, 3], associatedData: []) }
    }

    @Test("a room too small for the ciphertext is refused and left wiped")
    func tooSmall() throws {
        let key = try Fixture(.aes256GCM).open()
        var room = [UInt8](repeating: 0xee, count: key.ciphertextOverhead + 4)
        #expect(throws: CoreError(.bufferTooSmall)) {
            try room.withUnsafeMutableBytes { room in
                try [UInt8](repeating: 7, count: 5).withUnsafeBytes {
                    try key.encrypt($0, associatedData: UnsafeRawBufferPointer(start: nil, count: 0), into: room)
                }
            }
        }
        #expect(room.allSatisfy { $0 == 0 })
    }

    @Test("a key that may only encrypt does not decrypt")
    func usages() throws {
        let key = try Fixture(.xaes256GCM, usages: .encrypt).open()
        let ciphertext = try key.encrypt([1], associatedData: [])
        #expect(throws: CoreError(.usageNotAllowed)) { try key.decrypt(ciphertext, associatedData: []) }
    }

    @Test("a sealed version opens only as itself, unedited, and under its own root key")
    func sealing() throws {
        let fixture = try Fixture(.xaes256GCM)
        let another = KeyVersionID(key: fixture.id.key, version: 2)
        #expect(throws: CoreError(.sealedBlobNotThisKey)) { try fixture.root.open(fixture.sealed, as: another) }
        let moved = KeyVersionID(key: KeyIdentity(high: 1, low: 3), version: 1)
        #expect(throws: CoreError(.sealedBlobNotThisKey)) { try fixture.root.open(fixture.sealed, as: moved) }
        #expect(throws: CoreError(.sealedBlobNotAuthentic)) {
            try TestCore.rootKey().open(fixture.sealed, as: fixture.id)
        }
        for index in fixture.sealed.indices {
            var edited = fixture.sealed
            edited[index] ^= 0x80
            #expect(throws: CoreError.self, "byte \(index)") { try fixture.root.open(edited, as: fixture.id) }
        }
    }

    @Test("rotating keeps the rights that are sealed in, and makes other material")
    func rotating() throws {
        let fixture = try Fixture(.aes256GCM, usages: .encrypt)
        let second = KeyVersionID(key: fixture.id.key, version: 2)
        let sealed = try fixture.root.rotate(fixture.sealed, to: second, createdAt: 2)
        let rotated = try fixture.root.open(sealed, as: second)
        #expect(rotated.algorithm == .aes256GCM)
        let ciphertext = try rotated.encrypt([1], associatedData: [])
        #expect(throws: CoreError(.usageNotAllowed)) { try rotated.decrypt(ciphertext, associatedData: []) }
        #expect(throws: CoreError(.invalidArgument)) {
            try fixture.root.rotate(sealed, to: second, createdAt: 3)
        }
    }

    @Test("reencrypting moves a plaintext to another key and other associated data")
    func reencrypting() throws {
        let from = try Fixture(.aes256GCM).open()
        let to = try Fixture(.xaes256GCM).open()
        let ciphertext = try from.encrypt([4, 5, 6], associatedData: [1])
        var moved = [UInt8](repeating: 0, count: 3 + to.ciphertextOverhead)
        let length = try moved.withUnsafeMutableBytes { room in
            try ciphertext.withUnsafeBytes { ciphertext in
                try [UInt8]([1]).withUnsafeBytes { associatedData in
                    try [UInt8]([2]).withUnsafeBytes { newAssociatedData in
                        try from.reencrypt(
                            ciphertext, associatedData: associatedData, to: to, newAssociatedData: newAssociatedData,
                            into: room)
                    }
                }
            }
        }
        #expect(length == moved.count)
        #expect(try to.decrypt(moved, associatedData: [2]) == [4, 5, 6])
    }

    @Test("a data key's ciphertext holds the plaintext that was given")
    func dataKey() throws {
        let key = try Fixture(.xaes256GCM).open()
        var plaintext = [UInt8](repeating: 0, count: 32)
        var ciphertext = [UInt8](repeating: 0, count: 32 + key.ciphertextOverhead)
        _ = try plaintext.withUnsafeMutableBytes { plaintext in
            try ciphertext.withUnsafeMutableBytes { ciphertext in
                try key.dataKey(
                    bytes: 32, associatedData: UnsafeRawBufferPointer(start: nil, count: 0), plaintext: plaintext,
                    into: ciphertext)
            }
        }
        #expect(plaintext.contains { $0 != 0 })
        #expect(try key.decrypt(ciphertext, associatedData: []) == plaintext)
        #expect(throws: CoreError(.lengthOutOfRange)) {
            try ciphertext.withUnsafeMutableBytes { ciphertext in
                try key.dataKey(
                    bytes: 15, associatedData: UnsafeRawBufferPointer(start: nil, count: 0), plaintext: nil,
                    into: ciphertext)
            }
        }
    }
}
