// Roles: made, changed and removed, with what each of their tokens then may do.

internal import CoreBridge
public import Storage
internal import Threading

/// What a caller asks of a role before it is changed: asked of the very record that is changed.
public typealias RoleCondition = (RoleRecord) -> Bool

extension TokenAuthority {
    /// All roles but the administrator's, by name.
    public func roles() -> [RoleRecord] {
        state.withLock { $0.roles.values.map(\.record) }.sorted { $0.name < $1.name }
    }

    public func role(named name: String) throws(ServiceError) -> RoleRecord {
        guard let known = state.withLock({ $0.roles[name] }) else { throw .roleNotFound }
        return known.record
    }

    /// Changes a role that there is, as `putRole`.
    /// - Parameter condition: what is asked of it first.
    public func replaceRole(
        _ record: RoleRecord, if condition: RoleCondition? = nil, by caller: Principal?
    ) throws(ServiceError) -> RoleRecord {
        try check(record)
        return try change(by: caller) { () throws(ServiceError) in
            let known = try role(named: record.name, if: condition)
            return try write(record, expectedRevision: known.revision)
        }
    }

    /// Makes a role, or changes the one at `ifRevision`; every token that has it has the new grants when this returns.
    /// - Parameter ifRevision: nil for a role that is not there yet.
    public func putRole(
        _ record: RoleRecord, ifRevision: Int64?, by caller: Principal?
    ) throws(ServiceError) -> RoleRecord {
        try check(record)
        return try change(by: caller) { () throws(ServiceError) in
            try write(record, expectedRevision: ifRevision)
        }
    }

    /// Removes a role that no token has.
    public func deleteRole(
        named name: String, if condition: RoleCondition? = nil, by caller: Principal?
    ) throws(ServiceError) {
        guard name != Role.administrator.name else { throw .roleFixed }
        try change(by: caller) { () throws(ServiceError) in
            _ = try role(named: name, if: condition)
            do throws(StorageError) { try store.deleteRole(name: name) } catch {
                throw error == .conflict ? .roleInUse : ServiceError(ofRole: error)
            }
            state.withLock { state in
                state.roles.removeValue(forKey: name)
                moved()
            }
        }
    }

    private func check(_ record: RoleRecord) throws(ServiceError) {
        guard record.name != Role.administrator.name else { throw .roleFixed }
        guard Role(record) != nil else { throw .unfit(member: .grants, reason: .notAGrant) }
    }

    /// Within `change`.
    private func role(named name: String, if condition: RoleCondition?) throws(ServiceError) -> RoleRecord {
        let known = try role(named: name)
        if let condition, !condition(known) { throw .revisionMismatch }
        return known
    }

    /// Within `change`.
    private func write(_ record: RoleRecord, expectedRevision: Int64?) throws(ServiceError) -> RoleRecord {
        let stored: RoleRecord
        var record = record
        record.createdAt = now()
        if expectedRevision == nil { record.id = try drawID() }
        do throws(StorageError) { stored = try store.putRole(record, expectedRevision: expectedRevision) } catch {
            throw ServiceError(ofRole: error)
        }
        guard let role = Role(stored) else { throw .storage(.corrupt) }
        state.withLock { state in
            state.roles[stored.name] = KnownRole(record: stored, role: role)
            moved()
        }
        return stored
    }

    /// The roles that may do something sensitive on any key or role at all, by permission.
    public func sensitiveGrants() -> [(permission: Permission, roles: [String])] {
        let roles = [Role.administrator] + state.withLock { $0.roles.values.map(\.role) }
        return Permission.allCases.filter(\.isSensitive).map { permission in
            (permission, roles.filter { $0.mayAnywhere(permission) }.map(\.name).sorted())
        }
    }

    private func drawID() throws(ServiceError) -> [UInt8] {
        var words: (UInt64, UInt64) = (0, 0)
        do throws(CoreError) {
            try withUnsafeMutableBytes(of: &words) { room throws(CoreError) in try core.random(into: room) }
        } catch {
            throw .core(error)
        }
        return withUnsafeBytes(of: words) { Array($0) }
    }
}

extension ServiceError {
    fileprivate init(ofRole error: StorageError) {
        switch error {
        case .notFound: self = .roleNotFound
        case .nameTaken: self = .roleExists
        case .conflict: self = .revisionMismatch
        default: self = .storage(error)
        }
    }
}
