// `Store` above any engine: what may be changed, and the MACs of records, which are made of what was checked and changed and
// never of what an engine gives back for it.

public import Storage
internal import Threading

/// A store on the engine `Records`.
public final class AuthenticatedStore<Records: RecordStore>: Store {
    public let records: Records
    /// What records are held to; nil until there is a root key.
    private let lockedAuthentication = Locked<RecordAuthentication?>(nil)

    /// By how many records each kind was last seen to have more than were counted.
    let differences = Locked<[RecordSet.Kind: Int64]>([:])

    public init(_ records: Records) { self.records = records }

    public func authenticateRecords(with authentication: RecordAuthentication) {
        lockedAuthentication.withLock { $0 = authentication }
    }

    public func checkReady() throws(StorageError) {
        try reportingSchema { () throws(StorageError) in try records.checkReady() }
    }

    public func close() throws(StorageError) { try records.close() }

    // MARK: Access

    /// What records are held to now; nil where they are not.
    var authentication: RecordAuthentication? { lockedAuthentication.withLock { $0 } }

    func read<Value>(
        _ body: (Records.Transaction, RecordAuthentication?) throws -> Value
    ) throws(StorageError) -> Value {
        let authentication = authentication
        return try reportingSchema { () throws(StorageError) in
            try records.read { records in try body(records, authentication) }
        }
    }

    func write<Value>(
        _ body: (Records.Transaction, RecordAuthentication?) throws -> Value
    ) throws(StorageError) -> Value {
        let authentication = authentication
        return try reportingSchema { () throws(StorageError) in
            try records.write { records in try body(records, authentication) }
        }
    }

    private func reportingSchema<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
        do { return try body() } catch {
            if case .schemaAltered(let difference) = error { authentication?.reportAltered(.schema(difference)) }
            throw error
        }
    }
}

extension RecordAuthentication? {
    /// A record with the MAC that it is to have from now on.
    func authenticated<Record: AuthenticatedRecord>(_ record: Record) throws(StorageError) -> Authenticated<Record> {
        Authenticated(record, mac: try self?.mac(record.recordBytes))
    }

    /// Whether the MAC is the record's; reported where it is not. Any is, while records are not authenticated.
    func holds<Record: AuthenticatedRecord>(_ found: Authenticated<Record>) throws(StorageError) -> Bool {
        if try accepts(found.mac, of: found.record.recordBytes) { return true }
        self?.reportAltered(found.record.recordName)
        return false
    }

    /// Throws `.altered`, and reports it, where the MAC is not the record's.
    func check<Record: AuthenticatedRecord>(_ found: Authenticated<Record>) throws(StorageError) {
        guard try holds(found) else { throw .altered }
    }

    /// A count of uses with its MAC.
    func authenticated(_ uses: KeyUses) throws(StorageError) -> Authenticated<KeyUses> {
        Authenticated(uses, mac: try self?.mac(uses.recordBytes))
    }

    /// As `check`, for a count of uses. One that is gone is not 0: whoever removed it would have nonces used again.
    func checked(_ uses: Authenticated<KeyUses>?, ofKey name: () throws -> String?) throws -> KeyUses {
        if let uses, try accepts(uses.mac, of: uses.record.recordBytes) { return uses.record }
        self?.reportAltered(.key(name: try name() ?? ""))
        throw StorageError.altered
    }

    /// Whether the MAC is that of the bytes. Any is, while records are not authenticated.
    func accepts(_ mac: [UInt8]?, of record: RecordBytes) throws(StorageError) -> Bool {
        guard let self else { return true }
        let expected = try self.mac(record)
        guard let mac, mac.count == expected.count else { return false }
        // All of it is looked at, whatever the first bytes are.
        return zip(mac, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
