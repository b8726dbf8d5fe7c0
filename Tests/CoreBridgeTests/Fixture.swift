// A sealed key with the root key it is sealed under, and bytes instead of buffers, for tests.

import CoreBridge
import TestKit

struct Fixture {
    let root: RootKey
    let id: KeyVersionID
    let sealed: [UInt8]

    init(_ algorithm: Algorithm, usages: Usages = [.encrypt, .decrypt], low: UInt64 = 2) throws {
        root = try TestCore.rootKey()
        id = KeyVersionID(key: KeyIdentity(high: 1, low: low), version: 1)
        sealed = try root.generate(
            KeySpecification(key: id, algorithm: algorithm, usages: usages, createdAt: 1))
    }

    func open() throws(CoreError) -> KeyHandle { try root.open(sealed, as: id) }
}

extension KeyHandle {
    func encrypt(_ plaintext: [UInt8], associatedData: [UInt8]) throws -> [UInt8] {
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count + ciphertextOverhead)
        let length = try ciphertext.withUnsafeMutableBytes { room in
            try plaintext.withUnsafeBytes { plaintext in
                try associatedData.withUnsafeBytes { try encrypt(plaintext, associatedData: $0, into: room) }
            }
        }
        return Array(ciphertext.prefix(length))
    }

    func decrypt(_ ciphertext: [UInt8], associatedData: [UInt8]) throws -> [UInt8] {
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
        let length = try plaintext.withUnsafeMutableBytes { room in
            try ciphertext.withUnsafeBytes { ciphertext in
                try associatedData.withUnsafeBytes { try decrypt(ciphertext, associatedData: $0, into: room) }
            }
        }
        return Array(plaintext.prefix(length))
    }
}
