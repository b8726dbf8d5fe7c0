// What the service was told to do, checked: every option with its default and its bounds.

internal import Audit
internal import CoreBridge
internal import Glibc
internal import HTTPServer
internal import Identity
internal import Logging
internal import NativeAPI
internal import Network
internal import Observability
internal import ProcessProtection
internal import SystemLimits

struct Configuration {
    var dataFolder: String
    var rootKeyFile: String
    /// Nil: backups are for this installation alone.
    var backupKeyFile: String?
    var server = ServerConfiguration()
    var openKeys: Int
    var cachedKeys: Int
    /// Nil: plain HTTP.
    var tls: TLSFiles?
    /// Nil: there are no logins.
    var logins: LoginsSource?
    /// What the kernel says of users that have no number here. Read before the process is confined.
    let overflowUsers = OverflowUsers.read()
    /// Bytes.
    var secretMemory: UInt64
    /// Bytes for requests and answers under way; nil: what the memory limit leaves.
    var requestMemory: Int?
    /// What a passphrase that unseals is to cost at least, the base-2 logarithm of scrypt's N.
    var scryptCost: Int
    /// Of the core's failures, how many are kept and shown; 0: none.
    var diagnostics: Int
    /// What may be used of what the core was built with.
    var allowedFeatures: [Feature]
    /// Protections of the process that are left out.
    var withoutProtections: Set<Protection>
    /// Nil: nothing is audited.
    var audit: AuditTrail.Settings?
    /// How many tokens that are none a source may show at once; 0: no limit.
    var badTokens: Int
    /// How long a request waits to be approved, and to be done then.
    var approvalSeconds: Int
    var logLevel: Logger.Level
    var logFormat: LogFormat
    /// Whether answers are held against the document.
    var checkAnswers: Bool

    /// Every option by its flag's name.
    static let options = [
        "data", "listen", "root-key-file", "backup-key-file", "log-format", "log-level", "event-loops", "workers",
        "data-workers", "long-workers",
        "worker-queue", "connections", "connections-per-source", "trusted-proxy", "idle-seconds", "request-seconds",
        "drain-seconds", "open-keys", "cached-keys",
        "secret-memory", "request-memory", "scrypt-cost", "diagnostics", "allow", "without-protections",
        "check-answers", "audit",
        "audit-folder", "bad-tokens", "audit-file-size",
        "approval-seconds", "tls-certificate", "tls-key", "tls-client-ca", "tls-client-auth",
        "tls-client-crl", "plain-http", "logins", "socket-mode", "socket-group",
    ]

    init(_ sources: OptionSources) throws(ConfigurationError) {
        dataFolder = sources.value("data")?.text ?? "./data"
        backupKeyFile = sources.value("backup-key-file")?.text
        rootKeyFile = sources.value("root-key-file")?.text ?? dataFolder + "/root.key"
        let cores = max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
        let loops = try sources.number("event-loops", 0...256, default: 0)
        server.eventLoops = loops == 0 ? min(cores, 256) : loops
        let dataWorkers = try sources.number("data-workers", 0...256, default: 0)
        let longWorkers = try sources.number("long-workers", 0...256, default: 0)
        server.lanes = NativeAPI.lanes(
            workers: try sources.number("workers", 1...256, default: 4),
            dataWorkers: dataWorkers == 0 ? min(cores + 1, 256) : dataWorkers,
            longWorkers: longWorkers == 0 ? min(max(cores, 2), 256) : longWorkers,
            queue: try sources.number("worker-queue", 1...65_536, default: 256))
        server.connections = try sources.number("connections", 1...1_000_000, default: server.connections)
        server.connectionsPerSource = try sources.number(
            "connections-per-source", 1...1_000_000, default: max(server.connections / 4, 64))
        server.idleSeconds = try sources.number("idle-seconds", 1...86_400, default: server.idleSeconds)
        server.requestSeconds = try sources.number("request-seconds", 1...86_400, default: server.requestSeconds)
        server.drainSeconds = try sources.number("drain-seconds", 1...3_600, default: server.drainSeconds)
        openKeys = try sources.number("open-keys", 1...1_000_000, default: 4096)
        cachedKeys = try sources.number("cached-keys", 1...10_000_000, default: 10_000)
        checkAnswers = try sources.boolean("check-answers", default: false)
        secretMemory =
            UInt64(try sources.number("secret-memory", 64...1_048_576, default: SecretMemorySize.standard)) * 1024

        if sources.value("request-memory") != nil {
            requestMemory =
                try sources.number("request-memory", MemoryPlan.smallest >> 20...1_048_576, default: 0) << 20
        }
        scryptCost = try sources.number("scrypt-cost", UnsealKey.scryptCosts, default: 17)
        diagnostics = try sources.number("diagnostics", 0...Core.maximumDiagnostics, default: 0)
        badTokens = try sources.number("bad-tokens", 0...1_000_000, default: 64)
        approvalSeconds = try sources.number("approval-seconds", 60...31_536_000, default: 86_400)
        let auditMode = sources.value("audit")
        let auditFolder = sources.value("audit-folder")?.text ?? dataFolder + "/audit"
        let auditFileBytes = try sources.number("audit-file-size", 1...1_048_576, default: 65_536) * 1024
        switch auditMode?.text ?? "on" {
        case "on", "best-effort":
            audit = AuditTrail.Settings(
                folder: auditFolder, fileBytes: auditFileBytes, isBestEffort: auditMode?.text == "best-effort")
        case "off": audit = nil
        default:
            throw ConfigurationError(source: auditMode?.source ?? "audit", reason: "must be on, best-effort or off")
        }
        allowedFeatures = try sources.names("allow")
        withoutProtections = Set(try sources.names("without-protections"))

        if let listen = sources.value("listen"), listen.text.hasPrefix("unix:") {
            server.socketPath = String(listen.text.dropFirst(5))
            guard server.socketPath?.hasPrefix("/") == true, (6...100).contains(listen.text.utf8.count) else {
                throw ConfigurationError(
                    source: listen.source, reason: "must be unix: and an absolute path, 95 bytes at most")
            }
        } else if let listen = sources.value("listen") {
            guard let (address, port) = Self.endpoint(listen.text) else {
                throw ConfigurationError(
                    source: listen.source,
                    reason: "must be ADDRESS:PORT with a numeric address, [IPv6]:PORT for IPv6, or unix:PATH")
            }
            server.address = address
            server.port = port
        }
        (server.socketMode, server.socketGroup) = try Self.socketAccess(
            sources, isSocket: server.socketPath != nil, standard: server.socketMode)
        server.trustedProxies = try sources.networks("trusted-proxy")
        if !server.trustedProxies.isEmpty, server.socketPath != nil {
            throw ConfigurationError(
                source: sources.value("trusted-proxy")?.source ?? "trusted-proxy",
                reason: "is not for a Unix socket: its clients are users of this machine")
        }
        tls = try Self.tls(sources)
        logins = try sources.value("logins").map { given throws(ConfigurationError) in try LoginsSource(given) }
        let allowsPlain = try sources.boolean("plain-http", default: false)
        if tls != nil, server.socketPath != nil {
            throw ConfigurationError(
                source: sources.value("listen")?.source ?? "listen",
                reason: "takes no TLS with a Unix socket: it does not leave the host")
        }
        guard tls != nil || server.socketPath != nil || allowsPlain || Self.isLoopback(server.address) else {
            throw ConfigurationError(
                source: sources.value("listen")?.source ?? "listen",
                reason: """
                    must be a loopback address where there is no TLS: give --tls-certificate and --tls-key, or --plain-http true \
                    behind something that ends TLS
                    """)
        }
        let level = sources.value("log-level")
        guard let logLevel = Logger.Level(rawValue: level?.text ?? "info") else {
            throw ConfigurationError(
                source: level?.source ?? "log-level",
                reason: "must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.logLevel = logLevel
        let format = sources.value("log-format")
        switch format?.text ?? "auto" {
        case "json": logFormat = .json
        case "text": logFormat = .text
        case "auto": logFormat = isatty(STDERR_FILENO) == 0 ? .json : .text
        default:
            throw ConfigurationError(source: format?.source ?? "log-format", reason: "must be json, text or auto")
        }
    }

    /// How the memory that there is would be shared out.
    func memoryPlan(_ limit: MemoryLimit?) -> MemoryPlan {
        MemoryPlan(
            limit: limit, secretMemory: Int(clamping: secretMemory), connections: server.connections,
            usesTLS: tls != nil,
            requestMemory: requestMemory)
    }

    /// Who may connect to a Unix socket: its mode, and its group where one is given.
    private static func socketAccess(
        _ sources: OptionSources, isSocket: Bool, standard: UInt32
    ) throws(ConfigurationError) -> (mode: UInt32, group: UInt32?) {
        let (mode, group) = (sources.value("socket-mode"), sources.value("socket-group"))
        if !isSocket, let one = mode ?? group {
            throw ConfigurationError(source: one.source, reason: "must come with a Unix socket: --listen unix:PATH")
        }
        var access = (mode: standard, group: UInt32?.none)
        if let mode {
            guard let bits = UInt32(mode.text, radix: 8), bits & 0o600 == 0o600, bits & ~0o666 == 0 else {
                throw ConfigurationError(
                    source: mode.source, reason: "must be an octal mode without execution, such as 0600 or 0660")
            }
            access.mode = bits
        }
        if let group {
            guard let number = UInt32(group.text) ?? getgrnam(group.text)?.pointee.gr_gid, number != .max else {
                throw ConfigurationError(source: group.source, reason: "must be a group of this host, or its number")
            }
            access.group = number
        }
        return access
    }

    private static func tls(_ sources: OptionSources) throws(ConfigurationError) -> TLSFiles? {
        let given = ["tls-certificate", "tls-key", "tls-client-ca", "tls-client-auth", "tls-client-crl"].map {
            sources.value($0)
        }
        guard let certificate = given[0], let key = given[1] else {
            guard let one = given.compactMap({ $0 }).first else { return nil }
            throw ConfigurationError(source: one.source, reason: "takes both --tls-certificate and --tls-key")
        }
        var files = TLSFiles(certificate: certificate.text, key: key.text)
        files.clientAuthorities = given[2]?.text
        files.clientRevocations = given[4]?.text
        if let one = given[3] ?? given[4], given[2] == nil {
            throw ConfigurationError(source: one.source, reason: "takes --tls-client-ca")
        }
        switch given[3]?.text ?? "required" {
        case "required": files.areClientsRequired = true
        case "optional": files.areClientsRequired = false
        default: throw ConfigurationError(source: given[3]?.source ?? "", reason: "must be required or optional")
        }
        return files
    }

    private static func isLoopback(_ address: String) -> Bool { IPAddress(address)?.isLoopback == true }

    /// `127.0.0.1:8200`, `[::1]:8200`.
    private static func endpoint(_ text: String) -> (address: String, port: UInt16)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var address = String(text[..<colon])
        if address.hasPrefix("["), address.hasSuffix("]") {
            address = String(address.dropFirst().dropLast())
            guard address.contains(":") else { return nil }
        } else if address.contains(":") {
            return nil
        }
        return isNumeric(address) ? (address, port) : nil
    }

    private static func isNumeric(_ address: String) -> Bool {
        var room = in6_addr()
        return inet_pton(AF_INET, address, &room) == 1 || inet_pton(AF_INET6, address, &room) == 1
    }
}

extension OptionSources {
    /// Names with commas between them; an empty text is none.
    fileprivate func names<Name: RawRepresentable & CaseIterable>(
        _ option: String
    ) throws(ConfigurationError) -> [Name] where Name.RawValue == String {
        guard let given = value(option), !given.text.isEmpty else { return [] }
        var names: [Name] = []
        for text in given.text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let name = Name(rawValue: String(text)) else {
                throw ConfigurationError(
                    source: given.source,
                    reason: "must be names of \(Name.allCases.map(\.rawValue)), with commas between")
            }
            names.append(name)
        }
        return names
    }

    /// Networks with commas between them; an empty text is none.
    fileprivate func networks(_ option: String) throws(ConfigurationError) -> [SourceNetwork] {
        guard let given = value(option), !given.text.isEmpty else { return [] }
        var networks: [SourceNetwork] = []
        for text in given.text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let network = SourceNetwork(String(text)) else {
                throw ConfigurationError(
                    source: given.source,
                    reason: "must be addresses or networks, such as 10.0.0.0/8, with commas between")
            }
            networks.append(network)
        }
        return networks
    }

    fileprivate func number(
        _ option: String, _ range: ClosedRange<Int>, default standard: Int
    ) throws(ConfigurationError) -> Int {
        guard let given = value(option) else { return standard }
        guard let number = Int(given.text), range.contains(number) else {
            throw ConfigurationError(
                source: given.source, reason: "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
    fileprivate func boolean(_ option: String, default standard: Bool) throws(ConfigurationError) -> Bool {
        guard let given = value(option) else { return standard }
        guard let value = Bool(given.text) else {
            throw ConfigurationError(source: given.source, reason: "must be true or false")
        }
        return value
    }
}
