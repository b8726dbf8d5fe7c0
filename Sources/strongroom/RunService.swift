// From start to stop: everything is wired here, in the order in which it depends on each other, and given back in the
// opposite order.

internal import Audit
internal import Bytes
internal import CoreBridge
internal import Glibc
internal import HTTPServer
internal import Identity
internal import KeyService
internal import Logging
internal import NativeAPI
internal import Observability
internal import ProcessProtection
internal import Storage
internal import StorageAuthentication
internal import StorageSQLite
internal import SystemLimits
internal import TLS
internal import Threading

/// How a run ended; the raw value is the process's exit code.
enum RunOutcome: Int32 {
    case stopped = 0
    /// It did not start.
    case refused = 1
    /// It stopped, but something of the core's was not given back.
    case leaked = 3
}

func runService(_ given: Configuration) -> RunOutcome {
    Signals.prepare()
    umask(0o077)
    // Before Landlock closes what tells of it.
    let plan = given.memoryPlan(MemoryLimit.read())
    var configuration = given
    configuration.server.connections = plan.connections
    configuration.server.requestMemory = plan.requestMemory
    var protection = ProcessProtection(without: configuration.withoutProtections)
    protection.begin()
    // What can be found wrong before anything is made, and the folder that Landlock is to name; told when there is a log. Its thread
    // comes after Landlock, which holds for threads that are started later.
    let started: Result<Core, StartError>
    do throws(StartError) {
        started = .success(try startCore(configuration))
    } catch {
        started = .failure(error)
    }
    protection.confine(
        toFolders: configuration.folders, reading: configuration.readFolders, port: configuration.server.port,
        connectingTo: configuration.logins?.file.ports ?? [])
    let sink: LogSink
    do {
        sink = try LogSink(format: configuration.logFormat)
    } catch {
        writeToStandardError("strongroom: \(StartError.thread(error))\n")
        return .refused
    }
    defer { sink.close() }
    let log = Logger(label: "strongroom") { SinkLogHandler(label: $0, sink: sink, level: configuration.logLevel) }
    do throws(StartError) {
        let core = try started.get()
        // Everything that holds handles lives and ends inside.
        try serve(configuration, core, protection, sink, log) {
            report(plan, wanted: given.server.connections, to: log)
        }
        let live = try? core.liveHandles()
        guard let live, live.none else {
            log.critical(
                "the core was not given everything back",
                metadata: [
                    "roots": "\(live?.roots ?? 0)", "keys": "\(live?.keys ?? 0)",
                    "root_bytes": "\(live?.rootBytes ?? 0)", "key_bytes": "\(live?.keyBytes ?? 0)",
                ])
            return .leaked
        }
        log.notice("stopped", metadata: ["live_handles": "0"])
        return .stopped
    } catch {
        log.critical("not started", metadata: ["reason": "\(error)"])
        return .refused
    }
}

private func startCore(_ configuration: Configuration) throws(StartError) -> Core {
    let core: Core
    do {
        core = try Core.start(secretMemoryBytes: configuration.secretMemory)
    } catch {
        throw .core(error)
    }
    do throws(CoreError) {
        try core.allow(configuration.allowedFeatures)
        try core.keepDiagnostics(configuration.diagnostics)
    } catch {
        throw error.features.isEmpty ? .core(.refused(error)) : .features(error.features)
    }
    do { try SQLiteStore.createFolder(configuration.dataFolder) } catch { throw .store(error) }
    // What is wrong with it is told when the trail is opened: the data folder, which it may be in, comes first.
    if let audit = configuration.audit { try? AuditTrail.createFolder(audit.folder) }
    return core
}

private func serve(
    _ configuration: Configuration, _ core: Core, _ begun: ProcessProtection, _ sink: LogSink, _ log: Logger,
    whenServing reportPlan: () -> Void
) throws(StartError) {
    let protection = Locked(begun)
    let store: AuthenticatedStore<SQLiteStore>
    do { store = AuthenticatedStore(try SQLiteStore(folder: configuration.dataFolder)) } catch { throw .store(error) }
    defer { try? store.close() }
    let tokenFile = configuration.dataFolder + "/admin-token"
    let installation = try Installation.open(
        store: store, core: core, rootKeyFile: configuration.rootKeyFile, tokenFile: tokenFile,
        now: Timestamp.now())
    // A fault of it is to be known at the start, also of a service that starts sealed.
    _ = try Installation.backupRoot(configuration.backupKeyFile)
    let seal = try makeSeal(installation, configuration, core, store, log)
    defer {
        seal.stop()
        _ = seal.close()
    }
    if let key = installation.key {
        do { try seal.open(with: key) } catch { throw .seal(error) }
    }
    let logins: Logins
    do {
        logins = try Logins(
            configuration.logins?.file ?? LoginFile(), overflowUsers: configuration.overflowUsers,
            now: { Timestamp.now() })
    } catch {
        throw .logins(error.description)
    }
    configuration.logins?.warn(log)
    let refresh: LoginRefresh
    do {
        refresh = try LoginRefresh(logins) { issuer, reason in
            log.warning("an issuer's keys cannot be had", metadata: ["issuer": "\(issuer)", "reason": "\(reason)"])
        }
    } catch {
        throw .thread(error)
    }
    defer { refresh.stop() }
    let stopping = Locked(false)
    let reportUndocumented: @Sendable (String) -> Void = { answer in
        log.error("undocumented answer", metadata: ["answer": "\(answer)"])
    }
    let startedAt = Timestamp.now()
    let metrics = ServiceMetrics(seal: seal, logins: logins, core: core, sink: sink, startedAt: startedAt)
    let api: NativeAPI
    do {
        api = try NativeAPI(
            seal: seal, logins: logins, core: core, log: AccessLog(sink: sink),
            information: ServiceInformation(
                version: Strongroom.version, startedAt: startedAt, now: { Timestamp.now() },
                isStopping: { stopping.withLock { $0 } }, showsDiagnostics: configuration.diagnostics > 0,
                protections: { protection.withLock { $0.listed } },
                server: { metrics.server.withLock { $0 }?.statistics() }),
            threads: configuration.server.threads, families: metrics.families,
            undocumentedAnswer: configuration.checkAnswers ? reportUndocumented : nil)
    } catch {
        throw .document("\(error)")
    }
    let tls = try configuration.tls?.serve(log)
    let server: Server
    do {
        var options = configuration.server
        options.tls = tls
        server = try Server(configuration: options, handler: api) { report($0, to: log) }
        try server.start()
    } catch {
        throw .server(error)
    }
    metrics.server.withLock { $0 = server }
    // It holds the handler, which holds this.
    defer { metrics.server.withLock { $0 = nil } }
    metrics.tls.withLock { $0 = tls }
    StartMemory.release()
    protection.withLock { $0.finish() }
    reportPlan()
    announce(configuration, core, server, installation, tokenFile, sink, log)
    let missing = protection.withLock { $0.listed.filter { $0.state != ProtectionState.on.rawValue } }
    for (name, state) in missing {
        log.warning("the process is without a protection", metadata: ["protection": "\(name)", "state": "\(state)"])
    }
    let hasFiles = tls != nil || configuration.logins != nil
    let signal = Signals.waitForStop(
        reload: hasFiles
            ? {
                if let tls { configuration.tls?.reload(tls, log) }
                configuration.logins?.reload(logins, log)
            } : nil)
    log.notice("stopping", metadata: ["signal": "\(signal)"])
    stopping.withLock { $0 = true }
    seal.refuseFromNow()
    // A key that it is making is made while requests end, and given up with them.
    seal.finishSchedule()
    let drained = server.stop { try? core.interrupt() }
    log.notice(
        "drained",
        metadata: [
            "requests_finished": "\(drained.requestsFinished)", "connections_cut": "\(drained.connectionsCut)",
        ])
}

/// What unseals, and what an unsealed service then has.
private func makeSeal(
    _ installation: Installation, _ configuration: Configuration, _ core: Core, _ store: any Store, _ log: Logger
) throws(StartError) -> Seal {
    let now: @Sendable () -> Int64 = { Timestamp.now() }
    do throws(CoreError) {
        return try Seal(
            installation.wrapped, identity: installation.record.rootIdentity, store: store,
            scryptCost: configuration.scryptCost, now: now,
            report: { record in
                log.error(
                    "a stored record was changed from outside, and is refused", metadata: ["record": "\(record)"])
            }
        ) { root throws(UnsealError) in
            let backupRoot: RootKey?
            do throws(StartError) {
                backupRoot = try Installation.backupRoot(configuration.backupKeyFile)
            } catch .rootKey(let error, _) {
                throw .core(error)
            } catch {
                throw .core(CoreError(.internalError))
            }
            let service = KeyService(
                core: core, root: root, backupRoot: backupRoot, store: store, openKeys: configuration.openKeys,
                cachedKeys: configuration.cachedKeys, now: now)
            let tokens: TokenAuthority
            do throws(StorageError) {
                tokens = try TokenAuthority(
                    core: core, root: root, store: store, badTokens: configuration.badTokens,
                    approvalSeconds: configuration.approvalSeconds, now: now, nextSecond: { Timestamp.nextSecond() })
            } catch {
                throw .storage(error)
            }
            var audit: AuditLog?
            if let settings = configuration.audit {
                audit = try AuditLog(
                    settings, root: root, store: store, now: { Timestamp.nowInMilliseconds() },
                    report: { report($0, to: log) })
            }
            do throws(ThreadError) {
                let schedule = try KeySchedule(service, tokens: tokens, audit: audit, everySeconds: 10) {
                    report($0, to: log)
                }
                return Unsealed(service: service, tokens: tokens, audit: audit, schedule: schedule)
            } catch {
                throw .schedule
            }
        }
    } catch {
        throw .core(.refused(error))
    }
}

private func announce(
    _ configuration: Configuration, _ core: Core, _ server: Server, _ installation: Installation, _ tokenFile: String,
    _ sink: LogSink, _ log: Logger
) {
    let memory = try? core.secretMemory()
    let address = configuration.server.address
    let host = address.contains(":") ? "[\(address)]" : address
    let scheme = configuration.tls == nil ? "http" : "https"
    let place = configuration.server.socketPath.map { "unix:\($0)" } ?? "\(scheme)://\(host):\(server.port)"
    log.notice(
        "serving",
        metadata: [
            "version": "\(Strongroom.version)",
            "address": "\(place)",
            "data": "\(configuration.dataFolder)", "secret_memory": "\(memory?.protection.rawValue ?? "unknown")",
            "event_loops": "\(configuration.server.eventLoops)", "sealed": "\(installation.key == nil)",
            "largest_body": "\(NativeAPI.largestBody(within: server.statistics().requestMemoryShare))",
        ])
    switch configuration.audit {
    case nil: log.warning("requests leave no record: the service was started with `--audit off`")
    case .some(let audit) where audit.isBestEffort:
        log.warning("the service goes on when requests cannot be recorded: it was started with `--audit best-effort`")
    default: break
    }
    if installation.key == nil { log.notice("sealed until `strongroom unseal` gave it what it asks for") }
    guard let token = installation.firstToken else { return }
    sink.flush()
    // Not a log line: it is for the operator's eyes, this once.
    let text = ByteBuffer(minimumCapacity: 512)
    text.append(
        "\nFirst start. The administrator's token, shown this once and kept in \(tokenFile) for you to take away:\n\n  "
    )
    token.withBytes { text.append($0) }
    text.append("\n\n")
    do { try text.write(to: STDERR_FILENO, "standard error") } catch {
        log.error("the token could not be shown", metadata: ["reason": "\(error)", "file": "\(tokenFile)"])
    }
}

private func writeToStandardError(_ text: String) {
    _ = write(STDERR_FILENO, text, text.utf8.count)
}

private func report(_ work: ScheduledWork, to log: Logger) {
    switch work {
    case .destroyed(let count): log.notice("keys destroyed, their time was over", metadata: ["count": "\(count)"])
    case .tokensExpired(let count): log.notice("tokens have expired", metadata: ["count": "\(count)"])
    case .approvalsExpired(let count):
        log.notice("requests for approval have expired", metadata: ["count": "\(count)"])
    case .approvalsFailed(let error):
        log.warning("requests for approval that have expired were kept", metadata: ["error": "\(error)"])
    case .tokensFailed(let error):
        log.error("what became of tokens could not be written down", metadata: ["error": "\(error)"])
    case .rotated(let count): log.notice("keys rotated, their period was over", metadata: ["count": "\(count)"])
    case .destructionFailed(let error):
        log.error("due keys could not be destroyed", metadata: ["error": "\(error)"])
    case .rotationFailed(let error): log.error("due keys could not be rotated", metadata: ["error": "\(error)"])
    }
}

private func report(_ event: AuditEvent, to log: Logger) {
    switch event {
    case .broken(let findings):
        log.critical(
            "the audit trail is not as it was left, and goes on from here: `strongroom audit verify` says more",
            metadata: ["findings": "\(findings.map(AuditText.describe).joined(separator: "; "))"])
    case .torn(let bytes): log.notice("a record that a crash cut off was removed", metadata: ["bytes": "\(bytes)"])
    case .fileChanged: log.critical("the audit trail's file was changed by others while it was written")
    case .failed(let failure):
        log.critical(
            "requests cannot be recorded",
            metadata: ["reason": "\(AuditText.describe(failure))", "retried": "each second"])
    case .resumed(let lost): log.notice("requests are recorded again", metadata: ["lost": "\(lost)"])
    case .anchored(let head):
        // Kept elsewhere, it is what a trail that was put back as a whole can be held to.
        log.info("audit trail", metadata: ["anchor": "\(AuditText.describe(head))"])
    case .anchorFailed: log.error("the store did not note where the audit trail ends")
    }
}

extension ProcessProtection {
    /// Every protection with its state, as status and log name them.
    fileprivate var listed: [(name: String, state: String)] {
        Protection.allCases.map { protection in
            let name = protection.rawValue.replacing("-", with: "_")
            return (name, (states[protection] ?? .off).rawValue)
        }
    }
}

extension Configuration {
    /// Where files are read.
    var readFolders: [String] { (tls?.folders ?? []) + (logins?.folders ?? []) }

    /// Where files are made and written.
    var folders: [String] {
        [dataFolder] + [audit?.folder].compactMap { $0 }
            + [rootKeyFile, backupKeyFile, server.socketPath].compactMap { $0 }.map { folder(of: $0) }
    }
}
