// What can be had without waiting, and what cannot: event loops rely on the difference.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing

@Suite(.givesHandlesBack) struct WaitingTests {
    @Test("where waiting is forbidden a key is asked for elsewhere exactly while it is cold")
    func wouldBlock() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let service = fixture.coldService()

        // Neither the key nor its handle is there.
        #expect(encrypt(service, "orders", .forbidden) == .wouldBlock)
        #expect(decrypt(service, "orders", .forbidden) == .wouldBlock)
        #expect(encrypt(service, "orders", .allowed) == nil)
        #expect(encrypt(service, "orders", .forbidden) == nil)
        #expect(decrypt(service, "orders", .forbidden) == nil)

        // The key is, its handle is not.
        service.pool.drain()
        #expect(encrypt(service, "orders", .forbidden) == .wouldBlock)
        #expect(decrypt(service, "orders", .allowed) == nil)
        #expect(encrypt(service, "orders", .forbidden) == nil)

        // A change makes the key cold, but not its handle.
        var change = KeyChange()
        change.labels = ["a": "b"]
        _ = try service.changeKey("orders", change)
        #expect(encrypt(service, "orders", .forbidden) == .wouldBlock)
        #expect(encrypt(service, "orders", .allowed) == nil)
        #expect(service.pool.statistics.misses == 2)
    }

    @Test("a key that may not exist is looked for where waiting is allowed")
    func unknown() throws {
        let fixture = try Fixture()
        #expect(encrypt(fixture.service, "orders", .forbidden) == .wouldBlock)
        #expect(encrypt(fixture.service, "orders", .allowed) == .keyNotFound)
        #expect(encrypt(fixture.service, "orders", .forbidden) == .wouldBlock)
    }

    @Test("a refusal that is known is given without waiting")
    func refusals() throws {
        let fixture = try Fixture()
        let service = fixture.service
        try fixture.createUnprotected("orders")
        _ = try service.setVersion(1, of: "orders", to: .disabled)
        #expect(encrypt(service, "orders", .allowed) == .noEnabledVersion)
        #expect(encrypt(service, "orders", .forbidden) == .noEnabledVersion)
        #expect(decrypt(service, "orders", .forbidden) == .versionDisabled)
        #expect(encrypt(service, "orders", version: 9, .forbidden) == .versionNotFound)
        _ = try service.deleteKey("orders", afterDays: 1)
        #expect(encrypt(service, "orders", .allowed) == .keyPendingDeletion)
        #expect(encrypt(service, "orders", .forbidden) == .keyPendingDeletion)
    }

    @Test("keys beyond what is kept in memory are cold again, and still right")
    func bounded() throws {
        let fixture = try Fixture(openKeys: 2, cachedKeys: 2)
        let service = fixture.service
        let names = ["a", "b", "c"]
        for name in names { try fixture.create(name) }
        let ciphertexts = try names.map { try service.encrypt($0, with: $0) }
        #expect(encrypt(service, "a", .forbidden) == .wouldBlock)
        #expect(encrypt(service, "c", .forbidden) == nil)
        for round in 0..<3 {
            for (name, ciphertext) in zip(names, ciphertexts) {
                #expect(try service.decrypt(ciphertext, with: name) == name, "round \(round)")
            }
        }
        let statistics = service.pool.statistics
        #expect(statistics.open == 2)
        #expect(statistics.borrowed == 0)
        #expect(statistics.evictions == statistics.misses - 2)
    }

    @Test("a sealed blob that was exchanged in the store does not open")
    func exchangedBlob() throws {
        let fixture = try Fixture()
        let first = try fixture.create("first")
        let forged = KeyRecord(
            id: KeyID(high: 1, low: 2), name: "forged", algorithm: "xaes-256-gcm", usages: ["encrypt", "decrypt"],
            createdAt: 1)
        try fixture.store.createKey(
            forged,
            versions: [
                KeyVersionRecord(keyID: forged.id, version: 1, createdAt: 1, sealed: first.versions[0].sealed)
            ])
        #expect(encrypt(fixture.service, "forged", .allowed) == .core(CoreError(.sealedBlobNotThisKey)))
    }

    @Test("readiness is the store's")
    func readiness() throws {
        let fixture = try Fixture()
        try fixture.service.checkReady()
        try fixture.store.close()
        #expect(throws: ServiceError.self) { try fixture.service.checkReady() }
    }

    private func encrypt(
        _ service: KeyService, _ name: String, version: Int? = nil, _ waiting: Waiting
    ) -> ServiceError? {
        do throws(ServiceError) {
            _ = try service.keyToEncrypt(name, version: version, waiting: waiting)
            return nil
        } catch {
            return error
        }
    }

    private func decrypt(_ service: KeyService, _ name: String, _ waiting: Waiting) -> ServiceError? {
        do throws(ServiceError) {
            _ = try service.keyToDecrypt(name, version: 1, waiting: waiting)
            return nil
        } catch {
            return error
        }
    }
}
