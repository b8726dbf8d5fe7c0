// What a problem says to those who meet it: what is wrong, and what to do about it where somebody can do something. A test does
// what each piece of advice says, and sees the refused request succeed.

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
        case .versionsBelowMinimum: "The enabled and disabled versions are below the key's `min_decrypt_version`."
        case .allVersionsDestroyed: "All versions of the key are destroyed, and it cannot be rotated."
        case .versionNumbersUsedUp: "The key's version numbers are used up."
        case .keyOfBackupExists: "A backup is restored only where its key, and any other of its name, is destroyed."
        case .tooManyDecisions: "As many have decided on the request as may."
        case .noAuditTrail: "The service keeps no audit trail."
        case .noDiagnostics: "The service shows no diagnostics."
        case .storeIsFull: "The store has no room for more."
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
            "The body must be one JSON text (RFC 8259), in UTF-8, with no U+0000 in it and nothing behind it."
        case .tooDeep: "The body's arrays and objects are nested deeper than any operation needs."
        case .unauthenticated: "It is missing, malformed, unknown, expired or revoked."
        case .loginRefused: "What was shown gives no token here."
        case .forbidden: "The token does not allow this operation."
        case .approvalRequired: "The request waits as `approval`."
        case .approvalDenied: "One of those who may approve the request has denied it."
        case .ownApproval: "You asked for it, or have decided it, with a token of the same line or identity."
        case .identityRequired: "The key has `approvals_by: identity`: only the token of a login decides this."
        case .usageNotAllowed: "The usages sealed into the key do not include this operation."
        case .notExportable: "The flags sealed into the key do not let its material out."
        case .notFound: "There is nothing at this path."
        case .keyNotFound: "There is no key of this name."
        case .versionNotFound: "The key has no version of this number."
        case .ringNotFound: "Keys can be made in the default ring alone, where names have no colon."
        case .importKeyNotFound: "There is no import key of this id, or its time is over."
        case .tokenNotFound: "There is no token of this id."
        case .roleNotFound: "There is no role of this name."
        case .approvalNotFound: "Nothing waits under this id, for you to see."
        case .methodNotAllowed: "The Allow header lists the methods of this path."
        case .keyExists: "A name is taken until its key is destroyed."
        case .keyPendingDeletion: "The key is waiting for its deletion."
        case .keyNotPendingDeletion: "There is no deletion to cancel."
        case .deletionProtected: "Its `deletion_protected` is true."
        case .versionDisabled: "It can be used again once it is enabled."
        case .versionDestroyed: "The version's material is gone for good."
        case .versionTooOld: "The key's `min_decrypt_version` is above this version."
        case .noEnabledVersion: "None of the versions that the key may use is enabled."
        case .versionsExhausted: "The key has 2,000 versions."
        case .rotationRequired: "More messages under this version would wear its nonces out."
        case .roleExists: "Each role has a name of its own."
        case .roleInUse: "A role is removed only where no token has it."
        case .roleFixed: "The administrator's role is always there, and is as it is."
        case .tokenLineTooLong: "A token descends from at most 32 others."
        case .lastAdministrator: "Without this token, nobody could make another of the administrator's."
        case .contended: "Other changes of the same record kept coming first."
        case .preconditionFailed: "What If-Match or If-None-Match asks for does not hold."
        case .bodyTooLarge: "The body is longer than this operation takes."
        case .headTooLarge: "The request line and headers take more room than a connection has for them."
        case .unsupportedMediaType: "The operation takes JSON as it is, and nothing else."
        case .beyondRate: "The grant's rate never allows so many items at once."
        case .schemaViolation: "`errors` lists what does not fit, by JSON Pointer."
        case .decryptionFailed: "The key, the associated data or the ciphertext is not the right one."
        case .malformedCiphertext: "A ciphertext reads `sr:1:<key version>:<base64>`."
        case .messageTooLong: "One operation takes 32 MiB at most; RSA takes less than its modulus."
        case .contextMismatch: "A derived key takes a `context` that is not empty, any other key none."
        case .schemeNotOfKey: "The parameters belong to another kind of key than this one's."
        case .digestLength: "The digest must be as long as its hash's output."
        case .publicKeyInvalid: "It must be a public key on the right curve, or an RSA key of 2048 bits or more."
        case .keyMaterialInvalid: "What was unwrapped is no key of this algorithm."
        case .backupInvalid: "It was damaged, or made with another root or backup key."
        case .alreadyUnsealed: "There is nothing to unseal."
        case .unsealMethodWrong: "GET /v1/unseal tells the method; a key file is read at a start only."
        case .unsealKeyWrong: "Nothing was changed."
        case .shareMalformed: "A share reads `srs_` and 77 letters and digits; one of them is mistyped."
        case .shareOfAnotherSet: "It was given out for another installation, or before shares were given out anew."
        case .shareWrong: "Its set is the right one, and it was altered."
        case .tooCostly: "One request may take 10 seconds of computing; docs/operations.md lists what work costs."
        case .tooManyAttempts: "This address has tried too often, or its last attempt waits for its turn."
        case .tooManyApprovals: "As many requests wait for approval as may: yours, or those of all."
        case .rateLimited: "The grant's rate leaves too little for this request."
        case .tooManyWaiting: "As many requests of this token wait as may; requests of other tokens are still taken."
        case .internalError: "The request id finds the cause in the server's log."
        case .coreFault: "The request id finds the cause in the server's log."
        case .recordAltered: "It was changed by other means than this service. The server's log names it."
        case .featureNotBuilt: "The operation needs a feature that this build lacks; `feature` names it."
        case .featureNotAllowed: "The operation needs a feature that this server does not allow; `feature` names it."
        case .algorithmUnavailable:
            "The cryptographic library here lacks this algorithm; GET /v1/status lists what it has."
        case .sealed: "The service is sealed; GET /v1/unseal tells what unseals it."
        case .overloaded: "The server has as much work as it takes."
        case .stopping: "The service stopped before the request was done."
        case .clientGone: "The client closed its side of the connection while the request waited or was worked on."
        case .coreExhausted: "Secret memory or handles are used up."
        case .storeUnavailable: "What is stored cannot be reached just now."
        case .tooManyTokens: "Whoever makes the token has made as many as one may."
        case .tooMuchInFlight: "Your other requests take as much memory as one client may."
        case .tooManyKeys: "Whoever makes the key has made as many as one may; each counts until it is destroyed."
        case .loginUnavailable: "The issuer's keys are not there, or being fetched."
        case .auditUnavailable: "What is not recorded is not done. The server's log says why it could not be."
        }
    }

    /// What to do for the request to succeed; nil where that hangs on more than the code tells.
    var advice: String? {
        switch self {
        case .unauthenticated: "Send a valid token as `Authorization: Bearer srt_...`."
        case .approvalRequired:
            "Send it again as it is, with the same token, once enough have approved it and before it expires."
        case .approvalDenied: "It can be asked for again when that has expired."
        case .notFound: "GET /openapi.json lists what there is."
        case .importKeyNotFound: "Wrap the key to that of GET /v1/import-key."
        case .keyExists: "Choose another name."
        case .keyPendingDeletion: "Cancel the deletion to use the key again."
        case .deletionProtected: "Set that to false first."
        case .versionDisabled: "Enable it first."
        case .noEnabledVersion: "Enable one of them, or rotate the key."
        case .versionsExhausted: "Destroy versions that are no longer needed: their records make room."
        case .rotationRequired: "Rotate the key, and name no version or the new one."
        case .roleExists: "Change the role that there is, or choose another name."
        case .roleInUse: "Revoke the tokens that have it first."
        case .tokenLineTooLong: "Make this one with an earlier token of the line."
        case .lastAdministrator:
            "Make another without an end first, with `orphan`, since tokens end with the one that they are made with."
        case .headTooLarge: "Send a shorter path and query, or fewer and shorter headers."
        case .unsupportedMediaType: "Send `Content-Type: application/json`, and no `Content-Encoding`."
        case .beyondRate: "Send fewer items."
        case .unsealKeyWrong: "Give the right passphrase or shares."
        case .tooManyAttempts, .rateLimited: "Retry-After says when to try again."
        case .tooManyApprovals: "Send those again that are approved, or wait until some expire."
        case .tooManyWaiting: "Wait for answers before sending more."
        case .tooManyTokens: "Use one of those tokens, or end it with its own DELETE /v1/tokens/self."
        case .tooMuchInFlight: "Wait for their answers, and read them."
        case .tooManyKeys: "Delete keys that are not needed, or have somebody else make this one."
        default: nil
        }
    }
}
