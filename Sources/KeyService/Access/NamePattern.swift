// Patterns of names: `*` stands for any characters, `?` for one, and neither for the colon between a ring and a name.

/// A pattern that names of keys or roles are held against. Matching takes time in proportion to the name and pattern, whatever they are.
///
/// A pattern without a colon means names of the default ring. One with a colon means those of the rings that match what stands
/// before it, and the default ring's where that is `*`.
public struct NamePattern: Sendable, Equatable {
    private let name: [UInt8]
    /// Nil: the default ring alone.
    private let ring: [UInt8]?
    private let matchesAllNames: Bool
    private let matchesAllRings: Bool
    /// Whether it has no `*` and no `?`.
    public let isLiteral: Bool

    public init(_ text: String) {
        let bytes = Array(text.utf8)
        let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        name = colon.map { Array(bytes[($0 + 1)...]) } ?? bytes
        ring = colon.map { Array(bytes[..<$0]) }
        matchesAllNames = name == [UInt8(ascii: "*")]
        matchesAllRings = ring == [UInt8(ascii: "*")]
        isLiteral = !bytes.contains(UInt8(ascii: "*")) && !bytes.contains(UInt8(ascii: "?"))
    }

    /// Whether no name of the default ring is outside of it: it has a `*`, and nothing but that and what the shortest name has
    /// room for.
    var matchesEverything: Bool {
        let ring = ring ?? [UInt8(ascii: "*")]
        return ring.allSatisfy { $0 == UInt8(ascii: "*") } && !ring.isEmpty && name.contains(UInt8(ascii: "*"))
            && name.count { $0 != UInt8(ascii: "*") } <= 1
            && name.allSatisfy { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    /// - Parameter full: with its ring, as `ring:name`.
    public func matches(_ full: String) -> Bool {
        if matchesAllNames, matchesAllRings { return true }
        var full = full
        return full.withUTF8 { full in
            let colon = full.firstIndex(of: UInt8(ascii: ":"))
            switch (ring, colon) {
            case (nil, nil): return matchesAllNames || Self.match(name, full)
            case (nil, _?): return false
            case (let ring?, nil):
                return Self.match(ring, UnsafeBufferPointer(rebasing: full[..<0])) && Self.match(name, full)
            case (let ring?, let colon?):
                return Self.match(ring, UnsafeBufferPointer(rebasing: full[..<colon]))
                    && Self.match(name, UnsafeBufferPointer(rebasing: full[(colon + 1)...]))
            }
        }
    }

    private static func match(_ pattern: [UInt8], _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        pattern.withUnsafeBufferPointer { match($0, name) }
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
