// What of a host a service will meet, looked at before it starts: each thing with what to do about it. Nothing is changed.

internal import CoreBridge
internal import Glibc
internal import HTTPServer
internal import Observability
internal import ProcessProtection
internal import TLS

/// One thing that was looked at.
struct Finding {
    enum Verdict: String {
        case sound = "ok"
        /// It serves, with less than there could be.
        case weak = "warn"
        /// It will not start, or not serve for long.
        case bad
    }

    let verdict: Verdict
    let subject: String
    let text: String
}

/// Looks at the host for a configuration. One thread; once a process, which has its protections then.
struct Doctor {
    let configuration: Configuration
    private(set) var findings: [Finding] = []

    init(_ configuration: Configuration) { self.configuration = configuration }

    mutating func run() {
        // A private key is read by the core.
        let core = Result { () throws(CoreStartError) in
            try Core.start(secretMemoryBytes: configuration.secretMemory)
        }
        lookAtDataFolder()
        lookAtSpace()
        lookAtDescriptors()
        lookAtClock()
        lookAtCertificate()
        lookAtSecretMemory(core)
        lookAtProtections()
    }

    private mutating func add(_ verdict: Finding.Verdict, _ subject: String, _ text: String) {
        findings.append(Finding(verdict: verdict, subject: subject, text: text))
    }

    private mutating func lookAtDataFolder() {
        let folder = configuration.dataFolder
        var status = stat()
        guard stat(folder, &status) == 0 else {
            let isMissing = errno == ENOENT
            let parent = strongroom.folder(of: folder)
            if isMissing, access(parent, W_OK) == 0 {
                add(.sound, "data folder", "\(folder) is not there yet, and is made by the first start")
            } else {
                add(.bad, "data folder", "\(folder) cannot be made: give this user \(parent), or another with --data")
            }
            return
        }
        if status.st_mode & S_IFMT != S_IFDIR {
            add(.bad, "data folder", "\(folder) is not a folder: give another with --data")
        } else if status.st_uid != geteuid() {
            add(
                .bad, "data folder",
                "\(folder) belongs to user \(status.st_uid): run the service as that user, or chown it")
        } else if status.st_mode & 0o022 != 0 {
            add(.bad, "data folder", "\(folder) may be written to by others: chmod 700 it, and look at who has")
        } else if status.st_mode & 0o077 != 0 {
            add(.weak, "data folder", "\(folder) may be looked into by others: chmod 700 it")
        } else {
            add(.sound, "data folder", "\(folder) is this user's alone")
        }
        lookAtKeyFile()
    }

    private mutating func lookAtKeyFile() {
        var status = stat()
        let file = configuration.rootKeyFile
        guard stat(file, &status) == 0 else { return }
        if status.st_mode & 0o077 != 0 || status.st_uid != geteuid() {
            add(.bad, "key file", "\(file) is not this user's alone: chmod 600 it, and ask who has read it")
        } else if strongroom.folder(of: file) == configuration.dataFolder {
            add(
                .weak, "key file",
                "\(file) lies beside what it opens: a backup of the folder has both. Move it (--root-key-file)")
        } else {
            add(.sound, "key file", "\(file) is this user's alone")
        }
    }

    private mutating func lookAtSpace() {
        var room = statvfs()
        let folder = configuration.dataFolder
        guard statvfs(access(folder, F_OK) == 0 ? folder : strongroom.folder(of: folder), &room) == 0 else { return }
        let free = (UInt64(room.f_bavail) * UInt64(room.f_frsize)) >> 20
        switch free {
        case ..<64: add(.bad, "disk", "\(free) MiB are free where the data folder is: with none, requests are refused")
        case ..<1024:
            add(.weak, "disk", "\(free) MiB are free where the data folder is: a record of each request is kept there")
        default: add(.sound, "disk", "\(free) MiB are free where the data folder is")
        }
    }

    private mutating func lookAtDescriptors() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = UInt64(Server.descriptors(for: configuration.server))
        if limit.rlim_max < wanted {
            add(
                .weak, "descriptors",
                "\(limit.rlim_max) are allowed, and \(configuration.server.connections) connections take \(wanted): raise the "
                    + "limit (ulimit -Hn, LimitNOFILE=), or lower --connections")
        } else {
            add(.sound, "descriptors", "\(wanted) may be open")
        }
    }

    private mutating func lookAtClock() {
        if !ProcessProtection.isClockKept {
            add(
                .weak, "clock",
                "nothing keeps it right: run chrony or systemd-timesyncd, since tokens and approvals end by it")
        } else {
            add(.sound, "clock", "it is kept right")
        }
    }

    private mutating func lookAtCertificate() {
        guard let tls = configuration.tls else {
            if configuration.server.socketPath == nil {
                add(
                    .weak, "TLS", "there is none: give --tls-certificate and --tls-key where clients are on other hosts"
                )
            }
            return
        }
        do throws(TLSFileError) {
            let certificate = try tls.read()
            let end = Timestamp.rfc3339(certificate.expiresAt)
            switch certificate.standing {
            case .ended: add(.bad, "TLS", "the certificate ended on \(end): renew it")
            case .endsSoon: add(.weak, "TLS", "the certificate ends on \(end): renew it, and send SIGHUP")
            case .good: add(.sound, "TLS", "the certificate is good until \(end)")
            }
            if tls.isKeyOpen { add(.weak, "TLS", "\(tls.key) is open to all users: chmod 600 it") }
        } catch {
            add(.bad, "TLS", error.description)
        }
    }

    private mutating func lookAtSecretMemory(_ started: Result<Core, CoreStartError>) {
        let kilobytes = configuration.secretMemory / 1024
        do throws(CoreStartError) {
            let core = try started.get()
            switch (try? core.secretMemory())?.protection {
            case .memfdSecret:
                add(.sound, "secret memory", "\(kilobytes) KiB by memfd_secret: not even root reads them")
            case .mlock:
                add(
                    .weak, "secret memory",
                    "\(kilobytes) KiB are locked, but root can read them: boot with secretmem.enable=1 (Linux 5.14)")
            case nil: add(.bad, "secret memory", "the core does not say what it has")
            }
        } catch {
            add(.bad, "secret memory", "\(StartError.core(error))")
        }
    }

    /// Takes them on, as the service does: this process ends soon.
    private mutating func lookAtProtections() {
        var protection = ProcessProtection(without: configuration.withoutProtections)
        protection.begin()
        protection.confine(toFolders: configuration.folders, port: configuration.server.port)
        protection.finish()
        for kind in Protection.allCases {
            switch protection.states[kind] {
            case .on: add(.sound, kind.rawValue, "the kernel has it")
            case .unavailable:
                add(
                    .weak, kind.rawValue,
                    "the kernel or the container does not give it: docs/security.md says what it is for")
            case .off, nil: add(.weak, kind.rawValue, "it is left out (--without-protections)")
            }
        }
    }
}
