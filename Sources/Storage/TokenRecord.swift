// What is kept of a bearer token: never the token, only a MAC of it made in the core.

public struct TokenRecord: Sendable, Equatable {
    /// Unique; names the token in the API and in logs. Not secret.
    public var id: String
    /// MAC of the token, 32 bytes, unique: what a presented token is found by.
    public var mac: [UInt8]
    public var name: String
    public var role: String
    /// Seconds since 1970.
    public var createdAt: Int64
    /// Seconds since 1970; nil for a token without an end. A store keeps expired tokens until they are deleted.
    public var expiresAt: Int64?

    public init(id: String, mac: [UInt8], name: String, role: String, createdAt: Int64, expiresAt: Int64? = nil) {
        self.id = id
        self.mac = mac
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
