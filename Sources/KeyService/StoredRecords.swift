// Holding a store's records to their MACs, from when there is a root key.

public import CoreBridge
public import Storage

/// The records of an installation whose root key is open.
public enum StoredRecords {
    /// Has the store hold its records to the root key from here on.
    ///
    /// - Parameters:
    ///   - identity: the installation's, as it is stored.
    ///   - report: told of records that are not as they were written; any thread, perhaps within a transaction of the
    ///     store.
    /// - Throws: `wrappedRootMalformed` where the root key is not the installation's.
    public static func authenticate(
        _ store: any Store, with root: RootKey, identity: [UInt8], report: @escaping @Sendable (RecordName) -> Void
    ) throws(UnsealError) {
        do throws(CoreError) {
            guard try self.identity(of: root) == identity else { throw CoreError(.wrappedRootMalformed) }
        } catch {
            throw .core(error)
        }
        store.authenticateRecords(with: authentication(with: root, reportAltered: report))
    }

    /// What tells installations apart: 32 bytes, not secret, that only who has the root key can make.
    public static func identity(of root: RootKey) throws(CoreError) -> [UInt8] {
        try root.recordMAC(Array("strongroom/installation/1".utf8) + root.identity())
    }

    /// For a store whose records are authenticated with this root key.
    public static func authentication(
        with root: RootKey, reportAltered: @escaping @Sendable (RecordName) -> Void
    ) -> RecordAuthentication {
        RecordAuthentication(
            mac: { record throws(StorageError) in
                do { return try root.recordMAC(record.bytes) } catch { throw .recordKeyUnavailable }
            }, reportAltered: reportAltered)
    }
}
