// The tokens and roles that are known, in memory: who is found by a MAC, and who goes with whom.

internal import CoreBridge
internal import Storage
internal import Synchronization

/// What is known of tokens and roles at one moment.
struct TokenTable: Sendable {
    var tokens: [TokenMAC: KnownToken] = [:]
    var macs: [String: TokenMAC] = [:]
    var roles: [String: KnownRole] = [:]

    mutating func insert(_ record: TokenRecord) throws(StorageError) {
        guard let mac = TokenMAC(bytes: record.mac) else { throw .corrupt }
        tokens[mac] = KnownToken(record)
        macs[record.id] = mac
    }

    mutating func remove(_ id: String) {
        if let mac = macs.removeValue(forKey: id) { tokens.removeValue(forKey: mac) }
    }

    func role(named name: String) -> Role {
        name == Role.administrator.name ? .administrator : roles[name]?.role ?? .none
    }

    /// A token that there is, and all that were made with it, or with those.
    func descendants(of id: String) -> [String] { macs[id] == nil ? [] : descendants(of: [id]) }

    private func descendants(of ids: [String]) -> [String] {
        var children: [String: [String]] = [:]
        for token in tokens.values { if let parent = token.parent { children[parent, default: []].append(token.id) } }
        var found = ids
        var known = Set(ids)
        var at = 0
        while at < found.count {
            for child in children[found[at]] ?? [] where known.insert(child).inserted { found.append(child) }
            at += 1
        }
        return found
    }

    /// Whether these tokens are all that there are of the administrator's without an end: nobody could make another.
    func leavesNoAdministrator(without ids: [String]) -> Bool {
        let lasting = tokens.values.filter { $0.role == Role.administrator.name && $0.expiresAt == nil }
        return !lasting.isEmpty && lasting.allSatisfy { ids.contains($0.id) }
    }

    /// The ids of tokens whose time is over, with all that were made with them; and when others were used since this was asked
    /// last.
    func expired(at time: Int64) -> (ids: [String], used: [String: Int64]) {
        var ids: [String] = []
        var used: [String: Int64] = [:]
        for token in tokens.values {
            if let end = token.expiresAt, end <= time {
                ids.append(token.id)
            } else if let use = token.takeUse() {
                used[token.id] = use
            }
        }
        return (ids.isEmpty ? [] : descendants(of: ids), used)
    }
}

struct KnownRole: Sendable {
    let record: RoleRecord
    let role: Role
}

/// What authenticating needs of a token's record.
final class KnownToken: Sendable {
    let id: String
    let role: String
    let parent: String?
    let expiresAt: Int64?
    let lastUsed: Atomic<Int64>
    private let noted: Atomic<Int64>

    init(_ record: TokenRecord) {
        id = record.id
        role = record.role
        parent = record.parent
        expiresAt = record.expiresAt
        lastUsed = Atomic(record.lastUsedAt ?? 0)
        noted = Atomic(record.lastUsedAt ?? 0)
    }

    /// When it was last used, where that was not given before.
    func takeUse() -> Int64? {
        let use = lastUsed.load(ordering: .relaxed)
        return noted.exchange(use, ordering: .relaxed) == use ? nil : use
    }
}
