// What marks a data store as initialised, ties it to the root key that seals everything in it, and keeps that root key,
// wrapped.

public struct InstallationRecord: Sendable, Equatable {
    /// A MAC that only who has the root key can make: a start with another root key is noticed by it. Not secret.
    public var rootIdentity: [UInt8]
    /// Seconds since 1970.
    public var createdAt: Int64
    /// The root key, wrapped under an unseal key.
    public var wrappedRoot: [UInt8]
    /// The exchange of the root key that is under way.
    public var rotation: RootRotationRecord?

    public init(
        rootIdentity: [UInt8], createdAt: Int64, wrappedRoot: [UInt8], rotation: RootRotationRecord? = nil
    ) {
        self.rootIdentity = rootIdentity
        self.createdAt = createdAt
        self.wrappedRoot = wrappedRoot
        self.rotation = rotation
    }
}

/// The root key that is to follow the installation's.
public struct RootRotationRecord: Sendable, Equatable {
    public var rootIdentity: [UInt8]
    public var wrappedRoot: [UInt8]

    public init(rootIdentity: [UInt8], wrappedRoot: [UInt8]) {
        self.rootIdentity = rootIdentity
        self.wrappedRoot = wrappedRoot
    }
}
