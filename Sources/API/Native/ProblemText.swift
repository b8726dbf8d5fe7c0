// The sentences of problem documents: what is wrong, and what the client can do about it. A test follows each piece of advice and
// then sends the refused request again, which must succeed.

/// What a code alone does not tell: the state that it was met in, where another can do or do nothing about it.
enum ProblemState: CaseIterable {
    /// `no_enabled_version`: what could be enabled is below the key's `min_decrypt_version`.
    case versionsBelowMinimum
    case allVersionsDestroyed
    case versionNumbersUsedUp
    /// `key_exists`: the key of a backup, which cannot have another name.
    case keyOfBackupExists
    /// `too_many_approvals`: those who decide, rather than those who ask.
    case tooManyDecisions
    case noAuditTrail
    case noDiagnostics
    case storeIsFull

    var code: ProblemCode {
        switch self {
        case .versionsBelowMinimum, .allVersionsDestroyed: .noEnabledVersion
        case .versionNumbersUsedUp: .versionsExhausted
        case .keyOfBackupExists: .keyExists
        case .tooManyDecisions: .tooManyApprovals
        case .noAuditTrail, .noDiagnostics: .notFound
        case .storeIsFull: .storeUnavailable
        }
    }

    var detail: String {
        switch self {
        case .versionsBelowMinimum: "All versions that could be enabled are below the key's `min_decrypt_version`."
        case .allVersionsDestroyed: "All versions of the key are destroyed, and the key cannot be rotated."
        case .versionNumbersUsedUp: "The key's version numbers are used up."
        case .keyOfBackupExists: "A backup is restored only where its key, and any other of its name, is destroyed."
        case .tooManyDecisions: "The request has the largest number of decisions that one can have."
        case .noAuditTrail: "The service keeps no audit trail."
        case .noDiagnostics: "The service shows no diagnostics."
        case .storeIsFull: "The disk or the database has no room left."
        }
    }

    var advice: String? {
        switch self {
        case .versionsBelowMinimum: "Rotate the key."
        default: nil
        }
    }
}

extension ProblemCode {
    /// What is wrong, where the occurrence has no sentence of its own.
    var detail: String {
        switch self {
        case .malformedRequest: "The request line, a header, the path or the framing of the body is not well-formed."
        case .malformedJSON:
            "The body must be one JSON text (RFC 8259) in UTF-8, without U+0000, and nothing may follow it."
        case .tooDeep: "The body's arrays and objects are nested too deep."
        case .unauthenticated: "The token is missing, malformed, unknown, expired or revoked."
        case .loginRefused: "The credential does not match a login of this service."
        case .forbidden: "The token does not allow this operation."
        case .approvalRequired: "The request waits as `approval`."
        case .approvalDenied: "An approver has denied the request."
        case .ownApproval: "A token of your line or identity has made this request, or has already decided on it."
        case .identityRequired: "The key has `approvals_by: identity`: only a token from a login can decide."
        case .usageNotAllowed: "The usages sealed into the key do not include this operation."
        case .notExportable: "The flags sealed into the key forbid this."
        case .notFound: "No operation has this path."
        case .keyNotFound: "No key has this name."
        case .versionNotFound: "The key has no version with this number."
        case .ringNotFound: "New keys belong to the default ring, where names have no colon."
        case .importKeyNotFound: "No import key has this id, or it has expired."
        case .tokenNotFound: "No token has this id."
        case .roleNotFound: "No role has this name."
        case .approvalNotFound: "No request for approval that you may see has this id."
        case .methodNotAllowed: "The Allow header lists the methods of this path."
        case .keyExists: "The name is in use until its key is destroyed."
        case .keyPendingDeletion: "The key is scheduled for deletion."
        case .keyNotPendingDeletion: "The key is not scheduled for deletion."
        case .deletionProtected: "Its `deletion_protected` is true."
        case .versionDisabled: "The version is disabled."
        case .versionDestroyed: "The version's key material is destroyed and cannot be restored."
        case .versionTooOld: "The version is below the key's `min_decrypt_version`."
        case .noEnabledVersion: "The key has no enabled version that it may use."
        case .versionsExhausted: "The key has 2,000 versions."
        case .rotationRequired: "The version has encrypted as many messages as its nonces allow."
        case .roleExists: "The name belongs to another role."
        case .roleInUse: "Tokens have this role."
        case .roleFixed: "The role `administrator` can be neither changed nor deleted."
        case .tokenLineTooLong: "A token can descend from at most 32 others."
        case .lastAdministrator: "This is the last token that can make administrator tokens."
        case .contended: "Other requests changed the same record at the same time."
        case .preconditionFailed: "The condition in If-Match or If-None-Match is not met."
        case .bodyTooLarge: "The body is larger than this operation accepts."
        case .headTooLarge: "The request line and the headers are too large together."
        case .unsupportedMediaType: "The operation accepts uncompressed JSON only."
        case .beyondRate: "The batch has more items than the grant's rate ever allows at once."
        case .schemaViolation: "`errors` lists what does not fit, by JSON Pointer."
        case .decryptionFailed: "The key, the associated data or the ciphertext is not the right one."
        case .malformedCiphertext: "A ciphertext reads `sr:1:<key version>:<base64>`."
        case .messageTooLong: "A message can have 32 MiB; for RSA it must be shorter than the modulus."
        case .contextMismatch: "A derived key needs a `context` that is not empty. Other keys take no `context`."
        case .schemeNotOfKey: "The parameters do not fit this kind of key."
        case .digestLength: "The digest must have the length of its hash function's output."
        case .publicKeyInvalid: "The public key must lie on the right curve, or be an RSA key of at least 2048 bits."
        case .keyMaterialInvalid: "The unwrapped bytes are not a key of this algorithm."
        case .backupInvalid: "The backup is damaged, or another root key or backup key protects it."
        case .alreadyUnsealed: "The service is already unsealed."
        case .unsealMethodWrong: "GET /v1/unseal returns the method. The service reads a key file only when it starts."
        case .unsealKeyWrong: "The passphrase or the shares do not unseal the service. Nothing was changed."
        case .shareMalformed: "A share is `srs_` and 77 letters and digits. At least one character is wrong."
        case .shareOfAnotherSet: "The share belongs to another installation, or to an earlier set of shares."
        case .shareWrong: "The share belongs to the right set, but it was altered."
        case .tooCostly: "The request would take more than 10 seconds of computing. docs/operations.md lists the costs."
        case .tooManyAttempts: "This address has made too many attempts, or its last attempt is still waiting."
        case .tooManyApprovals: "Too many requests are waiting for approval: your own, or all together."
        case .rateLimited: "The request exceeds the grant's rate."
        case .tooManyWaiting: "Too many requests of this token are waiting."
        case .internalError: "The server's log has the cause under the request id."
        case .coreFault: "The server's log has the cause under the request id."
        case .recordAltered:
            "The stored record was changed by something other than this service. The server's log names it."
        case .featureNotBuilt: "This build lacks the feature that `feature` names."
        case .featureNotAllowed: "This server does not allow the feature that `feature` names."
        case .algorithmUnavailable:
            "The server's cryptographic library lacks this algorithm. GET /v1/status lists those that it has."
        case .sealed: "The service is sealed. GET /v1/unseal returns how to unseal it."
        case .overloaded: "The server is overloaded."
        case .stopping: "The service stopped before it had finished the request."
        case .clientGone: "The client closed the connection before the answer was ready."
        case .coreExhausted: "The core has no free secret memory or no free handle."
        case .storeUnavailable: "The service cannot read or write its database."
        case .tooManyTokens: "The token that makes this one already has the largest number of tokens."
        case .tooMuchInFlight: "Your other requests already use the memory that one client may use."
        case .tooManyKeys: "The token has made the largest number of keys. A key counts until it is destroyed."
        case .loginUnavailable: "The issuer's keys are missing or are being fetched."
        case .auditUnavailable:
            "The audit trail cannot be written, so the request was not carried out. The server's log has the cause."
        }
    }

    /// What to do for the request to succeed; nil where that hangs on more than the code tells.
    var advice: String? {
        switch self {
        case .unauthenticated: "Send a valid token as `Authorization: Bearer srt_...`."
        case .approvalRequired:
            "Send it again as it is, with the same token, once enough have approved it and before it expires."
        case .approvalDenied: "Ask again when the denied request has expired."
        case .notFound: "GET /openapi.json lists all operations."
        case .importKeyNotFound: "Wrap the key with the import key of GET /v1/import-key."
        case .keyExists: "Choose another name."
        case .keyPendingDeletion: "Cancel the deletion to use the key again."
        case .deletionProtected: "Set that to false first."
        case .versionDisabled: "Enable the version first."
        case .noEnabledVersion: "Enable one of them, or rotate the key."
        case .versionsExhausted: "Destroy versions that are no longer needed."
        case .rotationRequired: "Rotate the key, and name no version or the new one."
        case .roleExists: "Change the existing role, or choose another name."
        case .roleInUse: "Revoke the tokens that have it first."
        case .tokenLineTooLong: "Make the token with an earlier token of the line."
        case .lastAdministrator:
            "First make another one with `orphan` and without an expiry."
        case .headTooLarge: "Send a shorter path and query, or fewer and shorter headers."
        case .unsupportedMediaType: "Send `Content-Type: application/json`, and no `Content-Encoding`."
        case .beyondRate: "Send fewer items."
        case .unsealKeyWrong: "Give the right passphrase or shares."
        case .tooManyAttempts, .rateLimited: "Retry-After says when to try again."
        case .tooManyApprovals: "Send the approved requests again, or wait until some requests expire."
        case .tooManyWaiting: "Wait for answers before you send more requests."
        case .tooManyTokens: "Use one of those tokens, or end one with DELETE /v1/tokens/self."
        case .tooMuchInFlight: "Wait for their answers, and read them."
        case .tooManyKeys: "Delete keys that are not needed, or make this key with another token."
        default: nil
        }
    }
}
