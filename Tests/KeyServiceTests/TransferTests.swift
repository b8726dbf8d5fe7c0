// Import keys and their time; backups and where they restore.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing

@Suite(.givesHandlesBack) struct TransferTests {
    private static let day: Int64 = 86_400

    @Test("one import key serves for half a day, another takes its place, and after a day it is gone")
    func importKeys() throws {
        let fixture = try Fixture()
        let service = fixture.service
        let first = try service.importKey()
        #expect(first.expiresAt == 1_700_000_000 + Self.day)
        #expect(first.publicKey.count > 500)
        #expect(try service.importKey().id == first.id)
        #expect(try fixture.coldService().importKey().publicKey == first.publicKey)
        fixture.pass(seconds: Self.day / 2)
        let second = try service.importKey()
        #expect(second.id != first.id)
        #expect(try fixture.store.importKey(id: first.id) != nil, "who has it may still use it")
        fixture.pass(seconds: Self.day / 2)
        let wrapped = [UInt8](repeating: 1, count: 600)
        #expect(throws: ServiceError.importKeyNotFound) {
            try wrapped.withUnsafeBytes {
                try service.importKey(
                    NewKey(name: "k", algorithm: .aes256GCM), wrapped: $0, hash: .sha256, to: first.id)
            }
        }
        _ = try service.importKey()
        #expect(try fixture.store.importKey(id: first.id) == nil)
    }

    @Test("what does not unwrap is no key, and makes none")
    func damagedImport() throws {
        let fixture = try Fixture()
        let importKey = try fixture.service.importKey()
        let new = NewKey(name: "k", algorithm: .aes256GCM)
        for (length, code) in [(552, CoreError.Code.authenticationFailed), (100, .malformedCiphertext)] {
            let wrapped = [UInt8](repeating: 1, count: length)
            #expect(throws: ServiceError.core(CoreError(code))) {
                try wrapped.withUnsafeBytes {
                    try fixture.service.importKey(new, wrapped: $0, hash: .sha256, to: importKey.id)
                }
            }
        }
        #expect(throws: ServiceError.keyNotFound) { try fixture.service.key("k") }
    }

    /// Deletes a key for good.
    private func destroy(_ name: String, in fixture: Fixture) throws {
        var change = KeyChange()
        change.deletionProtected = false
        _ = try fixture.service.changeKey(name, change)
        _ = try fixture.service.deleteKey(name, afterDays: 0)
        #expect(try fixture.service.destroyDueKeys() == 1)
    }

    /// A backup, and what stands beside it in the place of the API's description.
    private func backUp(_ name: String, in service: KeyService) throws -> (bytes: [UInt8], description: StoredKey) {
        let stored = try service.key(name)
        let bytes = try service.backUpKey(name) { _ in Array("about the key".utf8) }
        var description = stored
        for index in description.versions.indices { description.versions[index].sealed = nil }
        description.key.algorithm = "edited"
        description.key.usages = ["sign"]
        description.key.exportable = true
        return (bytes, description)
    }

    private func restore(_ backup: (bytes: [UInt8], description: StoredKey), in service: KeyService) throws -> StoredKey
    {
        try backup.bytes.withUnsafeBytes { bytes in
            try service.restoreKey(
                bytes, read: { metadata in metadata == Array("about the key".utf8) ? backup.description : nil },
                ifPermitted: { _ in true })
        }
    }

    @Test("a key that was destroyed comes back from its backup, with the rights that were sealed and no others")
    func sameInstallation() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        _ = try fixture.service.rotateKey("orders")
        _ = try fixture.service.rotateKey("orders")
        let first = try fixture.service.encrypt("one", with: "orders", version: 1)
        _ = try fixture.service.setVersion(2, of: "orders", to: .destroyed)
        let before = try fixture.service.key("orders")
        let backup = try backUp("orders", in: fixture.service)
        #expect(throws: ServiceError.keyOfBackupExists) { try restore(backup, in: fixture.service) }
        try destroy("orders", in: fixture)

        let restored = try restore(backup, in: fixture.service)
        #expect(restored.key.id == before.key.id)
        #expect((restored.key.algorithm, restored.key.usages) == (before.key.algorithm, before.key.usages))
        #expect(!restored.key.exportable)
        #expect(restored.versions.map(\.state) == [.enabled, .destroyed, .enabled])
        #expect(try fixture.service.decrypt(first, with: "orders") == "one")
        #expect(try fixture.service.encrypt("two", with: "orders").version == 3)
    }

    @Test("a version with a limit of use comes back used up: it decrypts, and the key is rotated to encrypt")
    func limited() throws {
        let fixture = try Fixture()
        _ = try fixture.service.createKey(NewKey(name: "orders", algorithm: .aes256GCM))
        let ciphertext = try fixture.service.encrypt("text", with: "orders")
        let backup = try backUp("orders", in: fixture.service)
        try destroy("orders", in: fixture)
        _ = try restore(backup, in: fixture.service)
        #expect(try fixture.service.decrypt(ciphertext, with: "orders") == "text")
        #expect(throws: ServiceError.rotationRequired) { try fixture.service.encrypt("text", with: "orders") }
        _ = try fixture.service.rotateKey("orders")
        #expect(try fixture.service.encrypt("text", with: "orders").version == 2)
    }

    @Test("another installation restores it with the shared backup key, and cannot without")
    func otherInstallation() throws {
        let (here, there) = (try Fixture(), try Fixture())
        let shared = try TestCore.rootKey()
        func service(of fixture: Fixture, _ backupRoot: RootKey?) -> KeyService {
            KeyService(
                core: TestCore.shared, root: fixture.root, backupRoot: backupRoot, store: fixture.store, openKeys: 10,
                cachedKeys: 10, now: { 1_700_000_000 })
        }
        try here.create("orders")
        let ciphertext = try here.service.encrypt("text", with: "orders")
        let own = try backUp("orders", in: here.service)
        let backup = try backUp("orders", in: service(of: here, shared))
        let foreign = ServiceError.core(CoreError(.backupNotAuthentic))
        #expect(throws: foreign) { try restore(backup, in: there.service) }
        #expect(throws: foreign) { try restore(own, in: service(of: there, shared)) }
        _ = try restore(backup, in: service(of: there, shared))
        #expect(try there.service.decrypt(ciphertext, with: "orders") == "text")

        // Whoever has a shared key still restores what was made without.
        try destroy("orders", in: here)
        _ = try restore(own, in: service(of: here, shared))
        #expect(try here.coldService().decrypt(ciphertext, with: "orders") == "text")
    }

    @Test("an edited backup restores nothing, wherever it was edited")
    func edited() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let backup = try backUp("orders", in: fixture.service)
        try destroy("orders", in: fixture)
        for position in stride(from: 0, to: backup.bytes.count, by: 7) {
            var edited = backup
            edited.bytes[position] ^= 1
            #expect(throws: ServiceError.self) { try restore(edited, in: fixture.service) }
        }
        #expect(throws: ServiceError.core(CoreError(.backupMalformed))) {
            try restore((Array(backup.bytes.prefix(20)), backup.description), in: fixture.service)
        }
        #expect(throws: ServiceError.keyNotFound) { try fixture.service.key("orders") }
    }

    @Test("an exportable key is not exported by a build that cannot, and never an unexportable one")
    func export() throws {
        let fixture = try Fixture()
        _ = try fixture.service.createKey(NewKey(name: "orders", algorithm: .xaes256GCM, exportable: true))
        let publicKey = try fixture.service.importKey().publicKey
        let expected: CoreError.Code = Core.features.contains(.export) ? .featureNotAllowed : .featureNotBuilt
        #expect(throws: ServiceError.core(CoreError(expected))) {
            try publicKey.withUnsafeBytes {
                try fixture.service.exportKey("orders", version: nil, to: $0, hash: .sha256)
            }
        }
    }
}
