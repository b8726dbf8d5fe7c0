// Messages of 32 bytes with an open key, one a call and a thousand a call.

import BenchTwins
import CoreBridge

extension BoundaryBench {
    private static let messageBytes = 32
    private static let batchItems = 1000

    static func messages(_ root: RootKey, _ algorithm: Algorithm) throws -> [Measurement] {
        let (id, sealed) = try sealedKey(root, algorithm, UInt64(algorithm.rawValue))
        let key = try root.open(sealed, as: id)
        let (plaintext, associatedData) = (Buffer(messageBytes), Buffer(16))
        let room = Buffer(messageBytes + key.ciphertextOverhead)
        let (ciphertext, twinCiphertext) = (Buffer(room.room.count), Buffer(room.room.count))
        let opened = Buffer(messageBytes)
        _ = try key.encrypt(plaintext.bytes, associatedData: associatedData.bytes, into: ciphertext.room)
        let aes = algorithm == .aes256GCM
        let (seal, open) =
            aes ? (twins_encrypt_aes, twins_decrypt_aes) : (twins_encrypt_xaes, twins_decrypt_xaes)
        guard seal(plaintext.start, messageBytes, associatedData.start, twinCiphertext.start) == 1 else {
            throw CoreError(.cryptoLibrary)
        }
        return [
            Measurement(
                "\(algorithm.name) encrypt", goal: aes ? 1000 : nil, ratio: aes ? 1.3 : nil, count: 4000,
                ours: {
                    for _ in 0..<$0 {
                        _ = try key.encrypt(plaintext.bytes, associatedData: associatedData.bytes, into: room.room)
                    }
                },
                twin: {
                    for _ in 0..<$0 {
                        guard seal(plaintext.start, messageBytes, associatedData.start, room.start) == 1 else {
                            throw CoreError(.cryptoLibrary)
                        }
                    }
                }),
            Measurement(
                "\(algorithm.name) decrypt", count: 4000,
                ours: {
                    for _ in 0..<$0 {
                        _ = try key.decrypt(
                            ciphertext.bytes, associatedData: associatedData.bytes, into: opened.room)
                    }
                },
                twin: {
                    for _ in 0..<$0 {
                        guard open(twinCiphertext.start, messageBytes, associatedData.start, opened.start) == 1
                        else { throw CoreError(.authenticationFailed) }
                    }
                }),
            try manyKeys(root, sealed, id, algorithm),
            try batch(key, algorithm, goal: aes ? 700 : nil),
            Measurement("\(algorithm.name) open and close a key", count: 1000) { count in
                for _ in 0..<count { _ = try root.open(sealed, as: id) }
            },
        ]
    }

    /// More keys than contexts are kept for, one after another: each encryption gives a context its key anew.
    private static func manyKeys(
        _ root: RootKey, _ sealed: [UInt8], _ id: KeyVersionID, _ algorithm: Algorithm
    ) throws -> Measurement {
        let keys = try (0..<1000).map { _ in try root.open(sealed, as: id) }
        let (plaintext, associatedData) = (Buffer(messageBytes), Buffer(16))
        let room = Buffer(messageBytes + keys[0].ciphertextOverhead)
        return Measurement("\(algorithm.name) encrypt, 1,000 keys in turn", count: 4000) { count in
            for number in 0..<count {
                let key = keys[number % keys.count]
                _ = try key.encrypt(plaintext.bytes, associatedData: associatedData.bytes, into: room.room)
            }
        }
    }

    private static func batch(_ key: KeyHandle, _ algorithm: Algorithm, goal: Int?) throws -> Measurement {
        let input = Buffer(messageBytes)
        let item = BatchItem.encrypt(key, 0..<messageBytes, associatedData: 0..<16)
        let output = Buffer((messageBytes + key.ciphertextOverhead) * batchItems)
        return Measurement("\(algorithm.name) encrypt, an item of 1,000", goal: goal, count: batchItems) { count in
            var batch = Batch()
            for _ in 0..<count { batch.append(item) }
            try batch.run(input: input.bytes, output: output.room)
            for index in 0..<count {
                if case .failed(let error) = batch.outcome(at: index) { throw error }
            }
        }
    }
}
