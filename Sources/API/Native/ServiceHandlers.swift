// The service itself: what runs, whether it lives, what it counts, and the document it serves by.

internal import Audit
internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import Observability
internal import OpenAPI

extension NativeAPI {
    func getStatus(_ call: Call) throws(CallError) -> Response {
        let memory = try core { () throws(CoreError) in try cryptography.secretMemory() }
        let live = try core { () throws(CoreError) in try cryptography.liveHandles() }
        let pool = try call.run { service in service.pool.statistics }
        let sensitive = try call.runTokens { tokens in tokens.sensitiveGrants() }
        return try Call.json(capacity: 1024) { writer throws(CallError) in
            writer.beginObject()
            writer.name("version")
            writer.string(information.version)
            writer.name("seal")
            writer.string("unsealed")
            writer.name("stopping")
            writer.boolean(information.isStopping())
            writer.name("abi")
            writer.beginObject()
            writer.name("version")
            writer.string(Core.abi.versionText)
            writer.name("fingerprint")
            writer.string(Core.abi.fingerprintText)
            writer.endObject()
            writer.name("features")
            writer.beginArray()
            for feature in Core.features { writer.string(feature.rawValue) }
            writer.endArray()
            writer.name("allowed_features")
            writer.beginArray()
            for feature in Core.features where cryptography.mayUse(feature) { writer.string(feature.rawValue) }
            writer.endArray()
            writer.name("algorithms")
            writer.beginArray()
            for algorithm in cryptography.algorithms { writer.string(algorithm.name) }
            writer.endArray()
            writer.name("secret_memory")
            writer.beginObject()
            writer.name("protection")
            writer.string(memory.protection.rawValue)
            writer.name("capacity_bytes")
            writer.integer(Int(clamping: memory.capacity))
            writer.name("used_bytes")
            writer.integer(Int(clamping: memory.used))
            writer.name("key_capacity_bytes")
            writer.integer(Int(clamping: memory.keyBytes))
            writer.name("key_used_bytes")
            writer.integer(Int(clamping: live.keyBytes))
            writer.name("fitting_keys")
            writer.fittingKeys(of: cryptography.algorithms, in: memory.keptBytes)
            writer.endObject()
            if let server = information.server() { writer.requestMemory(server) }
            writer.name("protections")
            writer.beginObject()
            for (name, state) in information.protections() {
                writer.name(escaping: name)
                writer.string(state)
            }
            writer.endObject()
            writer.name("sensitive_operations")
            writer.beginObject()
            for (permission, roles) in sensitive {
                writer.name(escaping: permission.rawValue)
                writer.beginArray()
                for role in roles { writer.string(role) }
                writer.endArray()
            }
            writer.endObject()
            writer.name("audit")
            writer.audit(call.exchange.unsealed?.audit?.trail)
            writer.name("pool")
            writer.beginObject()
            writer.name("capacity")
            writer.integer(pool.capacity)
            writer.name("open")
            writer.integer(pool.open)
            writer.name("borrowed")
            writer.integer(pool.borrowed)
            writer.name("hits")
            writer.integer(pool.hits)
            writer.name("misses")
            writer.integer(pool.misses)
            writer.name("evictions")
            writer.integer(pool.evictions)
            writer.name("memory_evictions")
            writer.integer(pool.memoryEvictions)
            writer.name("invalidations")
            writer.integer(pool.invalidations)
            writer.endObject()
            writer.name("uptime_seconds")
            writer.integer(Int(max(information.now() - information.startedAt, 0)))
            writer.name("started_at")
            writer.string(Timestamp.rfc3339(information.startedAt))
            writer.endObject()
        }
    }

    func getLiveness(_ call: Call) throws(CallError) -> Response {
        try health(.ok)
    }

    func getReadiness(_ call: Call) throws(CallError) -> Response {
        if information.isStopping() { return try health(.unavailable, .stopping) }
        guard let unsealed = seal.current else { return try health(.sealed) }
        // What cannot be recorded is refused: others may be able to.
        guard unsealed.audit?.trail.isOpen ?? true else { return try health(.unavailable, .audit) }
        switch readiness.fault {
        case .store: return try health(.unavailable, .store)
        case .rootKey: return try health(.unavailable, .rootKey)
        case nil: break
        }
        let hasRoom = (try? cryptography.hasRoomForKeys()) ?? false
        return hasRoom ? try health(.ok) : try health(.unavailable, .secretMemory)
    }

    func getMetrics(_ call: Call) throws(CallError) -> Response {
        let body = ByteBuffer(minimumCapacity: 16_384)
        metrics.write(into: body)
        return Response(
            status: 200, contentType: Metrics.contentType,
            body: body)
    }

    func getOpenAPIDocument(_ call: Call) throws(CallError) -> Response {
        let bytes = OpenAPIDocument.embedded
        let body = ByteBuffer(minimumCapacity: bytes.count)
        body.append(bytes)
        return Response(status: 200, contentType: "application/json", body: body)
    }

    private func health(_ health: Health, _ reason: UnavailableReason? = nil) throws(CallError) -> Response {
        try Call.json(status: health == .ok ? 200 : 503) { writer throws(CallError) in
            writer.beginObject()
            writer.name("status")
            writer.string(health.rawValue)
            if let reason {
                writer.name("reason")
                writer.string(reason.rawValue)
            }
            writer.endObject()
        }
    }

    private enum Health: String {
        case ok, sealed, unavailable
    }

    private enum UnavailableReason: String {
        case stopping, audit, store
        case rootKey = "root_key"
        case secretMemory = "secret_memory"
    }
}

extension JSONWriter {
    fileprivate mutating func requestMemory(_ server: ServerStatistics) {
        name("request_memory")
        beginObject()
        name("capacity_bytes")
        integer(server.requestMemoryLimit)
        name("used_bytes")
        integer(server.requestMemory)
        name("client_bytes")
        integer(server.requestMemoryShare)
        name("largest_body_bytes")
        integer(NativeAPI.largestBody(within: server.requestMemoryShare))
        endObject()
    }

    /// How many keys fit of the kinds that take most and least.
    fileprivate mutating func fittingKeys(of algorithms: [Algorithm], in bytes: Int) {
        let bySize = algorithms.sorted { $0.openBytes < $1.openBytes }
        beginObject()
        for (size, algorithm) in [("largest", bySize.last), ("smallest", bySize.first)] {
            guard let algorithm else { continue }
            name(escaping: size)
            beginObject()
            name("algorithm")
            string(algorithm.name)
            name("bytes")
            integer(algorithm.openBytes)
            name("keys")
            integer(bytes / algorithm.openBytes)
            endObject()
        }
        endObject()
    }

    fileprivate mutating func audit(_ trail: AuditTrail?) {
        beginObject()
        name("mode")
        string(trail.map { $0.settings.isBestEffort ? "best-effort" : "on" } ?? "off")
        if let trail {
            name("recording")
            boolean(trail.isRecording)
            name("sequence")
            integer(Int(trail.currentHead.sequence))
        }
        endObject()
    }
}
