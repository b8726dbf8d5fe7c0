// What marks a data store as initialised, and ties it to the root key that seals everything in it.

public struct InstallationRecord: Sendable, Equatable {
    /// The core's public fingerprint of the root key: a start with another root key is noticed by it. Not secret.
    public var rootIdentity: [UInt8]
    /// Seconds since 1970.
    public var createdAt: Int64

    public init(rootIdentity: [UInt8], createdAt: Int64) {
        self.rootIdentity = rootIdentity
        self.createdAt = createdAt
    }
}
