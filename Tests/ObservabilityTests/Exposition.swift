// Reads Prometheus's text format, strictly: what the tests accept is what the format allows.

import Synchronization
import Testing

struct Exposition {
    /// In the order in which they stand.
    var series: [(key: String, value: String)] = []
    var types: [String: String] = [:]
    var help: [String: String] = [:]

    func value(_ key: String) -> String? { series.first { $0.key == key }?.value }

    /// Requires: every line a comment or a sample; HELP, then TYPE, before a metric's samples, once; all its samples
    /// together; no series twice; a newline at the end.
    init(_ text: String) throws {
        try #require(text.hasSuffix("\n"))
        var current = ""
        // By scalars: a carriage return before a newline must not hide it.
        for line in text.unicodeScalars.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            let line = String(line)
            if let match = line.wholeMatch(of: /# HELP (\S+) ([^\n]*)/.matchingSemantics(.unicodeScalar)) {
                current = String(match.1)
                try #require(help.updateValue(String(match.2), forKey: current) == nil, "\(line)")
            } else if let match = line.wholeMatch(of: /# TYPE (\S+) (counter|gauge|histogram)/) {
                try #require(match.1 == current && types[current] == nil, "\(line)")
                types[current] = String(match.2)
            } else {
                let match = try #require(line.wholeMatch(of: sample), "\(line)")
                let suffix = match.2.dropFirst(current.count)
                let suffixes = types[current] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                try #require(match.2.hasPrefix(current) && suffixes.contains(String(suffix)), "\(line)")
                try #require(value(String(match.1)) == nil, "\(line)")
                series.append((String(match.1), String(match.4)))
            }
        }
    }

    /// The series, its name and its labels, and the value.
    private var sample: Regex<(Substring, Substring, Substring, Substring?, Substring)> {
        // Names, then labels with their values: any characters but a quote, a backslash and a newline, or these
        // escaped.
        /(([a-zA-Z_:]\w*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (-?[0-9]+(?:\.[0-9]+)?)/
            .matchingSemantics(.unicodeScalar).asciiOnlyWordCharacters()
    }
}

/// Counts up from 1.
final class Counter: Sendable {
    private let value = Atomic<Int64>(0)
    func next() -> Int64 { value.add(1, ordering: .relaxed).newValue }
}
