// `strongroom serve`: its options. Each can also be given by environment variable or configuration file.

internal import ArgumentParser
internal import Glibc

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the service.",
        discussion: """
            Each option can also be given as an environment variable, STRONGROOM_ and its name in capitals \
            (STRONGROOM_IDLE_SECONDS), or as a member of the configuration file ("idle_seconds"). A flag wins over the \
            environment, the environment over the file, the file over the default.
            """)

    @Option(help: "A JSON file with options.")
    var config: String?

    @Option(help: "The folder that keeps the keys. (default: ./data)")
    var data: String?

    @Option(help: "ADDRESS:PORT to listen on (port 0 takes a free one), or unix:PATH. (default: 127.0.0.1:8200)")
    var listen: String?

    @Option(help: "Who may connect to a Unix socket, as an octal mode: 0660 for a group too. (default: 0600)")
    var socketMode: String?

    @Option(help: "The group that a Unix socket is given to, by name or number. (default: as the folder has it)")
    var socketGroup: String?

    @Option(help: "The file with the root key. (default: root.key in the data folder)")
    var rootKeyFile: String?

    @Option(
        help: """
            A file with the key that backups of keys are made for, made where it is missing; another installation that has \
            a copy of it can restore them. (default: none, and only this installation can)
            """)
    var backupKeyFile: String?

    @Option(help: "json, text, or auto: text on a terminal. (default: auto)")
    var logFormat: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?

    @Option(help: "Event loops, a thread each; 0: one a core. (default: 0)")
    var eventLoops: String?

    @Option(help: "Threads for requests that wait for storage. (default: 4)")
    var workers: String?

    @Option(
        help: """
            Threads for signatures, batches and large bodies, at a low priority; 0: one more than processors. (default: 0)
            """)
    var dataWorkers: String?

    @Option(
        help: """
            Threads for what takes long, such as making RSA keys, at a low priority; 0: one a processor, two at \
            least. (default: 0)
            """)
    var longWorkers: String?

    @Option(help: "Requests that may wait for each kind of worker; a quarter of them of one token. (default: 256)")
    var workerQueue: String?

    @Option(help: "Connections at once. (default: 12000)")
    var connections: String?

    @Option(
        help: """
            Connections at once of one address, or of one IPv6 network of 64 bits. (default: a quarter of --connections, 64 \
            at least)
            """)
    var connectionsPerSource: String?

    @Option(
        help: """
            Addresses or networks of proxies, with commas between: their connections have to begin with a PROXY protocol header, \
            version 2, and count as those of the client that it names. (default: none)
            """)
    var trustedProxy: String?

    @Option(help: "Seconds until a connection without traffic is closed. (default: 60)")
    var idleSeconds: String?

    @Option(help: "Seconds a request may take to arrive. (default: 60)")
    var requestSeconds: String?

    @Option(help: "Seconds that requests in flight get to finish on a stop. (default: 20)")
    var drainSeconds: String?

    @Option(help: "Keys kept open. (default: 4096)")
    var openKeys: String?

    @Option(help: "Keys whose names and states are kept in memory. (default: 10000)")
    var cachedKeys: String?

    @Option(
        help: """
            Locked memory for key material, in KiB. An open key takes 48 bytes to 12.3 KiB, RSA-4096 the most; \
            ML-DSA-87 takes 41 KiB. (default: RLIMIT_MEMLOCK less 1 MiB, 1024 to 16384)
            """)
    var secretMemory: String?

    @Option(
        help: """
            Memory for requests and answers under way, in MiB; one client gets half of it. (default: what the memory limit \
            leaves, 512 at most)
            """)
    var requestMemory: String?

    @Option(
        help:
            "What a passphrase that unseals is to cost at least; a lower one is raised when it is given. (default: 17)")
    var scryptCost: String?

    @Option(help: "Failures of the core that GET /v1/diagnostics shows, the latest; 0: none. (default: 0)")
    var diagnostics: String?

    @Option(
        help: """
            Bad tokens that an address may show before it is answered 429; each second gives one back; 0: no limit. \
            (default: 64)
            """)
    var badTokens: String?

    @Option(
        help: """
            What becomes of requests that cannot be recorded: on refuses them, best-effort counts them, off records none. \
            (default: on)
            """)
    var audit: String?

    @Option(help: "The folder of the audit trail. (default: audit in the data folder)")
    var auditFolder: String?

    @Option(help: "KiB from which on an audit file is followed by another. (default: 65536)")
    var auditFileSize: String?

    @Option(help: "The certificate, with its chain, in PEM: serve HTTPS. Read again at SIGHUP. (default: plain HTTP)")
    var tlsCertificate: String?

    @Option(help: "The certificate's private key, in PEM.")
    var tlsKey: String?

    @Option(help: "Let in only clients with a certificate of one of these authorities, in PEM. (default: any client)")
    var tlsClientCa: String?

    @Option(
        help:
            "Whether clients have to show a certificate of those authorities: required or optional. (default: required)"
    )
    var tlsClientAuth: String?

    @Option(help: "Lists of client certificates that were revoked, in PEM. Read again at SIGHUP. (default: none)")
    var tlsClientCrl: String?

    @Option(
        help:
            "A JSON file that says whose JSON Web Tokens, client certificates and processes are exchanged for tokens. (default: none)"
    )
    var logins: String?

    @Option(help: "Serve plain HTTP also on addresses that are not loopback. (default: false)")
    var plainHttp: String?

    @Option(help: "Seconds for which a request waits to be approved, and to be done then. (default: 86400)")
    var approvalSeconds: String?

    @Option(help: "Features that may be used, with commas between: export, legacy-algorithms. (default: none)")
    var allow: String?

    @Option(
        help: """
            Protections of the process to do without, with commas between: no-dump, no-new-privileges, landlock, seccomp. \
            (default: none)
            """)
    var withoutProtections: String?

    @Option(
        help:
            "For tests: hold every answer against the document; one that does not fit is answered 500. (default: false)"
    )
    var checkAnswers: String?

    func run() throws {
        let flags: [String: String?] = [
            "config": config, "data": data, "listen": listen, "root-key-file": rootKeyFile,
            "backup-key-file": backupKeyFile, "log-format": logFormat, "log-level": logLevel, "event-loops": eventLoops,
            "workers": workers, "data-workers": dataWorkers, "long-workers": longWorkers,
            "worker-queue": workerQueue,
            "connections": connections, "connections-per-source": connectionsPerSource, "trusted-proxy": trustedProxy,
            "idle-seconds": idleSeconds, "request-seconds": requestSeconds,
            "drain-seconds": drainSeconds, "open-keys": openKeys, "cached-keys": cachedKeys,
            "secret-memory": secretMemory, "request-memory": requestMemory, "scrypt-cost": scryptCost,
            "diagnostics": diagnostics, "allow": allow,
            "without-protections": withoutProtections, "check-answers": checkAnswers,
            "audit": audit, "bad-tokens": badTokens, "audit-folder": auditFolder, "audit-file-size": auditFileSize,
            "approval-seconds": approvalSeconds, "tls-certificate": tlsCertificate, "tls-key": tlsKey,
            "tls-client-ca": tlsClientCa, "tls-client-auth": tlsClientAuth, "tls-client-crl": tlsClientCrl,
            "plain-http": plainHttp, "logins": logins, "socket-mode": socketMode, "socket-group": socketGroup,
        ]
        let settings: Configuration
        do {
            settings = try Configuration(OptionSources(flags: flags.compactMapValues { $0 }))
        } catch {
            throw ValidationError(error.description)
        }
        let outcome = runService(settings)
        if outcome != .stopped { throw ExitCode(outcome.rawValue) }
    }
}
