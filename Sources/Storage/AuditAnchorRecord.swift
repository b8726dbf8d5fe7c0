// Where the audit trail ended, kept apart from its files: what they have to contain.

public struct AuditAnchorRecord: Sendable, Equatable {
    /// The number of the last record; 0 before there is one.
    public var sequence: Int64
    /// Its MAC, 32 bytes.
    public var mac: [UInt8]

    public init(sequence: Int64, mac: [UInt8]) {
        self.sequence = sequence
        self.mac = mac
    }

    /// Before the first record.
    public static let none = AuditAnchorRecord(sequence: 0, mac: [UInt8](repeating: 0, count: 32))
}
