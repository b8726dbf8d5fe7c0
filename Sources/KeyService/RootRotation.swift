// The exchange of an installation's root key: every sealed version is sealed anew, a page at a time, so that a process that is
// killed at any point goes on from there.

public import CoreBridge
public import Storage
internal import Threading

/// Exchanges root keys while nothing else uses the store.
public enum RootRotation {
    /// Why the root key was not exchanged.
    public enum Failure: Error, Equatable, Sendable {
        /// The data folder has no installation yet: the first start makes one.
        case notInitialised
        /// These records are not as they were written: before the rotation began, so that nothing was changed.
        case altered([RecordName])
        /// A version does not open: before the rotation began, so that nothing was changed.
        case damaged(keyID: KeyID, version: Int)
        case core(CoreError)
        case storage(StorageError)
    }

    /// Begins a rotation, or goes on with one that was cut short, and finishes it.
    /// - Parameter report: told how many versions were resealed so far.
    /// - Returns: how many versions this call resealed.
    public static func run(
        _ store: any Store, with key: UnsealKey, report: (Int) -> Void = { _ in }
    ) throws(Failure) -> Int {
        do {
            guard let installation = try store.installation() else { throw Failure.notInitialised }
            let old = WrappedRoot(bytes: installation.wrappedRoot)
            let root = try old.open(with: key)
            let altered = Locked<[RecordName]>([])
            let reportAltered: @Sendable (RecordName) -> Void = { record in altered.withLock { $0.append(record) } }
            do {
                try StoredRecords.authenticate(
                    store, with: root, identity: installation.rootIdentity, report: reportAltered)
                try store.checkRecords()
            } catch StorageError.altered {
                throw Failure.altered(altered.withLock { $0 })
            }
            let rotation: RootRotationRecord
            let next: RootKey
            if let begun = installation.rotation {
                rotation = begun
                next = try WrappedRoot(bytes: begun.wrappedRoot).open(with: key)
            } else {
                let rotated = try old.rotated(with: key)
                next = try rotated.open(with: key)
                rotation = RootRotationRecord(
                    rootIdentity: try StoredRecords.identity(of: next), wrappedRoot: rotated.bytes)
                try check(store, root, next)
                try store.beginRootRotation(rotation)
            }
            var count = 0
            while true {
                let page = try store.versionsToReseal(limit: pageSize)
                if page.isEmpty { break }
                try store.storeResealed(page.map { version in try version.resealed(from: root, to: next) })
                count += page.count
                report(count)
            }
            try store.finishRootRotation(
                authenticatingWith: StoredRecords.authentication(with: next, reportAltered: reportAltered))
            return count
        } catch let error as Failure {
            throw error
        } catch let error as CoreError {
            throw .core(error)
        } catch let error as StorageError {
            throw .storage(error)
        } catch UnsealError.core(let error) {
            throw .core(error)
        } catch UnsealError.storage(let error) {
            throw .storage(error)
        } catch {
            // The five above are all that is thrown here.
            throw .core(CoreError(.internalError))
        }
    }

    /// That every version can be resealed.
    private static func check(_ store: any Store, _ root: RootKey, _ next: RootKey) throws {
        var last: (keyID: KeyID, version: Int)?
        while true {
            let page = try store.sealedVersions(after: last, limit: pageSize)
            guard let end = page.last else { return }
            for version in page {
                do {
                    _ = try version.resealed(from: root, to: next)
                } catch {
                    throw Failure.damaged(keyID: version.keyID, version: version.version)
                }
            }
            last = (end.keyID, end.version)
        }
    }

    /// Versions that are written in one transaction.
    private static let pageSize = 500
}

extension KeyVersionRecord {
    fileprivate func resealed(from root: RootKey, to next: RootKey) throws(CoreError) -> KeyVersionRecord {
        guard let sealed else { throw CoreError(.sealedBlobMalformed) }
        var version = self
        version.sealed = try next.reseal(
            sealed,
            as: KeyVersionID(
                key: KeyIdentity(high: keyID.high, low: keyID.low), version: UInt32(clamping: self.version)),
            from: root)
        return version
    }
}
