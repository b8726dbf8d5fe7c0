// SQLite's result codes as the store's own errors, so that no database text reaches anybody.

internal import GRDB
internal import Storage

extension StorageError {
    /// What any error thrown inside a database access means to the caller.
    init(_ error: any Error) {
        switch error {
        case let error as StorageError: self = error
        case let error as DatabaseError: self.init(code: error.extendedResultCode)
        default: self = .unavailable(code: ResultCode.SQLITE_INTERNAL.rawValue)
        }
    }

    private init(code: ResultCode) {
        switch code.primaryResultCode {
        case .SQLITE_CONSTRAINT:
            // Only names, and tokens' ids and MACs, are UNIQUE columns; everything else is a CHECK, a primary or a
            // foreign key.
            self = code == .SQLITE_CONSTRAINT_UNIQUE ? .nameTaken : .conflict
        case .SQLITE_FULL: self = .full
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_MISMATCH: self = .corrupt
        default: self = .unavailable(code: code.rawValue)
        }
    }
}
