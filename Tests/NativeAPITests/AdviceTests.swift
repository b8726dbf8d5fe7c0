// What problems advise: each piece of advice is followed in the state that gives it, and the refused request then succeeds. Where
// nobody can do anything, a problem advises nothing.

import KeyService
import TestKit
import Testing

@testable import NativeAPI

/// A request that was refused, and the same one after what its refusal advised was done.
struct Advised {
    let refused: Answer
    let after: Answer
}

@Suite(.givesHandlesBack) struct AdviceTests {
    typealias Scenario = @Sendable () throws -> Advised

    /// How advice is followed, in each state that gives it; none for a problem that gives no advice. A new code has to be added.
    private static func scenarios(of code: ProblemCode) -> [Scenario] {
        switch code {
        case .unauthenticated: [tokenSent]
        case .approvalRequired: [approvalGiven, approvalOfRoleGiven]
        case .approvalDenied: [deniedAskedAgain]
        case .notFound: [documentRead]
        case .importKeyNotFound: [wrappedToImportKey]
        case .keyExists: [otherNameChosen, otherNameImported]
        case .keyPendingDeletion: [deletionCancelled, deletionCancelledLate]
        case .deletionProtected: [protectionLifted]
        case .versionDisabled: [versionEnabled, versionEnabledToDecrypt]
        case .noEnabledVersion: [oneVersionEnabled, disabledRotated]
        case .versionsExhausted: [versionsMadeRoom]
        case .rotationRequired: [rotated, rotatedAndNamed]
        case .roleExists: [roleChanged, otherRoleNamed]
        case .roleInUse: [roleFreed]
        case .tokenLineTooLong: [earlierTokenUsed]
        case .lastAdministrator: [otherAdministratorMade]
        case .headTooLarge: [headersShortened, queryShortened]
        case .unsupportedMediaType: [typeSent, encodingLeftOut]
        case .beyondRate: [fewerItemsSent]
        case .unsealKeyWrong: [rightPassphraseGiven]
        case .tooManyAttempts: [attemptsWaitedFor]
        case .rateLimited: [rateWaitedFor]
        case .tooManyApprovals: [approvedSentAgain, approvalsExpired]
        case .tooManyWaiting: [answersWaitedFor]
        case .tooManyTokens: [madeTokenEnded, loginsTokenEnded]
        case .tooMuchInFlight: [answersRead]
        case .tooManyKeys: [keysDeleted, keyMadeByOthers]
        case .malformedRequest, .malformedJSON, .tooDeep, .loginRefused, .forbidden, .ownApproval, .identityRequired,
            .usageNotAllowed, .notExportable, .keyNotFound, .versionNotFound, .ringNotFound, .tokenNotFound,
            .roleNotFound,
            .approvalNotFound, .methodNotAllowed, .keyNotPendingDeletion, .versionDestroyed, .versionTooOld, .roleFixed,
            .contended, .alreadyUnsealed, .unsealMethodWrong, .preconditionFailed, .bodyTooLarge, .schemaViolation,
            .decryptionFailed, .malformedCiphertext, .messageTooLong, .contextMismatch, .schemeNotOfKey, .digestLength,
            .publicKeyInvalid, .keyMaterialInvalid, .backupInvalid, .shareMalformed, .shareOfAnotherSet, .shareWrong,
            .tooCostly, .internalError, .coreFault, .recordAltered, .featureNotBuilt, .featureNotAllowed,
            .algorithmUnavailable, .sealed, .overloaded, .stopping, .clientGone, .coreExhausted, .storeUnavailable,
            .auditUnavailable, .loginUnavailable:
            []
        }
    }

    /// As of codes; of a state without advice, what makes the state, and how what its text says is found true.
    private static func scenarios(of state: ProblemState) -> [Scenario] {
        switch state {
        case .versionsBelowMinimum: [versionAboveMinimumMade]
        case .allVersionsDestroyed, .versionNumbersUsedUp, .keyOfBackupExists, .tooManyDecisions, .noAuditTrail,
            .noDiagnostics, .storeIsFull:
            []
        }
    }

    @Test("advice that is followed makes the refused request succeed", arguments: ProblemCode.allCases)
    func codes(code: ProblemCode) throws {
        let scenarios = Self.scenarios(of: code)
        #expect(scenarios.isEmpty == (code.advice == nil), "\(code.rawValue) has advice that nobody follows, or none")
        for scenario in scenarios { try check(scenario(), code, code.detail, code.advice) }
    }

    @Test("advice that hangs on the state does so too", arguments: ProblemState.allCases)
    func states(state: ProblemState) throws {
        let scenarios = Self.scenarios(of: state)
        #expect(scenarios.isEmpty == (state.advice == nil), "\(state) has advice that nobody follows, or none")
        for scenario in scenarios { try check(scenario(), state.code, state.detail, state.advice) }
    }

    private func check(_ advised: Advised, _ code: ProblemCode, _ detail: String, _ advice: String?) throws {
        #expect(advised.refused.code == code.rawValue, "\(advised.refused.response.text)")
        #expect(advised.refused["detail"].string == detail + (advice.map { " " + $0 } ?? ""))
        #expect((200..<300).contains(advised.after.status), "\(code): \(advised.after.response.text)")
    }

    @Test("a problem without advice tells nobody to do anything", arguments: ProblemCode.allCases)
    func statements(code: ProblemCode) {
        for text in [code.detail] + ProblemState.allCases.filter({ $0.code == code }).map(\.detail) {
            #expect(Self.orders(in: text).isEmpty, "\(text)")
        }
    }

    /// Sentences, and parts of them, that begin as an order does.
    private static func orders(in text: String) -> [String] {
        let verbs: Set<Substring> = [
            "send", "use", "try", "make", "choose", "wait", "enable", "rotate", "delete", "revoke", "set", "cancel",
            "log",
            "unseal", "give", "destroy", "have", "ask", "see", "read", "change", "create", "get", "wrap", "do", "say",
        ]
        return text.split { ".;:,".contains($0) }.filter { part in
            guard let first = part.split(separator: " ").first else { return false }
            return verbs.contains(Substring(first.lowercased())) && first != "GET"
        }.map(String.init)
    }

    @Test("where all versions are destroyed, no version can be enabled or made, and nothing else is advised")
    func destroyed() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        #expect(try fixture.send("PATCH", "/v1/keys/orders/versions/1", #"{"state":"destroyed"}"#).status == 200)
        for (path, body) in [("rotate", nil), ("encrypt", #"{"plaintext":""}"#), ("data-key", "{}")]
            as [(String, String?)]
        {
            let refused = try fixture.send("POST", "/v1/keys/orders/\(path)", body)
            #expect(refused.code == "no_enabled_version")
            #expect(refused["detail"].string == ProblemState.allVersionsDestroyed.detail)
        }
        #expect(
            try fixture.send("PATCH", "/v1/keys/orders/versions/1", #"{"state":"enabled"}"#).code == "version_destroyed"
        )
    }

    @Test("the backup of a key that exists is refused, and restored once the key is destroyed")
    func restored() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let backup = try #require(try fixture.send("GET", "/v1/keys/orders/backup")["backup"].string)
        func restore() throws -> Answer { try fixture.send("POST", "/v1/restore", "{\"backup\":\"\(backup)\"}") }
        let refused = try restore()
        #expect(refused.code == "key_exists" && refused["detail"].string == ProblemState.keyOfBackupExists.detail)
        try fixture.destroy("orders")
        #expect(try restore().status == 201)
        // Another key of the name.
        try fixture.destroy("orders")
        try fixture.create("orders")
        #expect(try restore()["detail"].string == ProblemState.keyOfBackupExists.detail)
    }

    @Test("a path of the document that the service does not serve is not said to be missing from it")
    func unserved() throws {
        let fixture = try Fixture(isAudited: false)
        for (path, state) in [("audit", ProblemState.noAuditTrail), ("diagnostics", .noDiagnostics)] {
            let refused = try fixture.send("GET", "/v1/\(path)")
            #expect(refused.code == "not_found" && refused["detail"].string == state.detail)
        }
    }

    @Test("one who decides when as many have as may is told that, and not to send requests again")
    func decisions() throws {
        let fixture = try Fixture()
        let (asker, id) = try fixture.askForBackup()
        _ = try fixture.makeToken("approver", #"{"operations":["approve"]}"#)
        for _ in 0..<64 {
            #expect(try fixture.decide(id, with: fixture.makeToken(of: "approver")).status == 200)
        }
        let refused = try fixture.decide(id, with: fixture.makeToken(of: "approver"))
        #expect(refused.code == "too_many_approvals")
        #expect(refused["detail"].string == ProblemState.tooManyDecisions.detail)
        #expect(try fixture.send("GET", "/v1/keys/orders/backup", as: asker).status == 200)
    }

    @Test("a store without room says so, and does not say that it cannot be reached")
    func full() throws {
        var quotas = TokenQuotas()
        (quotas.all, quotas.reserved) = (3, 0)
        let fixture = try Fixture(tokenQuotas: quotas)
        _ = try fixture.makeToken("app", #"{"operations":["encrypt"]}"#)
        _ = try fixture.makeToken(of: "app")
        let refused = try fixture.send("POST", "/v1/tokens", #"{"name":"n","role":"app"}"#)
        #expect(refused.code == "store_unavailable" && refused["detail"].string == ProblemState.storeIsFull.detail)
    }
}

extension Fixture {
    /// As another than the administrator.
    func send(_ method: String, _ path: String, _ body: String? = nil, as token: String) throws -> Answer {
        try send(method, path, body, headers: [("Authorization", "Bearer \(token)")])
    }

    func destroy(_ key: String) throws {
        #expect(try send("PATCH", "/v1/keys/\(key)", #"{"deletion_protected":false}"#).status == 200)
        #expect(try send("DELETE", "/v1/keys/\(key)", #"{"after_days":0}"#).status == 202)
        #expect(try service.destroyDueKeys() == 1)
    }

    /// A backup of a key that has to be approved: who asked, and the id that it waits under.
    func askForBackup(of key: String = "orders") throws -> (asker: String, id: String) {
        try create(key, #","min_approvals":1"#)
        let asker = try makeToken("asker", #"{"operations":["backup"]}"#)
        return (asker, try #require(try send("GET", "/v1/keys/\(key)/backup", as: asker)["approval"]["id"].string))
    }

    func decide(_ id: String, _ decision: String = "approve", with token: String) throws -> Answer {
        try send("POST", "/v1/approvals/\(id)", "{\"decision\":\"\(decision)\"}", as: token)
    }
}
