// Patterns of names: `*` stands for any characters, `?` for one.

/// A pattern that names of keys or roles are held against. Matching takes time in proportion to the name and pattern, whatever they are.
public struct NamePattern: Sendable, Equatable {
    private let text: [UInt8]
    private let matchesAll: Bool

    public init(_ text: String) {
        self.text = Array(text.utf8)
        matchesAll = text == "*"
    }

    /// Whether no name is outside of it: it has a `*`, and nothing but that and what the shortest name has room for.
    var matchesEverything: Bool {
        text.contains(UInt8(ascii: "*")) && text.count { $0 != UInt8(ascii: "*") } <= 1
            && text.allSatisfy { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    public func matches(_ name: String) -> Bool {
        if matchesAll { return true }
        var name = name
        return name.withUTF8 { name in text.withUnsafeBufferPointer { Self.match($0, name) } }
    }

    /// After a `*` the shortest run is tried first, and one more character each time that what follows does not fit; going back
    /// to the last `*` alone is enough, since what an earlier one would try a later one tries too.
    private static func match(_ pattern: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var (at, place) = (0, 0)
        var retry: (at: Int, place: Int)?
        while place < name.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                at += 1
                retry = (at, place)
            } else if at < pattern.count, pattern[at] == name[place] || pattern[at] == UInt8(ascii: "?") {
                at += 1
                place += 1
            } else if let last = retry {
                retry = (last.at, last.place + 1)
                (at, place) = (last.at, last.place + 1)
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == UInt8(ascii: "*") { at += 1 }
        return at == pattern.count
    }
}
