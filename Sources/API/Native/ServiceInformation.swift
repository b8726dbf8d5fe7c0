// What the API tells of the service that it serves.

public import HTTPServer

public struct ServiceInformation: Sendable {
    let version: String
    /// Seconds since 1970.
    let startedAt: Int64
    let now: @Sendable () -> Int64
    let isStopping: @Sendable () -> Bool
    /// Whether the core keeps its failures, and they are shown.
    let showsDiagnostics: Bool
    /// What the process gave up, each by its name with its state.
    let protections: @Sendable () -> [(name: String, state: String)]
    /// What the server counts; nil before it serves.
    let server: @Sendable () -> ServerStatistics?

    /// - Parameter now: seconds since 1970.
    public init(
        version: String, startedAt: Int64, now: @escaping @Sendable () -> Int64,
        isStopping: @escaping @Sendable () -> Bool, showsDiagnostics: Bool = false,
        protections: @escaping @Sendable () -> [(name: String, state: String)] = { [] },
        server: @escaping @Sendable () -> ServerStatistics? = { nil }
    ) {
        self.version = version
        self.startedAt = startedAt
        self.now = now
        self.isStopping = isStopping
        self.showsDiagnostics = showsDiagnostics
        self.protections = protections
        self.server = server
    }
}
