// The installation, its root key and the exchange of that, and where the audit trail ended.

public import Storage

extension AuthenticatedStore {
    public func installation() throws(StorageError) -> InstallationRecord? {
        try read { records, _ in try records.installation() }
    }

    public func createInstallation(
        _ installation: InstallationRecord, firstToken: TokenRecord
    ) throws(StorageError) {
        guard installation.rotation == nil else { throw .conflict }
        try write { records, authentication in
            try records.insert(installation)
            try records.insert(authentication.authenticated(firstToken))
            try put(.none, records, authentication)
            try beginSets(records, authentication)
        }
    }

    public func setWrappedRoot(_ wrapped: [UInt8], expected: [UInt8]) throws(StorageError) {
        try write { records, _ in try records.setWrappedRoot(wrapped, expected: expected) }
        try records.eraseRemains()
    }

    // MARK: Audit

    public func auditAnchor() throws(StorageError) -> AuditAnchorRecord? {
        try read { records, authentication in
            let identity = try records.installation()?.rootIdentity
            if identity == nil, case nil = try records.auditAnchor() { return nil }
            return try anchor(records, authentication, of: identity ?? [])
        }
    }

    public func setAuditAnchor(_ anchor: AuditAnchorRecord) throws(StorageError) {
        try write { records, authentication in try put(anchor, records, authentication) }
    }

    private func put(
        _ anchor: AuditAnchorRecord, _ records: Records.Transaction, _ authentication: RecordAuthentication?
    ) throws {
        let identity = try records.installation()?.rootIdentity ?? []
        let mac = try authentication?.mac(anchor.recordBytes(of: identity))
        try records.setAuditAnchor(Authenticated(anchor, mac: mac))
    }

    /// Throws `.altered`, and reports it, where there is none.
    private func anchor(
        _ records: Records.Transaction, _ authentication: RecordAuthentication?, of identity: [UInt8]
    ) throws -> AuditAnchorRecord {
        if let found = try records.auditAnchor(),
            try authentication.accepts(found.mac, of: found.record.recordBytes(of: identity))
        {
            return found.record
        }
        authentication?.reportAltered(.auditAnchor)
        throw StorageError.altered
    }

    // MARK: Exchange of the root key

    public func beginRootRotation(_ rotation: RootRotationRecord) throws(StorageError) {
        try write { records, _ in
            try records.begin(rotation)
            _ = try records.deleteImportKeys(expiredAt: .max)
        }
    }

    public func sealedVersions(
        after version: (keyID: KeyID, version: Int)?, limit: Int
    ) throws(StorageError) -> [KeyVersionRecord] {
        try read { records, _ in try records.sealedVersions(after: version, limit: limit) }
    }

    public func versionsToReseal(limit: Int) throws(StorageError) -> [KeyVersionRecord] {
        try read { records, _ in try records.sealedVersions(after: records.resealedVersion(), limit: limit) }
    }

    public func storeResealed(_ versions: [KeyVersionRecord]) throws(StorageError) {
        guard !versions.isEmpty else { return }
        guard versions.allSatisfy({ $0.sealed != nil }) else { throw .conflict }
        try write { records, _ in try records.storeResealed(versions) }
    }

    public func finishRootRotation(authenticatingWith next: RecordAuthentication) throws(StorageError) {
        try write { records, authentication in
            // Not before: what was altered would have a MAC of its own from then on.
            try check(records, authentication, then: next)
            try records.finishRotation()
        }
        authenticateRecords(with: next)
        try records.eraseRemains()
    }

    public func checkRecords() throws(StorageError) {
        try read { records, authentication in try check(records, authentication, then: nil) }
    }

    /// Looks at every record, and gives each that is as it was written a MAC of `next`.
    /// - Throws: `.altered` where one was not, when all were looked at.
    private func check(
        _ records: Records.Transaction, _ authentication: RecordAuthentication?, then next: RecordAuthentication?
    ) throws {
        var isSound = true
        func look<Record: AuthenticatedRecord>(_ found: Authenticated<Record>, _ place: RecordPlace) throws {
            guard try authentication.holds(found) else { return isSound = false }
            if let next { try records.setMAC(next.mac(found.record.recordBytes), of: place) }
        }
        try pages({ try records.keyIDs(after: $0, limit: Self.checkedTogether) }) { id in
            guard let found = try records.key(id: id) else { throw StorageError.corrupt }
            try look(found, .key(id))
            for version in found.record.versions {
                do {
                    let uses = try authentication.checked(records.uses(of: version.version, of: id)) {
                        found.record.key.fullName
                    }
                    if let next {
                        try records.setMAC(next.mac(uses.recordBytes), of: .uses(id, version: version.version))
                    }
                } catch StorageError.altered {
                    isSound = false
                }
            }
        }
        if try !isCounted(records, authentication) { isSound = false }
        let (roles, areAll) = try soundRoles(records, authentication)
        if !areAll { isSound = false }
        if let next {
            for role in roles { try records.setMAC(next.mac(role.recordBytes), of: .role(name: role.name)) }
        }
        var references = References(of: self, records, authentication, roles: Set(roles.map(\.name)))
        try pages({ try records.tokens(after: $0?.record.id ?? "", limit: Self.checkedTogether) }) { token in
            guard try references.holds(token) else { return isSound = false }
            if let next {
                try records.setMAC(next.mac(token.record.recordBytes), of: .token(id: token.record.id))
            }
        }
        for approval in try records.approvals() { try look(approval, .approval(id: approval.record.id)) }
        for key in try records.importKeys() { try look(key, .importKey(key.record.id)) }
        if let installation = try records.installation() {
            do {
                let noted = try anchor(records, authentication, of: installation.rootIdentity)
                if let next, let identity = installation.rotation?.rootIdentity {
                    let mac = try next.mac(noted.recordBytes(of: identity))
                    try records.setAuditAnchor(Authenticated(noted, mac: mac))
                }
            } catch StorageError.altered {
                isSound = false
            }
        }
        guard isSound else { throw StorageError.altered }
        if let next { try authenticateSets(records, authentication, then: next, roles: roles) }
    }

    /// There may be millions.
    private func pages<Item>(_ page: (Item?) throws -> [Item], _ body: (Item) throws -> Void) throws {
        var last: Item?
        while true {
            let items = try page(last)
            guard let end = items.last else { return }
            try items.forEach(body)
            last = end
        }
    }

    private static var checkedTogether: Int { 500 }
}
