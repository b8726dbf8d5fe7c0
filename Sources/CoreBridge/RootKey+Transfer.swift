// Sealed keys that come in from outside, that leave, and that are backed up.

internal import CStrongroomCore

public enum ImportWrapping: UInt32, Sendable {
    /// RSA-OAEP of an AES-256 key, then AES-KWP of the material under that.
    case oaepThenKWP = 1
    /// RSA-OAEP of the material itself.
    case oaep = 2
}

/// A version that was in a backup, sealed again.
public struct RestoredVersion: Sendable {
    public let specification: KeySpecification
    public let sealed: [UInt8]
}

/// What is in a backup beside key material.
public struct BackupContents: Sendable {
    public let versions: Int
    /// As it was given to `backUp`.
    public let metadata: [UInt8]
}

extension RootKey {
    /// Unwraps a key that was wrapped to `importKey`, and gives it sealed.
    public func importKey(
        _ wrapped: UnsafeRawBufferPointer, to importKey: KeyHandle, wrapping: ImportWrapping, hash: Hash,
        as specification: KeySpecification
    ) throws(CoreError) -> [UInt8] {
        var spec = specification.raw
        return try bytesFromCore(capacity: SR_SEALED_KEY_MAX_BYTES) {
            sr_key_import(
                handle, importKey.handle, wrapping.rawValue, hash.rawValue, sr_bytes_t(wrapped), &spec, $0, $1)
        }
    }

    /// Wraps a sealed version's material to an RSA key, SubjectPublicKeyInfo in DER.
    public func exportKey(
        _ sealed: [UInt8], as key: KeyVersionID, to publicKey: UnsafeRawBufferPointer, hash: Hash
    ) throws(CoreError) -> [UInt8] {
        try bytesFromCore(capacity: SR_EXPORT_MAX_BYTES) { room, error in
            sealed.withUnsafeBytes { sealed in
                key.key.withBytes { id in
                    sr_key_export(
                        handle, sr_bytes_t(sealed), sr_bytes_t(id), key.version, sr_bytes_t(publicKey), hash.rawValue,
                        room, error)
                }
            }
        }
    }

    /// Makes a backup of sealed versions, ascending, and of `metadata` (64 KiB at most), which opens with `backupRoot`.
    public func backUp(
        _ key: KeyIdentity, versions: [[UInt8]], metadata: [UInt8], for backupRoot: RootKey
    ) throws(CoreError) -> [UInt8] {
        var list: [UInt8] = []
        list.reserveCapacity(versions.reduce(0) { $0 + 4 + $1.count })
        for version in versions {
            withUnsafeBytes(of: UInt32(clamping: version.count).bigEndian) { list.append(contentsOf: $0) }
            list.append(contentsOf: version)
        }
        // What the core adds to each version is its length, and to the whole a header, a nonce and two tags.
        let capacity = list.count + metadata.count + 256
        return try bytesFromCore(capacity: UInt32(clamping: capacity)) { room, error in
            list.withUnsafeBytes { list in
                metadata.withUnsafeBytes { metadata in
                    key.withBytes { id in
                        sr_key_back_up(
                            handle, backupRoot.handle, sr_bytes_t(id), sr_bytes_t(list), sr_bytes_t(metadata), room,
                            error)
                    }
                }
            }
        }
    }

    /// Reads a backup that was made for this root key.
    public func readBackup(_ backup: UnsafeRawBufferPointer) throws(CoreError) -> BackupContents {
        var versions: UInt64 = 0
        let metadata = try bytesFromCore(capacity: SR_BACKUP_METADATA_MAX_BYTES) {
            sr_backup_read(handle, sr_bytes_t(backup), &versions, $0, $1)
        }
        return BackupContents(versions: Int(clamping: versions), metadata: metadata)
    }

    /// The version at `index` (from 0) of a backup made for `backupRoot`, sealed under this root key.
    public func restore(
        versionAt index: Int, of backup: UnsafeRawBufferPointer, from backupRoot: RootKey
    ) throws(CoreError) -> RestoredVersion {
        var spec = sr_key_spec_t()
        let sealed = try bytesFromCore(capacity: SR_SEALED_KEY_MAX_BYTES) {
            sr_backup_restore(handle, backupRoot.handle, sr_bytes_t(backup), UInt32(clamping: index), &spec, $0, $1)
        }
        guard let specification = KeySpecification(spec) else { throw CoreError(.algorithmUnavailable) }
        return RestoredVersion(specification: specification, sealed: sealed)
    }
}
