// From the core's and the store's errors to what HTTP answers: every code has its place.

import CoreBridge
import KeyService
import Storage
import TestKit
import Testing

@testable import NativeAPI

@Suite(.givesHandlesBack) struct ErrorTableTests {
    @Test("every code of the core has a status that fits its range", arguments: CoreError.Code.allCases)
    func coreCodes(code: CoreError.Code) {
        let problem = ProblemCode(code)
        let statuses: Set<Int> =
            switch code.rawValue {
            // What sealing does to a request, and what whoever unseals may get wrong.
            case 202: [503]
            case 515, 518...520: [422]
            case 516: [409]
            // The server's own arguments, handles and sealed blobs: no fault of the client's.
            case 100..<300, 500..<600, 900..<1000: [500]
            // A state that the client can change; and uses that the server should have reserved.
            case 302: [409]
            case 303: [500]
            case 300..<400: [403]
            case 400..<500: [422]
            case 600..<700: [503]
            case 700..<800: [501]
            default: []
            }
        #expect(statuses.contains(problem.status), "\(code) is answered \(problem.status)")
    }

    @Test("what the client may have caused is told apart, what it did not is not explained")
    func coreTable() {
        let table: [CoreError.Code: ProblemCode] = [
            .usageNotAllowed: .usageNotAllowed, .authenticationFailed: .decryptionFailed,
            .malformedCiphertext: .malformedCiphertext, .messageTooLong: .messageTooLong,
            .secretMemoryExhausted: .coreExhausted, .handleTableFull: .coreExhausted,
            .featureNotBuilt: .featureNotBuilt, .featureNotAllowed: .featureNotAllowed,
            .algorithmUnavailable: .algorithmUnavailable, .panic: .coreFault, .handlePoisoned: .coreFault,
            .sealedBlobNotAuthentic: .coreFault, .staleHandle: .sealed, .unsealKeyWrong: .unsealKeyWrong,
            .wrappedRootMalformed: .coreFault, .sharesMissing: .internalError,
        ]
        for (code, problem) in table { #expect(ProblemCode(code) == problem) }
        let ofTheOperator: Set<UInt32> = [202, 515, 516, 518, 519, 520]
        for code in CoreError.Code.allCases
        where !ofTheOperator.contains(code.rawValue)
            && [100..<300, 500..<600, 900..<1000].contains(where: { $0.contains(code.rawValue) })
        {
            #expect(ProblemCode(code).detail == "The server's log has the cause under the request id.")
        }
    }

    @Test("a feature that lacks is named, and nothing else is")
    func features() {
        for code in [CoreError.Code.featureNotBuilt, .featureNotAllowed] {
            let problem = Problem(of: ServiceError.core(CoreError(code, numbers: (2, 0))))
            #expect(problem.feature == "legacy-algorithms")
            #expect(problem.code.status == 501)
        }
        for code in CoreError.Code.allCases where code != .featureNotBuilt && code != .featureNotAllowed {
            #expect(Problem(of: ServiceError.core(CoreError(code, numbers: (7, 7)))).feature == nil)
        }
    }

    @Test("every failure of the store has a status")
    func storage() {
        let table: [(StorageError, Int)] = [
            (.nameTaken, 409), (.notFound, 409), (.conflict, 409), (.full, 503), (.busy, 503), (.corrupt, 500),
            (.unavailable(code: 5), 503), (.newerSchema, 500),
        ]
        for (error, status) in table {
            #expect(ProblemCode(error).status == status, "\(error)")
            #expect(Problem(of: ServiceError.storage(error)).code.status == status)
        }
    }

    @Test("every refusal of the service has a status")
    func service() {
        let table: [(ServiceError, Int)] = [
            (.keyNotFound, 404), (.keyExists, 409), (.keyPendingDeletion, 409), (.keyNotPendingDeletion, 409),
            (.deletionProtected, 409), (.revisionMismatch, 412), (.contended, 409), (.versionNotFound, 404),
            (.versionDisabled, 409), (.versionDestroyed, 409), (.versionTooOld, 409), (.noEnabledVersion, 409),
            (.versionsExhausted, 409), (.unfit(member: .usages, reason: .notForThisAlgorithm), 422), (.wouldBlock, 503),
        ]
        for (error, status) in table { #expect(Problem(of: error).code.status == status, "\(error)") }
    }

    @Test("problem codes are distinct words with a title and a sentence each", arguments: ProblemCode.allCases)
    func codes(code: ProblemCode) {
        #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "_" })
        #expect((400...599).contains(code.status))
        #expect(!code.title.isEmpty)
        #expect(code.title.last != ".")
        #expect(code.detail.last == ".")
    }
}
