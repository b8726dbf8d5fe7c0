// The boundary from Swift, from start to end: start the core, make a root key and a key, use the key, give everything back.
// A test runs it; docs/boundary.md explains it. Takes a folder to put the root key's file in.

import CoreBridge
import Glibc

func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { bytes in
        if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
    }
}

/// Encrypts, decrypts, and compares. The closures are the buffers' whole life: nothing of them may leave, nor wait in them.
func use(_ key: KeyHandle) throws {
    var plaintext = Array("thirty-two bytes of a plaintext\0".utf8)
    var ciphertext = [UInt8](repeating: 0, count: plaintext.count + key.ciphertextOverhead)
    var decrypted = [UInt8](repeating: 0, count: plaintext.count)
    // Plaintexts on this side are this side's to wipe.
    defer {
        wipe(&plaintext)
        wipe(&decrypted)
    }
    let context = Array("order 7".utf8)

    let length = try ciphertext.withUnsafeMutableBytes { room in
        try plaintext.withUnsafeBytes { plaintext in
            try context.withUnsafeBytes { context in
                try key.encrypt(plaintext, associatedData: context, into: room)
            }
        }
    }
    func decrypt() throws -> Int {
        try decrypted.withUnsafeMutableBytes { room in
            try ciphertext.withUnsafeBytes { ciphertext in
                try context.withUnsafeBytes { context in
                    try key.decrypt(ciphertext, associatedData: context, into: room)
                }
            }
        }
    }
    let back = try decrypt()
    print(
        "\(plaintext.count) bytes became \(length) and came back: \(back == 32 && decrypted == plaintext ? "yes" : "no")"
    )

    // One edited byte, and there is no plaintext at all.
    ciphertext[length - 1] ^= 1
    do {
        _ = try decrypt()
        print("an edited ciphertext is refused: no")
    } catch let error as CoreError {
        // Every code is a case: a switch over them is checked by the compiler.
        let wiped = decrypted.allSatisfy { $0 == 0 }
        print("an edited ciphertext is refused: \(error.code == .authenticationFailed && wiped ? "yes" : "no")")
    }
}

guard CommandLine.arguments.count == 2 else { exit(64) }
do {
    // Compares version and fingerprint first, and starts nothing where they differ.
    let core = try Core.start(secretMemoryBytes: 64 * 1024)
    do {
        let root = try RootKey.create(file: CommandLine.arguments[1] + "/root.key")
        let id = KeyVersionID(key: KeyIdentity(high: 1, low: 1), version: 1)
        let sealed = try root.generate(
            KeySpecification(
                key: id, algorithm: .xaes256GCM, usages: [.encrypt, .decrypt],
                createdAt: 1_700_000_000))
        try use(root.open(sealed, as: id))
        // Both handles go with their values, here at the latest.
    }
    let live = try core.liveHandles()
    print("root keys open: \(live.roots), keys open: \(live.keys)")
    exit(live.none ? 0 : 1)
} catch {
    print("failed: \(error)")
    exit(1)
}
