// New versions of keys: by hand, and by themselves when a key's period is over.

internal import CoreBridge
public import Storage

extension KeyService {
    /// Adds a version, which encrypts from now on. Two at once add two.
    /// - Parameter isPermitted: asked when the version is made, which may take seconds, and is about to be stored.
    public func rotateKey(
        _ name: String, if condition: KeyCondition? = nil, ifStill isPermitted: () -> Bool = { true }
    ) throws(ServiceError) -> StoredKey {
        for _ in 0..<Self.attempts {
            let key = try freshKey(name)
            // Before it is made, which may take seconds, and again when it is stored.
            if let condition, !condition(key.stored.key) { throw .revisionMismatch }
            if let rotated = try addVersion(to: key, if: condition, ifStill: isPermitted) { return rotated }
        }
        throw .contended
    }

    /// What a round of rotations came to.
    public struct RotationRound: Sendable {
        public var rotated = 0
        /// Why the first of those that failed did.
        public var failure: ServiceError?
    }

    /// Rotates keys whose period is over, 100 a call at most. One that cannot be rotated does not hold up the others: it is
    /// tried again in an hour, or its period if that is shorter.
    /// - Parameters:
    ///   - isStopping: asked before each key; true ends the round.
    ///   - keep: asked with a key's name just before it is rotated; false leaves it for another time.
    public func rotateDueKeys(
        unless isStopping: () -> Bool = { false }, keeping keep: (String) -> Bool = { _ in true }
    ) throws(ServiceError) -> RotationRound {
        let due: [KeyRecord]
        do { due = try store.keysDueForRotation(at: now(), limit: 100) } catch { throw .storage(error) }
        var round = RotationRound()
        for key in due {
            if isStopping() { break }
            do throws(ServiceError) {
                directory.forget(key.fullName)
                let snapshot = try freshKey(key.fullName)
                // Another replica, or a rotation by hand, may have come first; then nothing is due.
                guard snapshot.stored.key.id == key.id, snapshot.stored.key.latestVersion == key.latestVersion else {
                    continue
                }
                guard keep(key.fullName) else { break }
                if try addVersion(to: snapshot) != nil { round.rotated += 1 }
            } catch .keyNotFound {
                // Deleted a moment ago.
            } catch .keyPendingDeletion {
                // To be deleted since a moment ago.
            } catch {
                round.failure = round.failure ?? error
                postpone(key)
            }
        }
        return round
    }

    /// Nil where another version was added since the key was read.
    private func addVersion(
        to key: KeySnapshot, if condition: KeyCondition? = nil, ifStill isPermitted: () -> Bool = { true }
    ) throws(ServiceError) -> StoredKey? {
        let name = key.stored.key.fullName
        if key.isPendingDeletion { throw .keyPendingDeletion }
        let latest = key.stored.key.latestVersion
        guard latest < Self.highestVersion else { throw .versionNumbersUsedUp }
        let removing = try versionsToRemove(from: key.stored)
        // A destroyed version's rights are gone with it; any other version carries them.
        guard let previous = key.stored.versions.last(where: { $0.sealed != nil })?.sealed else {
            throw .allVersionsDestroyed
        }
        let createdAt = now()
        let sealed: [UInt8]
        do {
            sealed = try root.rotate(
                previous, to: KeyVersionID(key: key.identity, version: UInt32(latest + 1)),
                createdAt: UInt64(clamping: createdAt))
        } catch {
            throw .core(error)
        }
        let version = KeyVersionRecord(
            keyID: key.stored.key.id, version: latest + 1, createdAt: createdAt, sealed: sealed)
        guard isPermitted() else { throw .callerChanged }
        let changed: KeyRecord?
        do {
            changed = try change(name, if: condition) { store throws(StorageError) in
                try store.addVersion(version, expectedLatest: latest, removing: removing)
            }
        } catch .conflict {
            directory.forget(name)
            return nil
        } catch .notFound {
            directory.forget(name)
            throw .keyNotFound
        } catch {
            // What is cached may lack a version now, which is no harm: the next change of the key finds it.
            throw .storage(error)
        }
        guard let record = changed else { throw .revisionMismatch }
        directory.forget(name)
        // A version's state may have changed since the key was read; the answer must not show the old one.
        guard record.revision == key.stored.key.revision + 1 else { return try freshKey(name).stored }
        let kept = key.stored.versions.filter { !removing.contains($0.version) }
        return StoredKey(key: record, versions: kept + [version])
    }

    /// The oldest destroyed versions, where a key has as many versions as it may: their records make room for another.
    private func versionsToRemove(from key: StoredKey) throws(ServiceError) -> [Int] {
        let excess = key.versions.count + 1 - Self.mostVersions
        guard excess > 0 else { return [] }
        let removing = key.versions.filter { $0.state == .destroyed }.prefix(excess).map(\.version)
        guard removing.count == excess else { throw .versionsExhausted }
        return removing
    }

    private func postpone(_ key: KeyRecord) {
        guard let period = key.rotationPeriod else { return }
        var later = key
        later.rotateAt = now() + min(period, 3600)
        // Where this fails too, the next round tries again.
        _ = try? store.updateKey(later, expectedRevision: key.revision)
        directory.forget(key.fullName)
    }

    private static let highestVersion = Int(Int32.max)
    /// All of a key's versions are read together.
    private static let mostVersions = 2000
}
