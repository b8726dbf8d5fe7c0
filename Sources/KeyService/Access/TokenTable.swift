// The tokens and roles that are known, in memory: who is found by a MAC, and who goes with whom.

internal import CoreBridge
internal import Storage
internal import Synchronization

/// What is known of tokens and roles at one moment.
struct TokenTable: Sendable {
    var tokens: [TokenMAC: KnownToken] = [:]
    var macs: [String: TokenMAC] = [:]
    var roles: [String: KnownRole] = [:]
    /// How many tokens each has who logged in.
    private(set) var identities: [String: Int] = [:]

    mutating func insert(_ record: TokenRecord) throws(StorageError) {
        guard let mac = TokenMAC(bytes: record.mac) else { throw .corrupt }
        if tokens[mac] == nil, let identity = record.identity { identities[identity, default: 0] += 1 }
        // One that is renewed has been used as before.
        tokens[mac] = KnownToken(record, use: tokens[mac]?.use ?? TokenUse(record.lastUsedAt))
        macs[record.id] = mac
    }

    func token(_ id: String) -> KnownToken? { macs[id].flatMap { tokens[$0] } }

    mutating func remove(_ id: String) {
        guard let mac = macs.removeValue(forKey: id), let known = tokens.removeValue(forKey: mac),
            let identity = known.identity, let count = identities[identity]
        else { return }
        identities[identity] = count > 1 ? count - 1 : nil
    }

    func role(named name: String) -> Role {
        name == Role.administrator.name ? .administrator : roles[name]?.role ?? .none
    }

    /// A token that there is, and all that were made with it, or with those.
    func descendants(of id: String) -> [String] { macs[id] == nil ? [] : descendants(of: [id]) }

    /// Whether of two tokens one is the other, or was made with it, or with one that was.
    func isRelated(_ one: String, _ other: String) -> Bool {
        isAncestor(one, of: other) || isAncestor(other, of: one)
    }

    private func isAncestor(_ ancestor: String, of id: String) -> Bool {
        var id: String? = id
        while let at = id {
            if at == ancestor { return true }
            id = token(at)?.parent
        }
        return false
    }

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

    /// The ids of tokens whose time is over, with all that were made with them; and when others were used, where that is not
    /// noted.
    func expired(at time: Int64) -> (ids: [String], used: [String: Int64]) {
        var ids: [String] = []
        var used: [String: Int64] = [:]
        for token in tokens.values {
            if let end = token.expiresAt, end <= time {
                ids.append(token.id)
            } else if let time = token.use.unnoted {
                used[token.id] = time
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
struct KnownToken: Sendable {
    let id: String
    let role: String
    let parent: String?
    let expiresAt: Int64?
    let identity: String?
    let use: TokenUse

    init(_ record: TokenRecord, use: TokenUse) {
        id = record.id
        role = record.role
        parent = record.parent
        expiresAt = record.expiresAt
        identity = record.identity
        self.use = use
    }

    /// Whether it has not expired.
    @inline(__always)
    func stands(at time: Int64) -> Bool { expiresAt.map { $0 > time } ?? true }
}

/// When a token was last used, in seconds since 1970 (0: never), and what the store knows of that. Any thread.
final class TokenUse: Sendable {
    private let last: Atomic<Int64>
    private let noted: Atomic<Int64>
    let rates = TokenRates()

    init(_ noted: Int64?) {
        last = Atomic(noted ?? 0)
        self.noted = Atomic(noted ?? 0)
    }

    var time: Int64 { last.load(ordering: .relaxed) }

    func set(_ time: Int64) {
        // Most requests come in a second that had one.
        if last.load(ordering: .relaxed) != time { last.store(time, ordering: .relaxed) }
    }

    /// Nil where the store knows it.
    var unnoted: Int64? { time == noted.load(ordering: .relaxed) ? nil : time }

    func note(_ time: Int64) { noted.store(time, ordering: .relaxed) }
}
