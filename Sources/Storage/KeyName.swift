// Names of keys: a name within a ring, and how the two are written as one.

/// The name of a key. A ring is a set of names of its own; the default ring has no name.
public struct KeyName: Sendable, Hashable {
    /// Empty for the default ring.
    public var ring: String
    public var name: String

    public init(ring: String = "", name: String) {
        self.ring = ring
        self.name = name
    }

    /// Of a full name: `ring:name`, or `name` in the default ring.
    public init(_ full: String) {
        if let colon = full.utf8.firstIndex(of: UInt8(ascii: ":")) {
            self.init(ring: String(full[..<colon]), name: String(full[full.utf8.index(after: colon)...]))
        } else {
            self.init(name: full)
        }
    }

    /// `ring:name`, or `name` in the default ring.
    public var full: String { ring.isEmpty ? name : ring + ":" + name }
}
