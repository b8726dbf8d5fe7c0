// Why a store refused or failed: a closed list, so that each case is given one answer and no database text leaks out.

public enum StorageError: Error, Sendable, Equatable {
    /// A key of this name exists already (or, for a token, one of this id or MAC).
    case nameTaken
    /// The record to change is not there.
    case notFound
    /// The record is not as the caller expected it to be (revision, latest version, a destroyed version), or the change
    /// breaks a rule that the store enforces. Nothing was changed.
    case conflict
    /// No room: the disk or a quota is full. Reading still works.
    case full
    /// Another user of the data held it for too long. Trying again is sensible.
    case busy
    /// The stored data cannot be read as what it should be.
    case corrupt
    /// A record is not as it was written: it was changed by other means than this service's.
    case altered
    /// The store's schema is not as the service made it; what the difference is, in words that can be shown.
    case schemaAltered(String)
    /// The key that records are authenticated with cannot be used any more: the service is being sealed, or the core failed.
    case recordKeyUnavailable
    /// The store failed otherwise, or is closed; the engine's own code (SQLite: the extended result code).
    case unavailable(code: Int32)
    /// An earlier build wrote the data, and this one does not read its schema.
    case olderSchema
    /// The data was written by a newer release, whose schema this one does not know.
    case newerSchema
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .nameTaken: "the name is taken"
        case .notFound: "not found in the store"
        case .conflict: "the stored record is not as expected"
        case .full: "no room left for the store"
        case .busy: "the store is busy"
        case .corrupt: "the stored data is damaged"
        case .altered: "a stored record was changed from outside"
        case .schemaAltered(let difference):
            """
            somebody else changed its schema: \(difference). Restore the data folder from a backup, and ask who has written to it
            """
        case .recordKeyUnavailable: "the key that records are authenticated with is gone"
        case .unavailable(let code): "the store is unavailable (code \(code))"
        case .olderSchema:
            "an earlier build made the database, and this one does not read it: start with an empty data folder"
        case .newerSchema: "the data was written by a newer release"
        }
    }
}
