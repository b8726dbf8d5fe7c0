// Why the service did not do what it was asked: closed, so that every dialect answers each case.

public import CoreBridge
public import Storage

public enum ServiceError: Error, Equatable, Sendable {
    /// It cannot be done without waiting, and waiting was not allowed: ask again where it is.
    case wouldBlock

    case keyNotFound
    case keyExists
    /// The key of a backup is there, or another of its name.
    case keyOfBackupExists
    case keyPendingDeletion
    case keyNotPendingDeletion
    case deletionProtected
    /// The record is not what the caller's condition asks for.
    case revisionMismatch
    /// Others changed the key again and again while this change was tried.
    case contended
    case versionNotFound
    case versionDisabled
    case versionDestroyed
    /// The version is below the key's `min_decrypt_version`.
    case versionTooOld
    /// None that the key may use is enabled, and one could be.
    case noEnabledVersion
    /// None is enabled, and those that could be are below the key's `min_decrypt_version`.
    case versionsBelowMinimum
    case allVersionsDestroyed
    /// The key has as many versions as it may, and none of them is destroyed.
    case versionsExhausted
    /// There is no higher number for another.
    case versionNumbersUsedUp
    /// The version has encrypted as often as its nonces allow.
    case rotationRequired
    /// There is no import key of this id, or its time is over.
    case importKeyNotFound
    case tokenNotFound
    case roleNotFound
    case roleExists
    /// Tokens have the role.
    case roleInUse
    /// The administrator's role is as it is.
    case roleFixed
    /// It is the last token of the administrator's.
    case lastAdministrator
    /// Others have to approve it first, or one of them has denied it.
    case approvalRequired(ApprovalRecord)
    case approvalDenied(ApprovalRecord)
    case approvalNotFound
    /// Who asked for it does not approve it, nor does anybody twice.
    case ownApproval
    /// The token has asked for as many as it may, or all have.
    case tooManyApprovals
    /// As many have decided it as may.
    case tooManyDecisions
    /// Whoever makes it has made as many as one may.
    case tooManyTokens
    case tooManyKeys
    /// A token's line of makers is as long as it may be.
    case tokenLineTooLong
    /// There is no ring of this name.
    case ringNotFound
    /// A batch asks for more than the rate ever allows at once.
    case beyondRate
    /// Only who has logged in may decide it.
    case identityRequired
    /// The caller's role does not grant it.
    case notPermitted
    /// The caller's token has ended, or its role has changed, since it was decided that it may: decide again.
    case callerChanged
    /// What was asked for does not fit together; the member it lies in, as a JSON Pointer, and a sentence.
    case unfit(member: StaticMember, reason: StaticReason)

    case core(CoreError)
    case storage(StorageError)

    public enum StaticMember: String, Sendable {
        case name = "/name"
        case usages = "/usages"
        case algorithm = "/algorithm"
        case derived = "/derived"
        case convergent = "/convergent"
        case grants = "/grants"
        case minDecryptVersion = "/min_decrypt_version"
    }

    public enum StaticReason: String, Sendable {
        case longerThanNames = "is longer than 128 characters"
        case notForThisAlgorithm = "is not something keys of this algorithm can be used for"
        case notAGrant = "has an operation or a network that there is not"
        case unknownAlgorithm = "is not an algorithm of this build"
        case forDerivedEncryptionOnly = "is for derived keys that encrypt only"
        case pastTheLatestVersion = "is past the key's latest version"
    }
}

/// Whether a call may wait for the store, for a key to be opened, or for another thread.
public enum Waiting: Sendable {
    case allowed
    case forbidden
}
