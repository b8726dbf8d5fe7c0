// Which keys a listing wants, and from where on.

/// A page of one ring's keys in byte order of their names. The next page starts `after` the last name of this one: keys created or
/// deleted in between never make another appear twice or go missing.
public struct KeyQuery: Sendable, Equatable {
    /// Only keys of this ring; empty for the default one.
    public var ring: String
    /// Only names that begin with it.
    public var prefix: String
    /// Only keys that carry this label with exactly this value.
    public var label: Label?
    /// Only names past this one, which need not exist (any more).
    public var after: String?
    /// At most so many; a store gives between 0 and 1000 at once.
    public var limit: Int

    public init(ring: String = "", prefix: String = "", label: Label? = nil, after: String? = nil, limit: Int = 100) {
        self.ring = ring
        self.prefix = prefix
        self.label = label
        self.after = after
        self.limit = limit
    }

    public struct Label: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The most records that one listing gives.
    public static let maximumLimit = 1000
}
