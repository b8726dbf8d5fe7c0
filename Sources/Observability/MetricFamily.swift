// Metrics that others keep, read when somebody asks: the pool's handles, dropped log lines, the uptime.

internal import Bytes

/// A metric's name and where its values come from.
public struct MetricFamily: Sendable {
    public enum Kind: String, Sendable {
        /// May go up and down.
        case gauge
        /// Only goes up; its name ends in `_total`.
        case counter
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, with the unit in base units (`_bytes`, `_seconds`).
    public var name: String
    public var help: String
    public var kind: Kind
    public var samples: [Sample]

    public struct Sample: Sendable {
        /// Names `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`; any values. Unique within the family.
        public var labels: [(name: String, value: String)]
        /// Called at every scrape, from the thread that answers it: it must be quick.
        public var read: @Sendable () -> Int64

        public init(labels: [(name: String, value: String)] = [], read: @escaping @Sendable () -> Int64) {
            self.labels = labels
            self.read = read
        }
    }

    public init(name: String, help: String, kind: Kind, samples: [Sample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }

    /// A metric of one value.
    public init(name: String, help: String, kind: Kind = .gauge, read: @escaping @Sendable () -> Int64) {
        self.init(name: name, help: help, kind: kind, samples: [Sample(read: read)])
    }

    func write(into buffer: ByteBuffer) {
        writeHead(of: name, kind.rawValue, help, into: buffer)
        for sample in samples {
            buffer.append(name)
            buffer.append(sample.renderedLabels)
            buffer.append(UInt8(ascii: " "))
            buffer.append(String(sample.read()))
            buffer.append(UInt8(ascii: "\n"))
        }
    }
}

/// Names that would make an exposition that Prometheus refuses.
public enum MetricsError: Error, Sendable, Equatable {
    /// A metric or a label has a name with other characters than it may have, or a counter's does not end in `_total`.
    case invalidName(String)
    /// Two operations, metrics, labels or samples are the same.
    case duplicate
}

extension MetricFamily.Sample {
    /// `{name="value",…}`, or nothing.
    fileprivate var renderedLabels: String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escapedLabel($0.value))\"" }.joined(separator: ",") + "}"
    }
}

/// - Parameter reserved: names that are taken already.
func validate(_ families: [MetricFamily], reserved: Set<String>) throws(MetricsError) {
    var names = reserved
    for family in families {
        guard isName(family.name, colons: true), (family.kind == .counter) == family.name.hasSuffix("_total") else {
            throw .invalidName(family.name)
        }
        guard names.insert(family.name).inserted else { throw .duplicate }
        var samples: Set<String> = []
        for sample in family.samples {
            for label in sample.labels where !isName(label.name, colons: false) || label.name.hasPrefix("__") {
                throw .invalidName(label.name)
            }
            guard Set(sample.labels.map(\.name)).count == sample.labels.count else { throw .duplicate }
            guard samples.insert(sample.renderedLabels).inserted else { throw .duplicate }
        }
    }
}

private func isName(_ name: String, colons: Bool) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return name.utf8.allSatisfy { unit in
        switch unit {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        case UInt8(ascii: ":"): colons
        default: false
        }
    }
}

/// The two comment lines before a metric's samples.
func writeHead(of name: String, _ kind: String, _ help: String, into buffer: ByteBuffer) {
    buffer.append("# HELP ")
    buffer.append(name)
    buffer.append(UInt8(ascii: " "))
    buffer.append(escaped(help, quotes: false))
    buffer.append("\n# TYPE ")
    buffer.append(name)
    buffer.append(UInt8(ascii: " "))
    buffer.append(kind)
    buffer.append(UInt8(ascii: "\n"))
}

/// A label's value as it stands between its quotes.
func escapedLabel(_ value: String) -> String { escaped(value, quotes: true) }

private func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    // By scalars: a carriage return and a newline after it are one Character.
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": escaped += "\\\\"
        case "\n": escaped += "\\n"
        case "\"" where quotes: escaped += "\\\""
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
