// What the start finds of memory, and what the server has to say of itself, as lines of the log.

internal import Glibc
internal import HTTPServer
internal import Logging
internal import SystemLimits

func report(_ plan: MemoryPlan, wanted connections: Int, to log: Logger) {
    log.notice(
        "memory",
        metadata: [
            "limit": "\(plan.limit.map { "\($0.bytes)" } ?? "unknown")",
            "limit_by": "\(plan.limit.map { $0.source == .machine ? "machine" : "control group" } ?? "nothing")",
            "request_memory": "\(plan.requestMemory)", "connections": "\(plan.connections)",
        ])
    if plan.connections < connections {
        log.warning(
            "fewer connections than were asked for fit into the memory limit",
            metadata: ["wanted": "\(connections)", "allowed": "\(plan.connections)"])
    }
    if !plan.fits {
        log.warning("what is allowed to requests does not fit into the memory limit: the system may end the service")
    }
}

func report(_ event: ServerEvent, to log: Logger) {
    switch event {
    // Told by those who start and stop it.
    case .listening, .draining, .stopped: break
    case .connectionsReduced(let wanted, let allowed, let limit):
        log.warning(
            "fewer connections than were asked for have descriptors: raise the limit (ulimit -Hn, LimitNOFILE=)",
            metadata: ["wanted": "\(wanted)", "allowed": "\(allowed)", "descriptors": "\(limit)"])
    case .acceptFailed(let code):
        log.error("a connection could not be accepted", metadata: ["reason": "\(String(cString: strerror(code)))"])
    case .library(let message): log.error("libmicrohttpd", metadata: ["message": "\(message)"])
    }
}
