// The core's errors as Swift sees them: one case a code, closed, so that every switch over them is checked.

internal import CStrongroomCore

/// What the core answered instead of doing what it was asked. It holds numbers only; no secret can be in it.
public struct CoreError: Error, Equatable, Sendable {
    public let code: Code
    /// Who refused: the bridge before it called the core, or the core.
    public let origin: Origin
    /// The core's number of the operation, as in its diagnostics; 0 where the bridge refused, or nobody asked for it.
    public let operation: UInt32
    /// Which argument was to blame, counted from 1; 0 where none was.
    public let argument: UInt32
    /// What the code's comment says of them: a length needed, a file's mode, an `errno`.
    public let numbers: (UInt64, UInt64)

    public enum Origin: Sendable { case bridge, core }

    public init(
        _ code: Code, origin: Origin = .bridge, operation: UInt32 = 0, argument: UInt32 = 0,
        numbers: (UInt64, UInt64) = (0, 0)
    ) {
        self.code = code
        self.origin = origin
        self.operation = operation
        self.argument = argument
        self.numbers = numbers
    }

    /// Errors are equal when their codes are.
    public static func == (left: CoreError, right: CoreError) -> Bool { left.code == right.code }

    /// The core's status codes, by their numbers. The header says what each means.
    public enum Code: UInt32, CaseIterable, Sendable {
        case nullArgument = 100
        case misalignedArgument = 101
        case lengthOutOfRange = 102
        case bufferTooSmall = 103
        case invalidArgument = 104
        case buffersOverlap = 105
        case notStarted = 106
        case alreadyStarted = 107
        case forked = 108

        case invalidHandle = 200
        case wrongKind = 201
        case staleHandle = 202
        case handlePoisoned = 203
        case tooManyReferences = 204

        case usageNotAllowed = 300
        case notExportable = 301
        case rotationRequired = 302
        case usesNotReserved = 303

        case authenticationFailed = 400
        case malformedCiphertext = 401
        case messageTooLong = 402
        case digestLength = 403
        case publicKeyInvalid = 404
        case keyMaterialInvalid = 405
        case contextMismatch = 406
        case schemeNotOfKey = 407
        case backupMalformed = 408
        case backupNotAuthentic = 409

        case sealedBlobMalformed = 500
        case sealedBlobNotAuthentic = 501
        case sealedBlobNotThisKey = 502
        case sealedBlobFormatUnknown = 503
        case rootKeyFileMissing = 510
        case rootKeyFileExists = 511
        case rootKeyFilePermissions = 512
        case rootKeyFileMalformed = 513
        case rootKeyFileIO = 514
        case unsealKeyWrong = 515
        case unsealMethodWrong = 516
        case wrappedRootMalformed = 517
        case shareMalformed = 518
        case shareOfAnotherSet = 519
        case shareWrong = 520
        case sharesMissing = 521
        case keyFileIO = 522
        case keyFileEncrypted = 523

        case secretMemoryExhausted = 600
        case handleTableFull = 601
        case outOfMemory = 602
        case randomUnavailable = 603
        case interrupted = 604

        case featureNotBuilt = 700
        case algorithmUnavailable = 701
        case featureNotAllowed = 702

        case internalError = 900
        case panic = 901
        case cryptoLibrary = 902
    }
}

/// Calls the core, and turns any status but success into the error it describes. Every call goes through here. One that
/// found no secret memory is made again as long as pools close keys for it: a call that failed has changed nothing.
@inline(__always)
func callCore(_ function: (UnsafeMutablePointer<sr_error_t>?) -> UInt32) throws(CoreError) {
    let status = function(nil)
    if status != SR_OK {
        let status = relieve(status) { function(nil) }
        if status != SR_OK { throw CoreError(status: status) }
    }
}

/// As `callCore`, for calls whose errors carry numbers worth reading (a file's mode, a limit).
func callCoreForDetails(_ function: (UnsafeMutablePointer<sr_error_t>?) -> UInt32) throws(CoreError) {
    var details = sr_error_t()
    let status = relieve(function(&details)) { function(&details) }
    if status != SR_OK { throw CoreError(status: status, details: details) }
}

extension CoreError {
    /// A status this build has no case for is an internal error: the fingerprint check makes it impossible to meet.
    init(status: UInt32, details: sr_error_t = sr_error_t()) {
        self.init(
            Code(rawValue: status) ?? .internalError, origin: .core, operation: details.operation,
            argument: details.argument, numbers: details.numbers)
    }
}
