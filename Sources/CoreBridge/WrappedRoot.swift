// Root keys as an installation keeps them: wrapped under an unseal key.

internal import CStrongroomCore

/// A wrapped root key. Not secret; authenticated when it is opened.
public struct WrappedRoot: Equatable, Sendable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// How the unseal key is had.
    public enum Method: Equatable, Sendable {
        case file
        /// The base-2 logarithm of scrypt's N.
        case passphrase(cost: Int)
        case shares(threshold: Int, count: Int)
    }

    /// As the wrapped key says, before anything of it is authenticated.
    public func method() throws(CoreError) -> Method {
        var found = sr_root_method_t()
        try callCore { error in bytes.withUnsafeBytes { sr_root_method(sr_bytes_t($0), &found, error) } }
        switch found.method {
        case SR_UNSEAL_FILE: return .file
        case SR_UNSEAL_PASSPHRASE: return .passphrase(cost: Int(found.cost))
        case SR_UNSEAL_SHARES: return .shares(threshold: Int(found.threshold), count: Int(found.count))
        default: throw CoreError(.wrappedRootMalformed)
        }
    }

    /// Opens it.
    public func open(with key: UnsealKey) throws(CoreError) -> RootKey {
        var root = sr_root_t()
        try callCore { error in bytes.withUnsafeBytes { sr_root_open(key.handle, sr_bytes_t($0), &root, error) } }
        return RootKey(taking: root)
    }

    /// The root key that follows this one, wrapped under the same unseal key. It knows the tokens of this one, and reads its
    /// backups.
    public func rotated(with key: UnsealKey) throws(CoreError) -> WrappedRoot {
        WrappedRoot(
            bytes: try bytesFromCore(capacity: SR_WRAPPED_ROOT_MAX_BYTES) { room, error in
                bytes.withUnsafeBytes { sr_root_rotate(key.handle, sr_bytes_t($0), room, error) }
            })
    }

    /// The same root key under another unseal key.
    public func rewrapped(from key: UnsealKey, to other: UnsealKey) throws(CoreError) -> WrappedRoot {
        WrappedRoot(
            bytes: try bytesFromCore(capacity: SR_WRAPPED_ROOT_MAX_BYTES) { room, error in
                bytes.withUnsafeBytes {
                    sr_root_rewrap(key.handle, other.handle, sr_bytes_t($0), room, error)
                }
            })
    }
}

extension RootKey {
    /// Makes a root key, and gives it with its wrapped form.
    public static func create(under key: UnsealKey) throws(CoreError) -> (root: RootKey, wrapped: WrappedRoot) {
        var root = sr_root_t()
        let wrapped = try bytesFromCore(capacity: SR_WRAPPED_ROOT_MAX_BYTES) {
            sr_root_create(key.handle, $0, &root, $1)
        }
        return (RootKey(taking: root), WrappedRoot(bytes: wrapped))
    }

    /// Seals a version under this root key that was sealed under another, as it was.
    public func reseal(_ sealed: [UInt8], as key: KeyVersionID, from other: RootKey) throws(CoreError) -> [UInt8] {
        try Self.check(sealed: sealed)
        return try bytesFromCore(capacity: SR_SEALED_KEY_MAX_BYTES) { room, error in
            sealed.withUnsafeBytes { sealed in
                key.key.withBytes { id in
                    sr_key_reseal(
                        other.handle, handle, sr_bytes_t(sealed), sr_bytes_t(id), key.version, room, error)
                }
            }
        }
    }
}
