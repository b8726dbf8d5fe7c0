// How many records of a kind there are: a record that is removed whole takes its MAC along, and this is what misses it.

/// The records of a kind, as they were when one was last added or removed.
public struct RecordSet: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case keys
        case tokens
        case roles
    }

    public var kind: Kind
    public var count: Int64
    /// The roles, each with its MAC: they are few. Other sets are only counted.
    public var members: [Member]

    public struct Member: Sendable, Equatable {
        public var name: String
        /// 32 bytes; zeros where records have none.
        public var mac: [UInt8]

        public init(name: String, mac: [UInt8]?) {
            self.name = name
            self.mac = mac ?? [UInt8](repeating: 0, count: 32)
        }
    }

    public init(kind: Kind, count: Int64, members: [Member] = []) {
        self.kind = kind
        self.count = count
        self.members = members
    }
}

extension RecordSet: AuthenticatedRecord {
    public var recordName: RecordName { .set(kind) }

    public var recordBytes: RecordBytes {
        var record = RecordBytes(kind: "strongroom/set/1")
        record.append(kind.rawValue)
        record.append(count)
        record.append(Int64(members.count))
        for member in members {
            record.append(member.name)
            record.append(member.mac)
        }
        return record
    }
}

extension RoleRecord {
    /// The role that every installation has without a record.
    public static let builtIn = "administrator"
}
