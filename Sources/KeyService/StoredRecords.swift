// Holding a store's records to their MACs, from when there is a root key: under which key they are made, and what becomes of
// records of before there were any.

internal import Bytes
public import CoreBridge
public import Storage

/// What an opened installation says of its records.
public enum RecordEvent: Sendable, Equatable {
    /// It is not as it was written.
    case altered(RecordName)
    /// Those of an earlier release, which had no MACs, were given them as they are.
    case adopted
}

/// The records of an installation whose root key is open.
public enum StoredRecords {
    /// Has the store hold its records to the root key from here on.
    ///
    /// The installation's identity says whether they have MACs at all. It is itself one, so that nobody without the root key
    /// can make an installation look like one of before there were any, whose records are believed once.
    /// - Parameters:
    ///   - identity: as it is stored.
    ///   - report: any thread, perhaps within a transaction of the store.
    /// - Returns: the identity as it is stored now.
    /// - Throws: `wrappedRootMalformed` where the root key is not the installation's.
    public static func authenticate(
        _ store: any Store, with root: RootKey, identity: [UInt8], report: @escaping @Sendable (RecordEvent) -> Void
    ) throws(UnsealError) -> [UInt8] {
        let authenticated: [UInt8]
        let isEarlier: Bool
        do throws(CoreError) {
            authenticated = try self.identity(of: root)
            isEarlier = try root.identity() == identity
            guard isEarlier || authenticated == identity else { throw CoreError(.wrappedRootMalformed) }
        } catch {
            throw .core(error)
        }
        store.authenticateRecords(with: authentication(with: root) { report(.altered($0)) })
        if isEarlier {
            do { try store.adoptRecords(identity: authenticated) } catch { throw .storage(error) }
            report(.adopted)
        }
        return authenticated
    }

    /// What tells installations apart whose records are authenticated: 32 bytes, not secret, that only who has the root key
    /// can make.
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
