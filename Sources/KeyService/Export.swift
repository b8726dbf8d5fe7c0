// Keys that leave: wrapped to a key of the receiver's, in a build that can, where it is allowed.

public import CoreBridge
internal import Storage

/// A version's material, wrapped.
public struct ExportedKey: Sendable {
    public let version: Int
    /// RSA-OAEP of an AES-256 key, then AES-KWP of the material under it.
    public let wrapped: [UInt8]
}

extension KeyService {
    /// Wraps a version's material to `publicKey`, an RSA key of 2048 bits or more as SubjectPublicKeyInfo in DER.
    /// - Parameters:
    ///   - version: nil for the latest enabled one.
    ///   - hash: of RSA-OAEP.
    public func exportKey(
        _ name: String, version: Int?, to publicKey: UnsafeRawBufferPointer, hash: Hash
    ) throws(ServiceError) -> ExportedKey {
        do { try core.require(.export) } catch { throw .core(error) }
        let key = try freshKey(name)
        if key.isPendingDeletion { throw .keyPendingDeletion }
        guard let number = version ?? key.primary else { throw key.lackOfVersion }
        guard let index = key.index(ofVersion: number) else { throw .versionNotFound }
        let record = key.stored.versions[index]
        switch record.state {
        case .enabled: break
        case .disabled: throw .versionDisabled
        case .destroyed: throw .versionDestroyed
        }
        guard let sealed = record.sealed else { throw .storage(.corrupt) }
        do {
            let wrapped = try root.exportKey(
                sealed, as: KeyVersionID(key: key.identity, version: UInt32(clamping: number)), to: publicKey,
                hash: hash)
            return ExportedKey(version: number, wrapped: wrapped)
        } catch {
            throw .core(error)
        }
    }
}
