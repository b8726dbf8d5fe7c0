// What belongs together: no record of a set is removed or put back without being missed, and no record names another that
// is not there.

public import Storage
internal import Threading

extension AuthenticatedStore {
    public func checkSets() throws(StorageError) {
        let isWhole = try read { records, authentication in
            let isCounted = try isCounted(records, authentication)
            return try soundRoles(records, authentication).areAll && isCounted
        }
        guard isWhole else { throw .altered }
    }

    /// Counts records that are added or removed. Nothing is counted before there is an installation.
    /// - Throws: `.altered`, with a report, where what was counted before is not as it was written.
    func count(
        _ change: Int64, in kind: RecordSet.Kind, _ records: Records.Transaction,
        _ authentication: RecordAuthentication?, members: (inout [RecordSet.Member]) -> Void = { _ in }
    ) throws {
        guard try records.installation() != nil else { return }
        var set = try storedSet(kind, records, authentication)
        let count = set.count.addingReportingOverflow(change)
        guard !count.overflow, count.partialValue >= 0 else { throw StorageError.corrupt }
        set.count = count.partialValue
        members(&set.members)
        if kind == .roles {
            set.members.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            set.count = Int64(set.members.count)
        }
        try records.put(authentication.authenticated(set))
    }

    /// Begins the counts, with an installation.
    func beginSets(_ records: Records.Transaction, _ authentication: RecordAuthentication?) throws {
        for kind in RecordSet.Kind.allCases {
            let roles = kind == .roles ? try records.roles() : []
            let members = roles.map { RecordSet.Member(name: $0.record.name, mac: $0.mac) }
            try records.put(
                authentication.authenticated(
                    RecordSet(kind: kind, count: records.count(of: kind), members: members)))
        }
    }

    /// Gives the counts MACs of `next`, with the roles as they were checked.
    func authenticateSets(
        _ records: Records.Transaction, _ authentication: RecordAuthentication?, then next: RecordAuthentication,
        roles: [RoleRecord]
    ) throws {
        guard try records.installation() != nil else { return }
        for kind in RecordSet.Kind.allCases {
            var set = try storedSet(kind, records, authentication)
            if kind == .roles {
                set.members = try roles.map {
                    RecordSet.Member(name: $0.name, mac: try next.mac($0.recordBytes))
                }
            }
            try records.put(Optional(next).authenticated(set))
        }
    }

    /// Whether there are as many records as were counted; reported where not, once for each difference.
    func isCounted(_ records: Records.Transaction, _ authentication: RecordAuthentication?) throws -> Bool {
        guard let authentication, try records.installation() != nil else { return true }
        var isCounted = true
        for kind in RecordSet.Kind.allCases {
            do {
                let difference = try records.count(of: kind) - storedSet(kind, records, authentication).count
                let before = differences.withLock { $0.updateValue(difference, forKey: kind) }
                guard difference != 0 else { continue }
                isCounted = false
                if before != difference { authentication.reportAltered(.set(kind)) }
            } catch StorageError.altered {
                isCounted = false
            }
        }
        return isCounted
    }

    /// The roles that are as they were written, by name; the others are reported, also those that are gone.
    func soundRoles(
        _ records: Records.Transaction, _ authentication: RecordAuthentication?
    ) throws -> (roles: [RoleRecord], areAll: Bool) {
        let found = try records.roles()
        guard let authentication, try records.installation() != nil else {
            let sound = try found.filter { try authentication.holds($0) }
            return (sound.map(\.record), sound.count == found.count)
        }
        let members: [RecordSet.Member]
        do { members = try storedSet(.roles, records, authentication).members } catch StorageError.altered {
            return ([], false)
        }
        let listed = Dictionary(members.map { ($0.name, $0.mac) }) { first, _ in first }
        var sound: [RoleRecord] = []
        for role in found where try Optional(authentication).holds(role) {
            if listed[role.record.name] == role.mac {
                sound.append(role.record)
            } else {
                authentication.reportAltered(role.record.recordName)
            }
        }
        let names = Set(found.map(\.record.name))
        let missing = members.filter { !names.contains($0.name) }
        for member in missing { authentication.reportAltered(.role(name: member.name)) }
        return (sound, sound.count == found.count && missing.isEmpty)
    }

    /// Whether a role is as it was last written; reported where it is not.
    func isListed(
        _ role: Authenticated<RoleRecord>, _ records: Records.Transaction, _ authentication: RecordAuthentication?
    ) throws -> Bool {
        guard try authentication.holds(role) else { return false }
        guard let authentication, try records.installation() != nil else { return true }
        let members = try storedSet(.roles, records, authentication).members
        if members.contains(RecordSet.Member(name: role.record.name, mac: role.mac)) { return true }
        authentication.reportAltered(role.record.recordName)
        return false
    }

    /// Throws `.altered`, and reports it, where the count is missing or not as it was written.
    func storedSet(
        _ kind: RecordSet.Kind, _ records: Records.Transaction, _ authentication: RecordAuthentication?
    ) throws -> RecordSet {
        if let found = try records.set(kind) {
            try authentication.check(found)
            guard found.record.kind == kind else { throw StorageError.corrupt }
            return found.record
        }
        authentication?.reportAltered(.set(kind))
        throw StorageError.altered
    }
}

/// Whether what tokens name is there, as it was written: the tokens that they go with, and their roles. Without a role that
/// denies, a token could do more.
struct References<Records: RecordStore> {
    private let store: AuthenticatedStore<Records>
    private let records: Records.Transaction
    private let authentication: RecordAuthentication?
    private var roles: Set<String>?
    private var tokens: [String: Bool] = [:]

    init(
        of store: AuthenticatedStore<Records>, _ records: Records.Transaction,
        _ authentication: RecordAuthentication?, roles: Set<String>? = nil
    ) {
        self.store = store
        self.records = records
        self.authentication = authentication
        self.roles = roles
    }

    /// Whether the token is a record; reported where it is not.
    mutating func holds(_ token: Authenticated<TokenRecord>) throws -> Bool {
        guard try authentication.holds(token) else { return false }
        guard let authentication else { return true }
        // Known from now on: its MAC may be exchanged before those that were made with it are looked at.
        tokens[token.record.id] = true
        for maker in token.record.makers.prefix(token.record.boundMakers) where try !isThere(maker.id) {
            authentication.reportAltered(token.record.recordName)
            return false
        }
        for role in token.record.roles where try role != RoleRecord.builtIn && !soundRoles().contains(role) {
            authentication.reportAltered(token.record.recordName)
            return false
        }
        return true
    }

    private mutating func isThere(_ id: String) throws -> Bool {
        if let known = tokens[id] { return known }
        let found = try records.token(id: id)
        let isThere = try found.map { try $0.record.id == id && authentication.holds($0) } ?? false
        tokens[id] = isThere
        return isThere
    }

    private mutating func soundRoles() throws -> Set<String> {
        if let roles { return roles }
        let sound = Set(try store.soundRoles(records, authentication).roles.map(\.name))
        roles = sound
        return sound
    }
}
