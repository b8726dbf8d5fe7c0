// The audit trail of a service: what it does by itself is recorded before it is done, and the store keeps where the trail ends.

import Audit
import CoreBridge
import Glibc
@testable import KeyService
import Storage
import StorageSQLite
import TestKit
import Testing
import Threading

@Suite(.givesHandlesBack) struct AuditLogTests {
    private let fixture: Fixture
    private let events = Locked<[AuditEvent]>([])

    init() throws { fixture = try Fixture() }

    private func open() throws -> AuditLog {
        try AuditLog(
            AuditTrail.Settings(folder: fixture.folder.file("audit"), fileBytes: 1), root: fixture.root,
            store: fixture.store, now: { [fixture] in fixture.clock.withLock { $0 * 1000 } },
            report: { [events] event in events.withLock { $0.append(event) } })
    }

    private func records(_ log: AuditLog) throws -> [String] {
        try log.page(after: 0, limit: 1000).records.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "a rotation by period, a destruction, an expired token and an expired approval are recorded, each with its name"
    )
    func scheduled() throws {
        let log = try open()
        defer { log.trail.close() }
        try fixture.store.insertToken(
            TokenRecord(
                id: "brief", mac: Array(repeating: 7, count: 32), name: "n", roles: ["administrator"],
                createdAt: 1_700_000_000, expiresAt: 1_700_000_010))
        for (id, end) in [("over", Int64(10)), ("waiting", 9 * 86_400)] {
            try fixture.store.putApproval(
                ApprovalRecord(
                    id: id, request: "r", bodyDigest: Array(repeating: 1, count: 32), operation: "o",
                    asker: ApprovalParty(token: "t", roles: ["r"]), needed: 1, createdAt: 1_700_000_000,
                    expiresAt: 1_700_000_000 + end))
        }
        let tokens = try fixture.authority()
        var periodic = NewKey(name: "periodic", algorithm: .xaes256GCM)
        periodic.rotationPeriod = 3600
        _ = try fixture.service.createKey(periodic)
        try fixture.createUnprotected("doomed")
        _ = try fixture.service.deleteKey("doomed", afterDays: 7)
        fixture.pass(seconds: 8 * 86_400)
        let done = Locked(0)
        let schedule = try KeySchedule(fixture.service, tokens: tokens, audit: log, everySeconds: 60) { _ in
            done.withLock { $0 += 1 }
        }
        #expect(eventually { done.withLock { $0 } == 4 })
        schedule.stop()
        #expect(try fixture.store.approvals().map(\.id) == ["waiting"])
        let records = try records(log)
        #expect(records.count == 5)
        for (operation, name) in [
            ("expireToken", "\"subject\":\"brief\""), ("destroyKey", "\"key\":\"doomed\""),
            ("rotateDueKey", "\"key\":\"periodic\""), ("expireApproval", "\"approval\":\"over\""),
        ] {
            #expect(records.contains { $0.contains("\"\(operation)\"") && $0.contains(name) }, "\(operation)")
        }
    }

    @Test("what cannot be recorded is not done by itself either, and is once it can")
    func withoutTrail() throws {
        let log = try open()
        defer { log.trail.close() }
        var periodic = NewKey(name: "periodic", algorithm: .xaes256GCM)
        periodic.rotationPeriod = 3600
        _ = try fixture.service.createKey(periodic)
        fixture.pass(seconds: 3600)
        let next = fixture.folder.file("audit/00000000000000000002.jsonl")
        #expect(mkdir(next, 0o700) == 0)
        let done = Locked(0)
        let schedule = try KeySchedule(fixture.service, tokens: fixture.authority(), audit: log, everySeconds: 1) { _ in
            done.withLock { $0 += 1 }
        }
        #expect(eventually { !log.trail.isOpen })
        #expect(try fixture.service.key("periodic").key.latestVersion == 1)
        #expect(rmdir(next) == 0)
        #expect(eventually { done.withLock { $0 } > 0 })
        schedule.stop()
        #expect(try fixture.service.key("periodic").key.latestVersion == 2)
    }

    @Test("a store without its anchor, or with an earlier one, is found when the trail is opened, and for ever after")
    func brokenAnchors() throws {
        fixture.store.authenticateRecords(with: StoredRecords.authentication(with: fixture.root) { _ in })
        try fixture.store.createInstallation(
            InstallationRecord(
                rootIdentity: StoredRecords.identity(of: fixture.root), createdAt: 1, wrappedRoot: [1]),
            firstToken: TokenRecord(
                id: "first", mac: Array(repeating: 7, count: 32), name: "n", roles: ["administrator"], createdAt: 1))
        func verify() throws -> [AuditFinding] {
            try AuditVerification.run(
                folder: fixture.folder.file("audit"), root: fixture.root, anchors: [],
                anchor: AuditLog.anchor(of: fixture.store)
            ).findings
        }
        #expect(try fixture.store.auditAnchor() == AuditAnchorRecord.none)
        var log = try open()
        let early = try #require(try fixture.store.auditAnchor())
        #expect(log.trail.keep(AuditRecord(operation: "encrypt", outcome: .done)))
        log.trail.close()
        // Killed: what follows the anchor has none.
        #expect(try verify() == [])
        log = try open()
        #expect(log.trail.keep(AuditRecord(operation: "encrypt", outcome: .done)))
        #expect(events.withLock { $0 } == [])
        #expect(try verify() == [])
        log.close()
        #expect(try verify() == [])
        try fixture.store.setAuditAnchor(early)
        #expect(try verify() == [.anchorBehind(sequence: 1)])
        log = try open()
        #expect(events.withLock { $0.last } == .broken([.anchorBehind(sequence: 1)]))
        log.close()
        #expect(try verify() == [.anchorWasBroken(sequence: 5)])
        try fixture.records.write {
            try $0.setAuditAnchor(Authenticated(early, mac: [UInt8](repeating: 0, count: 32)))
        }
        #expect(throws: StorageError.altered) { try fixture.store.auditAnchor() }
        #expect(throws: StorageError.altered) { try fixture.store.checkRecords() }
        #expect(try verify() == [.anchorMissing, .anchorWasBroken(sequence: 5)])
        log = try open()
        #expect(events.withLock { $0.last } == .broken([.anchorMissing]))
        log.close()
        #expect(try verify() == [.anchorWasBroken(sequence: 5), .anchorWasBroken(sequence: 6)])
        try fixture.store.checkRecords()
    }

    @Test("the store keeps where the trail ends each time it is asked to, and it is held to that when it is opened")
    func anchors() throws {
        var log = try open()
        #expect(log.trail.keep(AuditRecord(operation: "encrypt", outcome: .done)))
        // The record that it was opened with is noted before any other follows.
        #expect(try fixture.store.auditAnchor()?.sequence == 1)
        log.anchor()
        #expect(try fixture.store.auditAnchor()?.sequence == 2)
        #expect(try fixture.store.auditAnchor()?.mac == log.trail.currentHead.mac)
        log.trail.close()
        // A trail that lost what the store knows of is found when it is opened again.
        #expect(unlink(fixture.folder.file("audit/00000000000000000002.jsonl")) == 0)
        log = try open()
        #expect(events.withLock { $0.contains(.broken([.missing(2...2)])) })
        log.trail.close()
    }
}
