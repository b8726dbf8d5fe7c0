// Why the service did not start, in words that say what to do.

internal import CoreBridge
internal import Glibc
internal import HTTPServer
internal import KeyService
internal import OpenAPI
internal import Storage
internal import StorageSQLite
internal import Threading

enum StartError: Error, CustomStringConvertible {
    case core(CoreStartError)
    case features([Feature])
    case store(SQLiteStoreOpenError)
    case storage(StorageError)
    case rootKey(CoreError, file: String)
    case anotherRootKey(String)
    case rotationUnfinished
    case seal(UnsealError)
    case tokenFile(WriteError)
    case document(String)
    case server(ServerError)
    case tls(String)
    case logins(String)
    case thread(ThreadError)

    var description: String {
        switch self {
        case .core(.abiMismatch(let expected, let found)):
            "the core's library is not the one this server was built for: expected ABI \(expected), found \(found)"
        case .core(.refused(let error)) where error.code == .secretMemoryExhausted:
            """
            secret memory cannot be locked (RLIMIT_MEMLOCK is \(error.numbers.0) bytes): raise the limit \
            (ulimit -l) or lower --secret-memory
            """
        case .core(.refused(let error)): "the core did not start (code \(error.code.rawValue))"
        case .features(let features):
            """
            the configuration allows what this build lacks (\(features.map(\.rawValue).joined(separator: ", "))): take it \
            out of --allow, or install a build that has it
            """
        case .store(let error): error.description
        case .storage(let error): "the store cannot be read: \(error)"
        case .rootKey(let error, let file): Self.describe(error, file)
        case .anotherRootKey(let file):
            "\(file) is not the root key that this data folder is sealed under: put the right one in its place"
        case .rotationUnfinished:
            "an exchange of the root key was cut short: finish it with `strongroom rotate-root` (nothing is lost)"
        case .seal(.core(let error)) where error.code == .wrappedRootMalformed:
            "the installation's record is damaged: restore the data folder from a backup"
        case .seal(.audit(let failure)):
            """
            the audit trail cannot be opened (\(AuditText.describe(failure))): see to its folder, or start with --audit off
            """
        case .seal(let error): "the service cannot be unsealed: \(error)"
        case .tokenFile(let error): "the administrator's token cannot be written: \(error)"
        case .document(let reason): "the API's document is not sound: \(reason)"
        case .server(let error): Self.describe(error)
        case .tls(let reason): "TLS cannot be had: \(reason)"
        case .logins(let reason): "logins cannot be had: \(reason)"
        case .thread(let error): "cannot start a thread: \(String(cString: strerror(error.code)))"
        }
    }

    private static func describe(_ error: ServerError) -> String {
        switch error {
        case .configuration(let fault): "a server option cannot work: \(fault)"
        case .addressNotNumeric: "the address to listen on must be a numeric IPv4 or IPv6 address"
        case .addressInUse: "the address to listen on is in use: stop what listens there, or give another with --listen"
        case .system(let call, let code): "the server cannot listen (\(call): \(String(cString: strerror(code))))"
        case .descriptorLimit(let needed, let limit):
            "only \(limit) file descriptors are allowed, and \(needed) are needed: raise the limit (ulimit -n)"
        case .library: "libmicrohttpd does not start"
        case .alreadyStarted: "the server was started twice"
        }
    }

    private static func describe(_ error: CoreError, _ file: String) -> String {
        switch error.code {
        case .rootKeyFileMissing:
            """
            \(file) is missing, and the keys in the data folder open only with it: put it back (nothing was changed)
            """
        case .rootKeyFilePermissions:
            """
            \(file) can be read by others, or is not a plain file of this user (mode \
            \(String(error.numbers.0 & 0o7777, radix: 8))): make it one with mode 600, and ask who has read it
            """
        case .rootKeyFileExists:
            "\(file) is there already, and may be what opens another data folder: name another, or move it away"
        case .rootKeyFileMalformed: "\(file) is not a root key file, or is damaged: put a sound copy in its place"
        case .rootKeyFileIO:
            "cannot use \(file): \(String(cString: strerror(Int32(truncatingIfNeeded: error.numbers.0))))"
        default: "the root key \(file) cannot be used (core code \(error.code.rawValue))"
        }
    }
}
