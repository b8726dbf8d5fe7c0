// What /metrics shows beside requests: the process, connections, keys, secret memory, the audit trail, approvals, TLS, the log.
// docs/operations.md lists them with what to watch.

internal import Audit
internal import CoreBridge
internal import HTTPServer
internal import Identity
internal import KeyService
internal import NativeAPI
internal import Observability
internal import TLS
internal import Threading

/// Reads what the service counts. Each value is read when it is asked for; what a sealed service has not counts 0.
struct ServiceMetrics: Sendable {
    let seal: Seal
    let logins: Logins
    let core: Core
    let sink: LogSink
    let startedAt: Int64
    /// Known once it listens: the requests' handler comes before the server.
    let server = Locked<Server?>(nil)
    let tls = Locked<TLSServer?>(nil)

    var families: [MetricFamily] { process + http + keys + secretMemory + audit + access }

    private var process: [MetricFamily] {
        let (seal, logins, sink, tls, startedAt) = (seal, logins, sink, tls, startedAt)
        return [
            MetricFamily(
                name: "strongroom_build_info", help: "What runs; always 1.", kind: .gauge,
                samples: [
                    MetricFamily.Sample(
                        labels: [("version", Strongroom.version), ("abi", Core.abi.versionText)], read: { 1 })
                ]),
            MetricFamily(
                name: "process_start_time_seconds", help: "When it started, in seconds since 1970.", read: { startedAt }
            ),
            MetricFamily(
                name: "strongroom_sealed", help: "1 while it is sealed.", read: { seal.current == nil ? 1 : 0 }),
            MetricFamily(
                name: "strongroom_log_lines_dropped_total", help: "Log lines that nobody read in time.", kind: .counter,
                read: { Int64(sink.droppedLines) }),
            MetricFamily(
                name: "strongroom_tls_certificate_expiry_seconds",
                help: "When the certificate ends, in seconds since 1970; 0 without TLS.",
                read: { tls.withLock { $0?.expiresAt } ?? 0 }),
            MetricFamily(
                name: "strongroom_login_issuers_without_keys",
                help: "Issuers whose keys could not be had: nobody logs in with their tokens.",
                read: { Int64(logins.issuersWithoutKeys.count) }),
        ]
    }

    private var http: [MetricFamily] {
        [
            of("connections", "Open connections.") { $0.openConnections },
            of("connections_limit", "Connections that are let in at once.") { $0.connectionLimit },
            of("connections_accepted_total", "Connections taken.") { $0.accepted },
            of("connections_refused_total", "Connections closed at once: a limit was reached.") { $0.turnedAway },
            of("connections_per_source_limit", "Connections that one source may have at once.") { $0.connectionShare },
            of("connections_over_share_total", "Of these, the ones whose source had as many as one may.") {
                $0.sourceOverShare
            },
            of("connections_evicted_total", "Idle connections closed to let those of other sources in.") { $0.evicted },
            of("proxy_headers_refused_total", "Connections of trusted proxies closed for the want of a sound header.") {
                $0.proxyHeadersRefused
            },
            of("connections_timed_out_total", "Connections cut: a request or its answer took too long.") {
                $0.timedOut
            },
            of("requests_in_flight", "Requests that are not answered yet.") { $0.requestsInFlight },
            of("requests_overloaded_total", "Requests answered 503: as much as is taken was under way.") {
                $0.overloaded
            },
            of("requests_over_share_total", "Requests answered 429: their client took as much memory as one may.") {
                $0.overShare
            },
            of("request_memory_bytes", "Memory of requests and answers under way.") { $0.requestMemory },
            of("request_memory_limit_bytes", "Memory that requests and answers may take.") { $0.requestMemoryLimit },
            of("requests_malformed_total", "Requests refused for their head's form.") { $0.malformed },
            byLane("worker_queue", "Requests that wait for a worker.", .gauge) { $0.waiting },
            byLane("workers_busy", "Workers that are at a request.", .gauge) { $0.working },
            byLane("worker_turns_total", "How often a worker took a request, or went on with one.", .counter) {
                $0.turns
            },
            byLane("worker_requests_refused_total", "Requests refused because too many waited.", .counter) {
                $0.refused
            },
            byLane(
                "worker_requests_abandoned_total", "Requests given up: their client left, or the service stopped.",
                .counter
            ) { $0.abandoned },
            of("received_body_bytes_total", "Bytes of requests' bodies.") { $0.bytesReceived },
            of("sent_body_bytes_total", "Bytes of answers' bodies.") { $0.bytesSent },
        ]
    }

    /// A sample for each lane.
    private func byLane(
        _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ value: @escaping @Sendable (LaneStatistics) -> Int
    ) -> MetricFamily {
        let server = server
        return MetricFamily(
            name: "strongroom_http_" + name, help: help, kind: kind,
            samples: NativeAPI.lanes().enumerated().map { index, lane in
                MetricFamily.Sample(labels: [("lane", lane.name)]) {
                    server.withLock { $0 }.map { Int64(value($0.statistics().lanes[index])) } ?? 0
                }
            })
    }

    private func of(
        _ name: String, _ help: String, _ value: @escaping @Sendable (ServerStatistics) -> Int
    ) -> MetricFamily {
        let server = server
        return MetricFamily(
            name: "strongroom_http_" + name, help: help, kind: name.hasSuffix("_total") ? .counter : .gauge,
            read: { server.withLock { $0 }.map { Int64(value($0.statistics())) } ?? 0 })
    }

    private var keys: [MetricFamily] {
        let seal = seal
        func pool(
            _ name: String, _ help: String, _ value: @escaping @Sendable (HandlePool.Statistics) -> Int
        ) -> MetricFamily {
            MetricFamily(
                name: "strongroom_open_keys" + name, help: help, kind: name.hasSuffix("_total") ? .counter : .gauge,
                read: { seal.current.map { Int64(value($0.service.pool.statistics)) } ?? 0 })
        }
        return [
            pool("", "Open keys that are kept.") { $0.open },
            pool("_limit", "Open keys that may be kept.") { $0.capacity },
            pool("_borrowed", "Open keys that are used just now.") { $0.borrowed },
            pool("_hits_total", "Uses that found their key open.") { $0.hits },
            pool("_misses_total", "Uses that had to open it.") { $0.misses },
            pool("_evictions_total", "Keys closed to make room.") { $0.evictions },
            pool("_memory_evictions_total", "Keys closed to make room in secret memory.") { $0.memoryEvictions },
            pool("_bytes", "Secret memory that open keys take which are kept.") { $0.bytes },
            pool("_invalidations_total", "Keys closed because they changed.") { $0.invalidations },
        ]
    }

    private var secretMemory: [MetricFamily] {
        let core = core
        func live(_ kind: String, _ value: @escaping @Sendable (LiveHandles) -> UInt64) -> MetricFamily.Sample {
            MetricFamily.Sample(
                labels: [("kind", kind)], read: { Int64(clamping: (try? core.liveHandles()).map(value) ?? 0) })
        }
        return [
            MetricFamily(
                name: "strongroom_secret_memory_bytes", help: "Secret memory in use.",
                read: { Int64(clamping: (try? core.secretMemory())?.used ?? 0) }),
            MetricFamily(
                name: "strongroom_secret_memory_limit_bytes", help: "Secret memory that there is.",
                read: { Int64(clamping: (try? core.secretMemory())?.capacity ?? 0) }),
            MetricFamily(
                name: "strongroom_secret_memory_exhausted_total",
                help: "Calls of the core that found no secret memory until keys were closed.", kind: .counter,
                read: { Int64(core.shortages.exhausted) }),
            MetricFamily(
                name: "strongroom_secret_memory_refused_total",
                help: "Of them, those that were refused: every open key was in use.", kind: .counter,
                read: { Int64(core.shortages.refused) }),
            MetricFamily(
                name: "strongroom_core_handles", help: "Handles that the core has given out.", kind: .gauge,
                samples: [live("root") { $0.roots }, live("key") { $0.keys }, live("unsealing") { $0.unsealings }]),
        ]
    }

    private var audit: [MetricFamily] {
        let seal = seal
        return [
            MetricFamily(
                name: "strongroom_audit_recording",
                help: "1 while requests are recorded; 0 where they cannot be, or are not to be.",
                read: { seal.current?.audit?.trail.isRecording == true ? 1 : 0 }),
            MetricFamily(
                name: "strongroom_audit_records_total", help: "Records on disk.", kind: .counter,
                read: { seal.current?.audit?.trail.currentHead.sequence ?? 0 }),
            MetricFamily(
                name: "strongroom_audit_waiting", help: "Records that are not on disk yet.",
                read: { seal.current?.audit?.trail.waiting ?? 0 }),
        ]
    }

    private var access: [MetricFamily] {
        let seal = seal
        return [
            MetricFamily(
                name: "strongroom_approvals_waiting", help: "Requests that wait for approval, or to be sent again.",
                read: { Int64(seal.current?.tokens.approvals.waiting ?? 0) })
        ]
    }
}
