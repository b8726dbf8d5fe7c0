// The one place where errors of the layers below become refusals. Every switch is exhaustive: a new code does not
// compile until it is given an answer.

public import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI
internal import Storage

/// What a handler throws: an answer, or the wish to be called again where it may wait.
enum CallError: Error {
    case needsWorker(Lane)
    /// A part of the work is done, and the rest is to be done in another turn.
    case unfinished
    /// The encryptions that were reserved for the key are used up: reserve more, and call again.
    case needsUses(KeyInUse)
    /// The caller's token or role is not what it was when it was decided that it may: decide again, and call again.
    case decideAgain
    /// The request waits without a thread, and is answered by what it waits for.
    case parked
    case problem(Problem)

    init(_ code: ProblemCode) {
        self = .problem(Problem(code))
    }

    init(_ state: ProblemState) {
        self = .problem(Problem(state))
    }

    init(_ error: ServiceError) {
        switch error {
        case .wouldBlock: self = .needsWorker(.control)
        case .callerChanged: self = .decideAgain
        default: self = .problem(Problem(of: error))
        }
    }
}

extension ProblemCode {
    init(_ refusal: Refusal) {
        self =
            switch refusal {
            case .bodyTooLarge: .bodyTooLarge
            case .overloaded: .overloaded
            case .overShare: .tooMuchInFlight
            case .tooManyWaiting: .tooManyWaiting
            case .clientGone: .clientGone
            case .stopping: .stopping
            case .malformedHead, .malformedBody: .malformedRequest
            case .headTooLarge: .headTooLarge
            case .noAnswer: .internalError
            case .answerLost: .auditUnavailable
            }
    }
}

extension Problem {
    init(of error: ServiceError) {
        switch error {
        // Answered before they come here, by another call.
        case .wouldBlock, .callerChanged: self.init(.overloaded)
        case .keyNotFound: self.init(.keyNotFound)
        case .keyExists: self.init(.keyExists)
        case .keyOfBackupExists: self.init(ProblemState.keyOfBackupExists)
        case .keyPendingDeletion: self.init(.keyPendingDeletion)
        case .keyNotPendingDeletion: self.init(.keyNotPendingDeletion)
        case .deletionProtected: self.init(.deletionProtected)
        case .revisionMismatch: self.init(.preconditionFailed)
        case .contended: self.init(.contended)
        case .versionNotFound: self.init(.versionNotFound)
        case .versionDisabled: self.init(.versionDisabled)
        case .versionDestroyed: self.init(.versionDestroyed)
        case .versionTooOld: self.init(.versionTooOld)
        case .noEnabledVersion: self.init(.noEnabledVersion)
        case .versionsBelowMinimum: self.init(ProblemState.versionsBelowMinimum)
        case .allVersionsDestroyed: self.init(ProblemState.allVersionsDestroyed)
        case .versionsExhausted: self.init(.versionsExhausted)
        case .versionNumbersUsedUp: self.init(ProblemState.versionNumbersUsedUp)
        case .rotationRequired: self.init(.rotationRequired)
        case .importKeyNotFound: self.init(.importKeyNotFound)
        case .tokenNotFound: self.init(.tokenNotFound)
        case .roleNotFound: self.init(.roleNotFound)
        case .roleExists: self.init(.roleExists)
        case .roleInUse: self.init(.roleInUse)
        case .roleFixed: self.init(.roleFixed)
        case .lastAdministrator: self.init(.lastAdministrator)
        case .approvalRequired(let approval):
            self.init(.approvalRequired)
            self.approval = approval
        case .approvalDenied(let approval):
            self.init(.approvalDenied)
            self.approval = approval
        case .approvalNotFound: self.init(.approvalNotFound)
        case .ownApproval: self.init(.ownApproval)
        case .tooManyApprovals: self.init(.tooManyApprovals)
        case .tooManyDecisions: self.init(ProblemState.tooManyDecisions)
        case .tooManyTokens: self.init(.tooManyTokens)
        case .tooManyKeys: self.init(.tooManyKeys)
        case .tokenLineTooLong: self.init(.tokenLineTooLong)
        case .ringNotFound: self.init(.ringNotFound)
        case .beyondRate: self.init(.beyondRate)
        case .identityRequired: self.init(.identityRequired)
        case .notPermitted: self.init(.forbidden)
        case .unfit(let member, let reason):
            self.init(violations: [
                SchemaViolation(pointer: member.rawValue, keyword: "strongroom", detail: reason.rawValue)
            ])
        case .core(let error):
            self.init(ProblemCode(error.code))
            feature = error.features.first?.rawValue
        case .storage(.full): self.init(ProblemState.storeIsFull)
        case .storage(let error): self.init(ProblemCode(error))
        }
    }

    init(of error: BodyError) {
        switch error {
        case .noRoom: self.init(.overloaded)
        case .json(.malformed), .json(.outOfMemory): self.init(.malformedJSON)
        case .json(.tooDeep): self.init(.tooDeep)
        case .json(.tooManyValues):
            self.init(violations: [SchemaViolation(pointer: "", keyword: "maxItems", detail: "has too many values")])
        case .json(.numberOutOfRange):
            self.init(violations: [
                SchemaViolation(pointer: "", keyword: "type", detail: "has a number that is out of range")
            ])
        case .json(.duplicateMember(let pointer)):
            self.init(violations: [
                SchemaViolation(pointer: pointer, keyword: "uniqueNames", detail: "stands more than once")
            ])
        case .violations(let violations): self.init(violations: violations)
        }
    }
}

extension ProblemCode {
    /// The HTTP face of the core's taxonomy.
    public init(_ code: CoreError.Code) {
        switch code {
        // Arguments and handles are the server's own: a refusal of them is a fault of ours, not of the client.
        case .nullArgument, .misalignedArgument, .lengthOutOfRange, .bufferTooSmall, .invalidArgument, .buffersOverlap,
            .notStarted, .alreadyStarted, .forked, .invalidHandle, .wrongKind, .tooManyReferences, .usesNotReserved,
            .sharesMissing:
            self = .internalError
        // Sealing ends the root key's handle, whoever is at it.
        case .staleHandle: self = .sealed
        case .handlePoisoned, .panic, .internalError, .cryptoLibrary: self = .coreFault
        case .usageNotAllowed: self = .usageNotAllowed
        case .notExportable: self = .notExportable
        case .rotationRequired: self = .rotationRequired
        case .contextMismatch: self = .contextMismatch
        case .schemeNotOfKey: self = .schemeNotOfKey
        case .authenticationFailed: self = .decryptionFailed
        case .malformedCiphertext: self = .malformedCiphertext
        case .messageTooLong: self = .messageTooLong
        case .digestLength: self = .digestLength
        case .publicKeyInvalid: self = .publicKeyInvalid
        case .keyMaterialInvalid: self = .keyMaterialInvalid
        case .backupMalformed, .backupNotAuthentic: self = .backupInvalid
        // A sealed blob that does not open was damaged or exchanged in the store.
        case .sealedBlobMalformed, .sealedBlobNotAuthentic, .sealedBlobNotThisKey, .sealedBlobFormatUnknown:
            self = .coreFault
        // Met at start only.
        case .rootKeyFileMissing, .rootKeyFileExists, .rootKeyFilePermissions, .rootKeyFileMalformed, .rootKeyFileIO,
            .wrappedRootMalformed, .keyFileIO, .keyFileEncrypted:
            self = .coreFault
        case .unsealKeyWrong: self = .unsealKeyWrong
        case .unsealMethodWrong: self = .unsealMethodWrong
        case .shareMalformed: self = .shareMalformed
        case .shareOfAnotherSet: self = .shareOfAnotherSet
        case .shareWrong: self = .shareWrong
        case .secretMemoryExhausted, .handleTableFull, .outOfMemory, .randomUnavailable: self = .coreExhausted
        case .interrupted: self = .stopping
        case .featureNotBuilt: self = .featureNotBuilt
        case .featureNotAllowed: self = .featureNotAllowed
        case .algorithmUnavailable: self = .algorithmUnavailable
        }
    }

    init(_ error: StorageError) {
        switch error {
        case .nameTaken, .notFound, .conflict: self = .contended
        case .full, .busy, .unavailable: self = .storeUnavailable
        case .corrupt, .olderSchema, .newerSchema: self = .internalError
        case .altered, .schemaAltered: self = .recordAltered
        // Sealing ends it, whoever is at it.
        case .recordKeyUnavailable: self = .sealed
        }
    }
}
