import CoreBridge
@testable import KeyService
import Storage
import StorageAuthentication
import StorageSQLite
import TestKit
import Testing

@Suite(.givesHandlesBack) struct RootRotationTests {
    private let folder: TemporaryFolder
    private let store: any Store
    private let key: UnsealKey

    init() throws {
        _ = TestCore.shared
        folder = try TemporaryFolder()
        store = try AuthenticatedStore(SQLiteStore(folder: folder.file("data")))
        key = try UnsealKey.create(file: folder.file("root.key"))
        let (root, wrapped) = try RootKey.create(under: key)
        store.authenticateRecords(with: StoredRecords.authentication(with: root) { _ in })
        try store.createInstallation(
            InstallationRecord(
                rootIdentity: StoredRecords.identity(of: root), createdAt: 1, wrappedRoot: wrapped.bytes),
            firstToken: TokenRecord(id: "t", mac: Array(0..<32), name: "n", roles: ["administrator"], createdAt: 1))
    }

    /// The service as its next start has it.
    private func service() throws -> KeyService {
        let wrapped = WrappedRoot(bytes: try #require(try store.installation()).wrappedRoot)
        let root = try wrapped.open(with: key)
        let identity = try #require(try store.installation()?.rootIdentity)
        try StoredRecords.authenticate(store, with: root, identity: identity) { _ in }
        return KeyService(
            core: TestCore.shared, root: root, store: store, openKeys: 10, cachedKeys: 10, now: { 1_700_000_000 })
    }

    @Test("every version of every key decrypts under the new root key what it encrypted under the old")
    func all() throws {
        var ciphertexts: [(String, Ciphertext)] = []
        let before = try service()
        for index in 0..<5 {
            let name = "key-\(index)"
            _ = try before.createKey(NewKey(name: name, algorithm: .xaes256GCM))
            for version in 1...3 {
                if version > 1 { _ = try before.rotateKey(name) }
                ciphertexts.append((name, try before.encrypt("\(name) \(version)", with: name)))
            }
        }
        let identity = try store.installation()?.rootIdentity
        #expect(try RootRotation.run(store, with: key) == 15)
        #expect(try store.installation()?.rootIdentity != identity)
        let after = try service()
        for (name, ciphertext) in ciphertexts {
            #expect(try after.decrypt(ciphertext, with: name) == "\(name) \(ciphertext.version)")
        }
        // And of the old root key nothing opens: its service has no key open that it does not hold already.
        before.pool.drain()
        #expect(throws: ServiceError.core(CoreError(.sealedBlobNotAuthentic))) {
            try KeyService.cold(before, store).decrypt(ciphertexts[0].1, with: "key-0")
        }
    }

    @Test("a rotation that was cut short after any page goes on from there")
    func resumed() throws {
        let first = try service()
        _ = try first.createKey(NewKey(name: "a", algorithm: .xaes256GCM))
        let ciphertext = try first.encrypt("text", with: "a")
        _ = try first.createKey(NewKey(name: "b", algorithm: .xaes256GCM))
        // As the first step of a rotation leaves it, with one version of two resealed.
        let wrapped = WrappedRoot(bytes: try #require(try store.installation()).wrappedRoot)
        let next = try wrapped.rotated(with: key)
        let (old, new) = (try wrapped.open(with: key), try next.open(with: key))
        try store.beginRootRotation(
            RootRotationRecord(rootIdentity: StoredRecords.identity(of: new), wrappedRoot: next.bytes))
        var page = try store.versionsToReseal(limit: 1)
        page[0].sealed = try new.reseal(
            try #require(page[0].sealed),
            as: KeyVersionID(key: KeyIdentity(high: page[0].keyID.high, low: page[0].keyID.low), version: 1), from: old)
        try store.storeResealed(page)
        #expect(try RootRotation.run(store, with: key) == 1)
        #expect(try store.installation()?.rootIdentity == StoredRecords.identity(of: new))
        #expect(try service().decrypt(ciphertext, with: "a") == "text")
        #expect(try service().encrypt("text", with: "b").version == 1)
    }

    @Test("a damaged version is named before anything is changed")
    func damaged() throws {
        let stored = try service().createKey(NewKey(name: "a", algorithm: .xaes256GCM))
        _ = try service().createKey(NewKey(name: "b", algorithm: .xaes256GCM))
        var sealed = try #require(stored.versions[0].sealed)
        sealed[60] ^= 1
        // By the way of a rotation that ends in damage.
        let installation = try #require(try store.installation())
        try store.beginRootRotation(
            RootRotationRecord(
                rootIdentity: installation.rootIdentity, wrappedRoot: installation.wrappedRoot))
        var version = stored.versions[0]
        version.sealed = sealed
        try store.storeResealed([version])
        let root = try WrappedRoot(bytes: installation.wrappedRoot).open(with: key)
        try store.finishRootRotation(authenticatingWith: StoredRecords.authentication(with: root) { _ in })
        #expect(throws: RootRotation.Failure.damaged(keyID: stored.key.id, version: 1)) {
            try RootRotation.run(store, with: key)
        }
        #expect(try store.installation() == installation)
    }

    @Test("another unseal key exchanges nothing")
    func otherKey() throws {
        let other = try UnsealKey.create(file: folder.file("other.key"))
        #expect(throws: RootRotation.Failure.core(CoreError(.unsealKeyWrong))) {
            try RootRotation.run(store, with: other)
        }
        #expect(try store.installation()?.rotation == nil)
    }
}

extension KeyService {
    /// One with the same root key that has nothing in memory.
    fileprivate static func cold(_ service: KeyService, _ store: any Store) throws -> KeyService {
        KeyService(
            core: TestCore.shared, root: service.root, store: store, openKeys: 10, cachedKeys: 10,
            now: { 1_700_000_000 })
    }
}
