// Keys as they stand, kept in memory so that using one does not ask the store.

internal import CoreBridge
internal import Storage
internal import Threading

/// A bounded cache of keys by name, in front of the store. Whoever changes a key in the store forgets it here afterwards.
// SAFETY: nothing unsafe: all state is inside `Locked`.
final class KeyDirectory: Sendable {
    private let store: any Store
    private let state: Locked<State>

    init(store: any Store, capacity: Int) {
        self.store = store
        state = Locked(State(keys: RecentlyUsed(capacity: capacity)))
    }

    /// The key, if it can be had without waiting.
    func cached(_ name: String) -> KeySnapshot? {
        state.withLock { $0.keys.value(for: name) }
    }

    /// The key, from the store if need be.
    func key(_ name: String, waiting: Waiting) throws(ServiceError) -> KeySnapshot {
        if let found = cached(name) { return found }
        guard waiting == .allowed else { throw .wouldBlock }
        let slot = State.slot(of: name)
        let (epoch, turn) = state.withLock { ($0.epoch, $0.turns[slot]) }
        let stored: StoredKey?
        do { stored = try store.key(named: name) } catch { throw .storage(error) }
        guard let stored else { throw .keyNotFound }
        let snapshot = KeySnapshot(stored, epoch: epoch)
        return state.withLock { state in
            let isAlone = state.turns[slot] == turn
            state.turns[slot] &+= 1
            // A change that came between reading and now has forgotten the key; what was read must not bring it back.
            guard state.epoch == epoch else { return snapshot }
            // Another reading ended meanwhile, perhaps of a change that is not acknowledged yet: who saw that is not to see less
            // again. Where the cache does not say which of the two is later, neither is kept.
            if !isAlone {
                guard let other = state.keys.value(for: name), other.stored.key.id == stored.key.id else {
                    return snapshot
                }
                if other.stored.key.revision > stored.key.revision { return other }
            }
            _ = state.keys.insert(snapshot, for: name)
            return snapshot
        }
    }

    /// Whether a key is still as it was read, as far as that is known without asking the store. False says only that it may
    /// not be.
    func isCurrent(_ snapshot: KeySnapshot) -> Bool {
        state.withLock { $0.epoch == snapshot.epoch || $0.keys.value(for: snapshot.stored.key.fullName) === snapshot }
    }

    /// To be called after each change of a key in the store, and before the change is acknowledged.
    func forget(_ name: String) {
        state.withLock { state in
            state.epoch &+= 1
            state.keys.remove(name)
        }
    }

    private struct State {
        var keys: RecentlyUsed<String, KeySnapshot>
        /// Counts changes.
        var epoch: UInt64 = 0
        /// Count readings of the store, by a hash of the name.
        var turns = [UInt64](repeating: 0, count: slots)

        static func slot(of name: String) -> Int { Int(UInt(bitPattern: name.hashValue) % UInt(slots)) }
        private static let slots = 256
    }
}

/// A key with its versions at one moment, never changed.
final class KeySnapshot: Sendable {
    let stored: StoredKey
    let identity: KeyIdentity
    /// The latest enabled version, where it is one that may still decrypt.
    let primary: Int?
    /// The directory's count of changes when it was read.
    let epoch: UInt64

    init(_ stored: StoredKey, epoch: UInt64) {
        self.stored = stored
        self.epoch = epoch
        identity = KeyIdentity(high: stored.key.id.high, low: stored.key.id.low)
        let minimum = stored.key.minDecryptVersion
        primary = stored.versions.last { $0.state == .enabled && $0.version >= minimum }?.version
    }

    var isPendingDeletion: Bool { stored.key.state != .enabled }

    /// Why there is no `primary`, which says what can be done about it.
    var lackOfVersion: ServiceError {
        let kept = stored.versions.filter { $0.state != .destroyed }
        if kept.isEmpty { return .allVersionsDestroyed }
        let minimum = stored.key.minDecryptVersion
        return kept.contains { $0.version >= minimum } ? .noEnabledVersion : .versionsBelowMinimum
    }

    /// Where a version stands in `stored.versions`, if there is one of that number.
    func index(ofVersion number: Int) -> Int? { stored.index(ofVersion: number) }
}

extension StoredKey {
    /// Where a version stands in `versions`, if there is one of that number.
    func index(ofVersion number: Int) -> Int? {
        // Numbers are without gaps until destroyed versions are removed.
        let guess = number - 1
        if versions.indices.contains(guess), versions[guess].version == number { return guess }
        return versions.firstIndex { $0.version == number }
    }
}
