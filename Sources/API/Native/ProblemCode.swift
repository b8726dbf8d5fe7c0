// Every way a request can be refused: its stable code, its HTTP status and its title. docs/errors.md lists the same.

public enum ProblemCode: String, CaseIterable, Sendable {
    case malformedRequest = "malformed_request"
    case malformedJSON = "malformed_json"
    case tooDeep = "json_too_deep"
    case unauthenticated
    case loginRefused = "login_refused"
    case forbidden
    case approvalRequired = "approval_required"
    case approvalDenied = "approval_denied"
    case ownApproval = "own_approval"
    case identityRequired = "identity_required"
    case usageNotAllowed = "usage_not_allowed"
    case notExportable = "not_exportable"
    case notFound = "not_found"
    case keyNotFound = "key_not_found"
    case versionNotFound = "version_not_found"
    case importKeyNotFound = "import_key_not_found"
    case ringNotFound = "ring_not_found"
    case tokenNotFound = "token_not_found"
    case roleNotFound = "role_not_found"
    case approvalNotFound = "approval_not_found"
    case methodNotAllowed = "method_not_allowed"
    case keyExists = "key_exists"
    case keyPendingDeletion = "key_pending_deletion"
    case keyNotPendingDeletion = "key_not_pending_deletion"
    case deletionProtected = "deletion_protected"
    case versionDisabled = "version_disabled"
    case versionDestroyed = "version_destroyed"
    case versionTooOld = "version_too_old"
    case noEnabledVersion = "no_enabled_version"
    case versionsExhausted = "versions_exhausted"
    case rotationRequired = "rotation_required"
    case roleExists = "role_exists"
    case roleInUse = "role_in_use"
    case roleFixed = "role_fixed"
    case lastAdministrator = "last_administrator"
    case tokenLineTooLong = "token_line_too_long"
    case contended
    case alreadyUnsealed = "already_unsealed"
    case unsealMethodWrong = "unseal_method_wrong"
    case preconditionFailed = "precondition_failed"
    case bodyTooLarge = "body_too_large"
    case headTooLarge = "head_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case schemaViolation = "schema_violation"
    case beyondRate = "beyond_rate"
    case decryptionFailed = "decryption_failed"
    case malformedCiphertext = "malformed_ciphertext"
    case messageTooLong = "message_too_long"
    case contextMismatch = "context_mismatch"
    case schemeNotOfKey = "scheme_not_of_key"
    case digestLength = "digest_length"
    case publicKeyInvalid = "public_key_invalid"
    case keyMaterialInvalid = "key_material_invalid"
    case backupInvalid = "backup_invalid"
    case unsealKeyWrong = "unseal_key_wrong"
    case shareMalformed = "share_malformed"
    case shareOfAnotherSet = "share_of_another_set"
    case shareWrong = "share_wrong"
    case tooCostly = "too_costly"
    case tooManyAttempts = "too_many_attempts"
    case rateLimited = "rate_limited"
    case tooManyWaiting = "too_many_waiting"
    case tooManyApprovals = "too_many_approvals"
    case tooManyTokens = "too_many_tokens"
    case tooMuchInFlight = "too_much_in_flight"
    case tooManyKeys = "too_many_keys"
    case internalError = "internal"
    case coreFault = "core_fault"
    case recordAltered = "record_altered"
    case featureNotBuilt = "feature_not_built"
    case featureNotAllowed = "feature_not_allowed"
    case algorithmUnavailable = "algorithm_unavailable"
    case sealed
    case overloaded
    case stopping
    case clientGone = "client_gone"
    case coreExhausted = "core_exhausted"
    case storeUnavailable = "store_unavailable"
    case auditUnavailable = "audit_unavailable"
    case loginUnavailable = "login_unavailable"

    public var status: Int {
        switch self {
        case .malformedRequest, .malformedJSON, .tooDeep: 400
        case .unauthenticated, .loginRefused: 401
        case .forbidden, .usageNotAllowed, .notExportable, .approvalRequired, .approvalDenied, .ownApproval,
            .identityRequired:
            403
        case .notFound, .keyNotFound, .versionNotFound, .importKeyNotFound, .ringNotFound, .tokenNotFound,
            .roleNotFound,
            .approvalNotFound:
            404
        case .methodNotAllowed: 405
        case .keyExists, .keyPendingDeletion, .keyNotPendingDeletion, .deletionProtected, .versionDisabled,
            .versionDestroyed, .versionTooOld, .noEnabledVersion, .versionsExhausted, .contended,
            .rotationRequired, .alreadyUnsealed, .unsealMethodWrong, .roleExists, .roleInUse, .roleFixed,
            .lastAdministrator, .tokenLineTooLong:
            409
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .headTooLarge: 431
        case .unsupportedMediaType: 415
        case .schemaViolation, .beyondRate, .decryptionFailed, .malformedCiphertext, .messageTooLong, .contextMismatch,
            .schemeNotOfKey, .digestLength, .publicKeyInvalid, .keyMaterialInvalid, .backupInvalid, .unsealKeyWrong,
            .shareMalformed, .shareOfAnotherSet, .shareWrong, .tooCostly:
            422
        case .tooManyAttempts, .rateLimited, .tooManyWaiting, .tooManyApprovals, .tooManyTokens, .tooManyKeys,
            .tooMuchInFlight:
            429
        case .internalError, .coreFault, .recordAltered: 500
        case .featureNotBuilt, .featureNotAllowed, .algorithmUnavailable: 501
        case .sealed, .overloaded, .stopping, .clientGone, .coreExhausted, .storeUnavailable, .auditUnavailable,
            .loginUnavailable:
            503
        }
    }

    /// What RFC 9457 calls the title: the same for every occurrence.
    var title: String {
        switch self {
        case .malformedRequest: "The request cannot be read"
        case .malformedJSON: "The body is not JSON"
        case .tooDeep: "The body is nested too deep"
        case .unauthenticated: "No valid token"
        case .loginRefused: "Not logged in"
        case .forbidden: "Not allowed"
        case .approvalRequired: "Others have to approve this"
        case .approvalDenied: "It was not approved"
        case .ownApproval: "Not yours to approve"
        case .identityRequired: "Only who has logged in approves this"
        case .usageNotAllowed: "The key may not be used for this"
        case .notExportable: "The key may not leave the core"
        case .notFound: "No such path"
        case .keyNotFound: "No such key"
        case .versionNotFound: "No such version"
        case .importKeyNotFound: "No such import key"
        case .ringNotFound: "No such ring"
        case .tokenNotFound: "No such token"
        case .roleNotFound: "No such role"
        case .approvalNotFound: "No such request for approval"
        case .methodNotAllowed: "The path does not take this method"
        case .keyExists: "A key of this name exists"
        case .keyPendingDeletion: "The key is to be deleted"
        case .keyNotPendingDeletion: "The key is not to be deleted"
        case .deletionProtected: "The key is protected from deletion"
        case .versionDisabled: "The version is disabled"
        case .versionDestroyed: "The version is destroyed"
        case .versionTooOld: "The version is below the key's minimum"
        case .noEnabledVersion: "The key has no enabled version"
        case .versionsExhausted: "The key has as many versions as it may have"
        case .rotationRequired: "The version has reached its limit of use"
        case .roleExists: "A role of this name exists"
        case .roleInUse: "Tokens have the role"
        case .roleFixed: "The role cannot be changed"
        case .lastAdministrator: "The last token of the administrator's"
        case .tokenLineTooLong: "The token's line of makers is too long"
        case .contended: "Too many changes at once"
        case .preconditionFailed: "A precondition failed"
        case .bodyTooLarge: "The body is too large"
        case .headTooLarge: "The request line and headers are too large"
        case .unsupportedMediaType: "The body is not application/json"
        case .schemaViolation: "The request does not fit its schema"
        case .beyondRate: "The batch is larger than the role ever allows"
        case .decryptionFailed: "The ciphertext does not decrypt"
        case .malformedCiphertext: "Not a ciphertext"
        case .messageTooLong: "The message is too long"
        case .contextMismatch: "The key needs a context, or takes none"
        case .schemeNotOfKey: "The key's algorithm has no such scheme"
        case .digestLength: "The digest has the wrong length"
        case .publicKeyInvalid: "The public key is invalid"
        case .keyMaterialInvalid: "The key material is invalid"
        case .backupInvalid: "Not a backup that can be restored here"
        case .alreadyUnsealed: "The service is not sealed"
        case .unsealMethodWrong: "The service is unsealed another way"
        case .unsealKeyWrong: "The passphrase or shares are not the right ones"
        case .shareMalformed: "Not a share"
        case .shareOfAnotherSet: "The share belongs to another set"
        case .shareWrong: "The share is not what was given out"
        case .tooCostly: "Too much work for one request"
        case .tooManyAttempts: "Too many attempts"
        case .tooManyApprovals: "Too many requests wait for approval"
        case .tooManyTokens: "Too many tokens of one"
        case .tooMuchInFlight: "Too much of one client's is under way"
        case .tooManyKeys: "Too many keys of one"
        case .rateLimited: "More than the role allows at a time"
        case .tooManyWaiting: "Too many requests of one token wait"
        case .internalError: "Strongroom failed"
        case .coreFault: "The core failed"
        case .recordAltered: "The stored record was changed"
        case .featureNotBuilt: "Not in this build"
        case .featureNotAllowed: "Not allowed here"
        case .algorithmUnavailable: "The algorithm is not available"
        case .sealed: "The service is sealed"
        case .overloaded: "Too much at once"
        case .stopping: "The service is stopping"
        case .clientGone: "The client left before the answer"
        case .coreExhausted: "The core is out of a resource"
        case .storeUnavailable: "The store is not available"
        case .auditUnavailable: "The audit trail is not available"
        case .loginUnavailable: "The issuer's keys are not available"
        }
    }
}
