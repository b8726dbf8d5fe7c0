// Tokens, roles and approvals: who may do what.

public import Storage

extension AuthenticatedStore {
    // MARK: Tokens

    public func insertToken(_ token: TokenRecord) throws(StorageError) {
        try write { records, authentication in
            try records.insert(authentication.authenticated(token))
            try count(1, in: .tokens, records, authentication)
        }
    }

    public func token(mac: [UInt8]) throws(StorageError) -> TokenRecord? {
        try read { records, authentication in
            var references = References(of: self, records, authentication)
            guard let found = try records.token(mac: mac), try references.holds(found) else { return nil }
            guard found.record.mac == mac else { throw StorageError.corrupt }
            return found.record
        }
    }

    public func tokens(after: String?, limit: Int) throws(StorageError) -> [TokenRecord] {
        try read { records, authentication in
            var tokens: [TokenRecord] = []
            var references = References(of: self, records, authentication)
            var last = after ?? ""
            // Altered ones are left out, and others take their place: a short page is the last.
            while tokens.count < Self.page(limit) {
                let page = try records.tokens(after: last, limit: Self.page(limit) - tokens.count)
                guard let end = page.last else { break }
                for token in page where try references.holds(token) { tokens.append(token.record) }
                last = end.record.id
            }
            return tokens
        }
    }

    public func setTokenExpiry(id: String, expiresAt: Int64?) throws(StorageError) {
        try write { records, authentication in
            var references = References(of: self, records, authentication)
            guard let found = try records.token(id: id), try references.holds(found) else {
                throw StorageError.notFound
            }
            guard found.record.id == id else { throw StorageError.corrupt }
            var token = found.record
            token.expiresAt = expiresAt
            try records.update(authentication.authenticated(token))
        }
    }

    public func noteTokenUses(_ uses: [String: Int64]) throws(StorageError) {
        try write { records, _ in try records.noteTokenUses(uses) }
    }

    public func deleteTokens(ids: [String]) throws(StorageError) {
        try write { records, authentication in
            let removed = try records.deleteTokens(ids: ids)
            if removed > 0 { try count(-Int64(removed), in: .tokens, records, authentication) }
        }
    }

    // MARK: Roles

    public func roles() throws(StorageError) -> [RoleRecord] {
        try read { records, authentication in try soundRoles(records, authentication).roles }
    }

    public func putRole(_ role: RoleRecord, expectedRevision: Int64?) throws(StorageError) -> RoleRecord {
        try write { records, authentication in
            let before = try records.role(named: role.name)
            var role = role
            if let expectedRevision {
                guard let before, try isListed(before, records, authentication) else { throw StorageError.notFound }
                guard before.record.revision == expectedRevision, expectedRevision < .max else {
                    throw StorageError.conflict
                }
                role.revision = expectedRevision + 1
                (role.id, role.createdAt) = (before.record.id, before.record.createdAt)
                try records.delete(before.record)
            } else {
                guard before == nil else { throw StorageError.nameTaken }
                guard try records.count(of: .roles) < Self.maximumRoles else { throw StorageError.full }
                role.revision = 1
            }
            let made = try authentication.authenticated(role)
            try records.insert(made)
            try count(before == nil ? 1 : 0, in: .roles, records, authentication) { members in
                members.removeAll { $0.name == role.name }
                members.append(RecordSet.Member(name: role.name, mac: made.mac))
            }
            return role
        }
    }

    public func deleteRole(name: String) throws(StorageError) {
        try write { records, authentication in
            guard try !records.hasTokens(ofRole: name) else { throw StorageError.conflict }
            guard let role = try records.role(named: name) else { throw StorageError.notFound }
            try records.delete(role.record)
            try count(-1, in: .roles, records, authentication) { $0.removeAll { $0.name == name } }
        }
    }

    private static var maximumRoles: Int64 { 1000 }

    // MARK: Approvals

    public func approvals() throws(StorageError) -> [ApprovalRecord] {
        try read { records, authentication in
            try records.approvals().filter { try authentication.holds($0) }.map(\.record)
        }
    }

    public func putApproval(_ approval: ApprovalRecord) throws(StorageError) {
        try write { records, authentication in
            try records.deleteApprovals(ids: [approval.id])
            try records.insert(authentication.authenticated(approval))
        }
    }

    public func deleteApprovals(ids: [String]) throws(StorageError) {
        try write { records, _ in try records.deleteApprovals(ids: ids) }
    }
}
