import CoreBridge
import KeyService
import Network
import Storage
import StorageAuthentication
import StorageSQLite
import TestKit
import Testing
import Threading

/// A seal over a store of its own, with one key in it, `orders`.
final class SealedFixture: Sendable {
    let folder: TemporaryFolder
    let store: any Store
    let seal: Seal
    let clock = Locked<Int64>(1_700_000_000)
    /// How many unsealings are yet to fail, as with a store that cannot be read.
    let faults = Locked(0)
    /// What it was unsealed with last.
    let opened = Locked<RootKey?>(nil)
    let ciphertext: Ciphertext

    /// Starts sealed.
    init(_ key: UnsealKey, scryptCost: Int = 14) throws {
        folder = try TemporaryFolder()
        store = try AuthenticatedStore(SQLiteStore(folder: folder.file("data")))
        let (root, wrapped) = try RootKey.create(under: key)
        store.authenticateRecords(with: StoredRecords.authentication(with: root) { _ in })
        try store.createInstallation(
            InstallationRecord(
                rootIdentity: StoredRecords.identity(of: root), createdAt: 1, wrappedRoot: wrapped.bytes),
            firstToken: TokenRecord(id: "t", mac: Array(0..<32), name: "n", roles: ["administrator"], createdAt: 1))
        let make: @Sendable (RootKey) -> KeyService = { [store] root in
            KeyService(
                core: TestCore.shared, root: root, store: store, openKeys: 10, cachedKeys: 10,
                now: { 1_700_000_000 })
        }
        let service = make(root)
        _ = try service.createKey(NewKey(name: "orders", algorithm: .xaes256GCM))
        ciphertext = try service.encrypt("text", with: "orders")
        let (clock, faults, opened) = (clock, faults, opened)
        seal = try Seal(
            wrapped, identity: StoredRecords.identity(of: root), store: store, scryptCost: scryptCost,
            now: { clock.withLock { $0 } }
        ) { [store] root throws(UnsealError) in
            let isFaulty = faults.withLock { faults in
                faults -= 1
                return faults >= 0
            }
            if isFaulty { throw .storage(.busy) }
            do throws(StorageError) {
                let tokens = try TokenAuthority(core: TestCore.shared, root: root, store: store, now: { 1_700_000_000 })
                opened.withLock { $0 = root }
                return Unsealed(service: make(root), tokens: tokens)
            } catch {
                throw .storage(error)
            }
        }
    }

    deinit {
        seal.stop()
        _ = seal.close()
        try? store.close()
    }

    func opensKeys() throws -> Bool {
        guard let service = seal.current?.service else { return false }
        return try service.decrypt(ciphertext, with: "orders") == "text"
    }
}

func shares(_ threshold: Int, of count: Int) throws -> (key: UnsealKey, texts: [[UInt8]]) {
    _ = TestCore.shared
    var room = [UInt8](repeating: 0, count: count * UnsealKey.shareLength)
    let key = try room.withUnsafeMutableBytes { try UnsealKey.split(threshold: threshold, count: count, into: $0) }
    let length = UnsealKey.shareLength
    return (key, (0..<count).map { Array(room[$0 * length..<($0 + 1) * length]) })
}

extension Seal {
    func add(_ share: [UInt8], from peer: Peer = "192.0.2.1") throws -> SealState {
        try share.withUnsafeBytes { try add(share: $0, from: peer, waiting: .allowed) }
    }

    func open(_ passphrase: String, from peer: Peer = "192.0.2.1") throws -> SealState {
        let attempt = TestAttempt(passphrase, from: peer)
        try tryPassphrase(attempt)
        return try attempt.wait().get()
    }
}

func passphraseKey(_ text: String) throws -> UnsealKey {
    _ = TestCore.shared
    return try Array(text.utf8).withUnsafeBytes { try UnsealKey.create(passphrase: $0, cost: 14) }
}

@Suite(.givesHandlesBack) struct SealTests {
    @Test("shares unseal with the last that is needed, and say how far it is until then")
    func unsealedByShares() throws {
        let (key, texts) = try shares(2, of: 3)
        let fixture = try SealedFixture(key)
        #expect(fixture.seal.status.method == .shares(threshold: 2, count: 3))
        #expect(try fixture.seal.add(texts[2]).sharesGiven == 1)
        #expect(try fixture.seal.add(texts[2]).sharesGiven == 1)
        #expect(try !fixture.opensKeys())
        #expect(try !fixture.seal.add(texts[0]).isSealed)
        #expect(try fixture.opensKeys())
        #expect(throws: UnsealError.alreadyUnsealed) { try fixture.seal.add(texts[1]) }
    }

    @Test("a share that is not of the set is named as such, and those before it stay")
    func wrongShare() throws {
        let (key, texts) = try shares(2, of: 2)
        let (_, others) = try shares(2, of: 2)
        let fixture = try SealedFixture(key)
        _ = try fixture.seal.add(texts[0])
        #expect(throws: UnsealError.core(CoreError(.shareOfAnotherSet))) { try fixture.seal.add(others[0]) }
        #expect(throws: UnsealError.core(CoreError(.shareMalformed))) { try fixture.seal.add([1, 2, 3]) }
        #expect(throws: UnsealError.core(CoreError(.unsealMethodWrong))) { try fixture.seal.open("a passphrase") }
        #expect(try !fixture.seal.add(texts[1]).isSealed)
    }

    @Test("what was sealed opens nothing, holds nothing, and can be unsealed again with all of its shares")
    func sealedAgain() throws {
        let (key, texts) = try shares(2, of: 2)
        let fixture = try SealedFixture(key)
        for text in texts { _ = try fixture.seal.add(text) }
        let service = try #require(fixture.seal.current).service
        #expect(try fixture.opensKeys())
        let before = try TestCore.shared.liveHandles()
        #expect(fixture.seal.close())
        #expect(fixture.seal.current == nil)
        let after = try TestCore.shared.liveHandles()
        #expect(after.roots == before.roots - 1)
        #expect(after.keys == before.keys - 1)
        // Also for a request that came before and is under way still.
        #expect(throws: ServiceError.core(CoreError(.staleHandle))) {
            try service.decrypt(fixture.ciphertext, with: "orders")
        }
        #expect(!fixture.seal.close())
        #expect(fixture.seal.status.sharesGiven == 0)
        for text in texts { _ = try fixture.seal.add(text) }
        #expect(try fixture.opensKeys())
    }

    @Test("a key that is being opened as the service is sealed opens, and the root key goes after it")
    func sealedWhileOpening() throws {
        let (key, texts) = try shares(2, of: 2)
        let fixture = try SealedFixture(key)
        for text in texts { _ = try fixture.seal.add(text) }
        let pool = try #require(fixture.seal.current).service.pool
        let root = try #require(fixture.opened.withLock { $0 })
        let stored = try #require(try fixture.store.key(named: "orders"))
        let sealed = try #require(stored.versions[0].sealed)
        let (began, isSealed, goesOn) = (Locked(false), Locked(false), Locked(false))
        let opened = Locked<KeyHandle?>(nil)
        let opening = try Threading.Thread(name: "opening") {
            let handle = try? pool.borrow(stored.id(version: 1)) { () throws(CoreError) in
                began.withLock { $0 = true }
                _ = eventually { goesOn.withLock { $0 } }
                return try root.open(sealed, as: stored.id(version: 1))
            }
            opened.withLock { $0 = handle }
        }
        #expect(eventually { began.withLock { $0 } })
        let sealing = try Threading.Thread(name: "sealing") {
            _ = fixture.seal.close()
            isSealed.withLock { $0 = true }
        }
        #expect(!eventually(within: 0.3) { isSealed.withLock { $0 } })
        #expect(throws: Never.self) { _ = try root.identity() }
        goesOn.withLock { $0 = true }
        opening.join()
        sealing.join()
        #expect(opened.withLock { $0 } != nil)
        #expect(pool.statistics.open == 0)
        #expect(throws: CoreError(.staleHandle)) { _ = try root.identity() }
    }

    @Test("a key that is opened after the service was sealed is kept by nobody")
    func openedAfterSealing() throws {
        let (key, texts) = try shares(2, of: 2)
        let fixture = try SealedFixture(key)
        for text in texts { _ = try fixture.seal.add(text) }
        let unsealed = try #require(fixture.seal.current)
        let before = try TestCore.shared.liveHandles().keys
        let (other, wrapped) = try RootKey.create(under: key)
        _ = wrapped
        let id = KeyVersionID(key: KeyIdentity(high: 1, low: 1), version: 1)
        let sealed = try other.generate(
            KeySpecification(key: id, algorithm: .xaes256GCM, usages: [.encrypt], createdAt: 1))
        #expect(fixture.seal.close())
        _ = try unsealed.service.pool.borrow(id) { () throws(CoreError) in try other.open(sealed, as: id) }
        #expect(unsealed.service.pool.borrow(id) == nil)
        #expect(try TestCore.shared.liveHandles().keys == before)
    }

    @Test("nothing from before it was sealed changes what is stored")
    func endedChanges() throws {
        let (key, texts) = try shares(2, of: 2)
        let fixture = try SealedFixture(key)
        for text in texts { _ = try fixture.seal.add(text) }
        let before = try #require(fixture.seal.current)
        var unprotected = KeyChange()
        unprotected.deletionProtected = false
        _ = try before.service.changeKey("orders", unprotected)
        #expect(fixture.seal.close())
        for text in texts { _ = try fixture.seal.add(text) }
        let service = before.service
        let role = RoleRecord(name: "r", grants: [], createdAt: 0)
        let changes: [() throws -> Void] = [
            { _ = try service.changeKey("orders", KeyChange()) },
            { _ = try service.deleteKey("orders", afterDays: 1) },
            { _ = try service.setVersion(1, of: "orders", to: .destroyed) },
            { _ = try before.tokens.putRole(role, ifRevision: nil, by: nil) },
            { try before.tokens.revokeToken(id: "t", by: nil) },
            { _ = try before.tokens.approvals.tidy() },
        ]
        for change in changes {
            #expect(throws: ServiceError.storage(.recordKeyUnavailable)) { try change() }
        }
        #expect(try fixture.opensKeys())
        #expect(try #require(fixture.seal.current).tokens.stands("t"))
    }

    @Test("a passphrase unseals, and a wrong one leaves it sealed")
    func passphrase() throws {
        let fixture = try SealedFixture(passphraseKey("correct horse battery staple"))
        #expect(throws: UnsealError.core(CoreError(.unsealKeyWrong))) { try fixture.seal.open("correct horse") }
        #expect(try !fixture.opensKeys())
        #expect(try !fixture.seal.open("correct horse battery staple").isSealed)
        #expect(try fixture.opensKeys())
    }

    @Test("a passphrase with less than today's cost is given it as it unseals")
    func raised() throws {
        let passphrase = "correct horse battery staple"
        let fixture = try SealedFixture(passphraseKey(passphrase), scryptCost: 15)
        #expect(fixture.seal.status.method == .passphrase(cost: 14))
        #expect(try fixture.seal.open(passphrase).method == .passphrase(cost: 15))
        let stored = WrappedRoot(bytes: try #require(try fixture.store.installation()).wrappedRoot)
        #expect(try stored.method() == .passphrase(cost: 15))
        #expect(fixture.seal.close())
        #expect(try !fixture.seal.open(passphrase).isSealed)
        #expect(try fixture.opensKeys())
    }

    @Test("wrong shares are limited by source, and disturb no right ones")
    func limited() throws {
        let (key, texts) = try shares(2, of: 2)
        let (_, others) = try shares(2, of: 2)
        let fixture = try SealedFixture(key)
        #expect(try fixture.seal.add(texts[0]).sharesGiven == 1)
        for _ in 0..<32 {
            #expect(throws: UnsealError.core(CoreError(.shareMalformed))) { try fixture.seal.add([1]) }
            #expect(throws: UnsealError.core(CoreError(.shareOfAnotherSet))) { try fixture.seal.add(others[0]) }
        }
        for _ in 0..<3 {
            #expect(throws: UnsealError.tooManyAttempts(retryAfter: 1)) { try fixture.seal.add(others[0]) }
        }
        // Another source has its own limit, and a user of this machine none.
        #expect(throws: UnsealError.core(CoreError(.shareMalformed))) { try fixture.seal.add([1], from: "192.0.2.2") }
        for _ in 0..<100 {
            #expect(throws: UnsealError.core(CoreError(.shareMalformed))) { try fixture.seal.add([1], from: "uid:7") }
        }
        // Time that goes back gives nothing, and what passes gives new attempts.
        fixture.clock.withLock { $0 -= 1000 }
        #expect(throws: UnsealError.tooManyAttempts(retryAfter: 1)) { try fixture.seal.add(others[0]) }
        fixture.clock.withLock { $0 += 1 }
        #expect(throws: UnsealError.core(CoreError(.shareOfAnotherSet))) { try fixture.seal.add(others[0]) }
        #expect(throws: UnsealError.tooManyAttempts(retryAfter: 1)) { try fixture.seal.add(others[0]) }
        #expect(fixture.seal.status.sharesGiven == 1)
        #expect(try !fixture.seal.add(texts[1]).isSealed)
    }

    @Test("only the share that unseals has to wait, and giving it again where it may does no harm")
    func waiting() throws {
        let (key, texts) = try shares(2, of: 2)
        let fixture = try SealedFixture(key)
        func add(_ text: [UInt8], _ waiting: Waiting) throws -> SealState {
            try text.withUnsafeBytes { try fixture.seal.add(share: $0, from: "192.0.2.1", waiting: waiting) }
        }
        #expect(try add(texts[0], .forbidden).sharesGiven == 1)
        #expect(throws: UnsealError.wouldBlock) { try add(texts[1], .forbidden) }
        #expect(try !add(texts[1], .allowed).isSealed)
    }

    @Test("shares that many holders give at once are all counted")
    func holders() throws {
        let (key, texts) = try shares(16, of: 16)
        let fixture = try SealedFixture(key)
        let errors = try onThreads(32) { index in
            if index < 16 {
                _ = try fixture.seal.add(texts[index])
            } else {
                for _ in 0..<100 { _ = try? fixture.seal.add([1], from: "192.0.2.2") }
            }
        }
        #expect(errors.allSatisfy { $0 as? UnsealError == .alreadyUnsealed }, "\(errors)")
        #expect(try fixture.opensKeys())
    }

    @Test("shares stay where unsealing fails for another reason, and any tries again")
    func failed() throws {
        let (key, texts) = try shares(2, of: 3)
        let fixture = try SealedFixture(key)
        fixture.faults.withLock { $0 = 1 }
        _ = try fixture.seal.add(texts[0])
        #expect(throws: UnsealError.storage(.busy)) { try fixture.seal.add(texts[1]) }
        #expect(fixture.seal.status.sharesGiven == 2)
        #expect(try !fixture.seal.add(texts[0]).isSealed)
        #expect(try fixture.opensKeys())
    }
}
