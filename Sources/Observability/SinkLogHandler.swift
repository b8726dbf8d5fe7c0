// swift-log's messages as lines of the sink.

public import Logging

/// A `LogHandler` that writes to a `LogSink`.
///
/// Text: `time level logger message key=value…`. JSON: members `time level logger message`, `error` where the message
/// has one, and the metadata as an object `metadata`. Metadata are sorted by key; where keys meet, the message's own
/// win over the logger's, and these over the provider's. A line that grows past `LogSink.maximumLineBytes` leaves
/// fields out.
public struct SinkLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let sink: LogSink

    public init(label: String, sink: LogSink, level: Logger.Level = .info) {
        self.label = label
        self.sink = sink
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        // All that may call foreign code (descriptions) happens before the sink is locked.
        let message = event.message.description
        let error = event.error.map { String(describing: $0) }
        let fields = mergedMetadata(event.metadata)
        sink.append { line in
            line.positional("level", name(of: event.level))
            line.positional("logger", label)
            line.positional("message", message)
            if let error { line.text("error", error) }
            guard !fields.isEmpty else { return }
            line.group("metadata") { line in
                for field in fields { line.text(anyKey: field.key, field.value) }
            }
        }
        // The last words before the process ends, in all likelihood.
        if event.level == .critical { sink.flush(milliseconds: 100) }
    }

    private func mergedMetadata(_ own: Logger.Metadata?) -> [(key: String, value: String)] {
        var merged = metadataProvider?.get() ?? [:]
        if !metadata.isEmpty { merged.merge(metadata) { _, logger in logger } }
        if let own { merged.merge(own) { _, message in message } }
        return merged.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
    }
}

private func name(of level: Logger.Level) -> StaticString {
    switch level {
    case .trace: "trace"
    case .debug: "debug"
    case .info: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error: "error"
    case .critical: "critical"
    }
}
