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

    /// A sentence for those who meet it, where the occurrence has none of its own.
    var detail: String {
        switch self {
        case .malformedRequest: "The request line, a header or the path is not well-formed."
        case .malformedJSON:
            "The body must be one JSON text (RFC 8259), in UTF-8, with no U+0000 in it and nothing behind it."
        case .tooDeep: "The body's arrays and objects are nested deeper than any operation needs."
        case .unauthenticated: "Send a valid token as `Authorization: Bearer srt_...`."
        case .loginRefused: "What was shown gives no token here."
        case .forbidden: "The token does not allow this operation."
        case .approvalRequired: "It waits as `approval`; send the same request again when enough have approved that."
        case .approvalDenied:
            "One of those who may approve it has denied it; it can be asked for again when that expires."
        case .ownApproval: "You asked for it, or have decided it, with a token of the same line or identity."
        case .identityRequired: "The key has `approvals_by: identity`. Log in, and decide with the login's token."
        case .usageNotAllowed: "The usages sealed into the key do not include this operation."
        case .notExportable: "The flags sealed into the key do not let its material out."
        case .notFound: "There is nothing at this path; GET /openapi.json lists what there is."
        case .keyNotFound: "There is no key of this name."
        case .versionNotFound: "The key has no version of this number."
        case .ringNotFound: "Keys can be made in the default ring: give a name without a colon."
        case .importKeyNotFound: "There is no import key of this id, or its time is over; get another."
        case .tokenNotFound: "There is no token of this id."
        case .roleNotFound: "There is no role of this name."
        case .approvalNotFound: "Nothing waits under this id, for you to see."
        case .methodNotAllowed: "The Allow header lists the methods of this path."
        case .keyExists: "Choose another name, or use the key that there is."
        case .keyPendingDeletion: "The key is waiting for its deletion; cancel it to use the key again."
        case .keyNotPendingDeletion: "There is no deletion to cancel."
        case .deletionProtected: "Set `deletion_protected` to false first."
        case .versionDisabled: "Enable the version to use it."
        case .versionDestroyed: "The version's material is gone for good."
        case .versionTooOld: "The key's `min_decrypt_version` is above this version."
        case .noEnabledVersion: "Enable a version or rotate the key."
        case .versionsExhausted:
            "Destroy versions that are no longer needed: their records make room. Or create a new key."
        case .rotationRequired: "Rotate the key: more messages under one version would wear its nonces out."
        case .roleExists: "Change the role that there is, or choose another name."
        case .roleInUse: "Revoke the tokens that have it first."
        case .roleFixed: "The administrator's role is always there, and is as it is."
        case .tokenLineTooLong:
            "A token descends from at most 32 others. Make this one with an earlier token of the line."
        case .lastAdministrator: "Make another without an end first: with none, nobody could make one."
        case .contended: "Other changes of the same key kept coming first; try again."
        case .preconditionFailed: "The key or role has changed, or does not exist: read it again."
        case .bodyTooLarge: "The body is longer than this operation takes."
        case .headTooLarge: "Send fewer or shorter headers."
        case .unsupportedMediaType: "Send `Content-Type: application/json`."
        case .beyondRate: "Send fewer items: the grant's rate never allows so many at once."
        case .schemaViolation: "`errors` lists what does not fit, by JSON Pointer."
        case .decryptionFailed: "The key, the associated data or the ciphertext is not the right one."
        case .malformedCiphertext: "A ciphertext reads `sr:1:<key version>:<base64>`."
        case .messageTooLong: "One operation takes 32 MiB at most."
        case .contextMismatch: "A derived key takes a `context` that is not empty, any other key none."
        case .schemeNotOfKey: "The parameters belong to another kind of key than this one's."
        case .digestLength: "The digest must be as long as its hash's output."
        case .publicKeyInvalid: "It must be a public key on the right curve, or an RSA key of 2048 bits or more."
        case .keyMaterialInvalid: "What was unwrapped is no key of this algorithm."
        case .backupInvalid: "It was damaged, or made with another root or backup key."
        case .alreadyUnsealed: "There is nothing to unseal."
        case .unsealMethodWrong: "GET /v1/unseal says how; a key file is read at a start only."
        case .unsealKeyWrong: "Nothing was changed; try again."
        case .shareMalformed: "A share reads `srs_` and 77 letters and digits; one of them is mistyped."
        case .shareOfAnotherSet: "It was given out for another installation, or before shares were given out anew."
        case .shareWrong: "Its set is the right one, and it was altered."
        case .tooCostly: "One request may take 10 seconds of computing; docs/operations.md lists what work costs."
        case .tooManyAttempts:
            "This address has tried too often, or its last attempt waits for its turn; Retry-After says when to try again."
        case .tooManyApprovals: "Have some of those that wait decided, or wait until they expire."
        case .rateLimited: "Retry-After says when there is enough left for this request."
        case .tooManyWaiting: "Wait for answers before sending more; requests of other tokens are still taken."
        case .internalError: "The request id finds the cause in the server's log."
        case .coreFault: "The request id finds the cause in the server's log."
        case .recordAltered: "It was changed by other means than this service. The server's log names it."
        case .featureNotBuilt: "The operation needs a feature that this build lacks; `feature` names it."
        case .featureNotAllowed: "The operation needs a feature that this server does not allow; `feature` names it."
        case .algorithmUnavailable:
            "The cryptographic library here lacks this algorithm; GET /v1/status lists what it has."
        case .sealed: "Unseal it: GET /v1/unseal says how."
        case .overloaded: "The server has as much work as it takes; try again shortly."
        case .stopping:
            "The service stopped before the request was done; send it to another, or again after the restart."
        case .clientGone: "The client closed its side of the connection while the request waited or was worked on."
        case .coreExhausted: "Secret memory or handles are used up; try again shortly."
        case .storeUnavailable: "What is stored cannot be reached just now; try again shortly."
        case .tooManyTokens: "Use the token that there is until it ends, or revoke some: DELETE /v1/tokens/self."
        case .tooMuchInFlight: "Wait for the answers of your other requests, and read them."
        case .tooManyKeys: "Delete keys that are not needed, or have somebody else make this one."
        case .loginUnavailable: "The issuer's keys are not there, or being fetched; Retry-After says when to try again."
        case .auditUnavailable: "What is not recorded is not done: see the server's log, or try again shortly."
        }
    }
}
