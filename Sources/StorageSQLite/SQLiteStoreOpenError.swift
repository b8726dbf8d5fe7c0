// Why a data folder could not be opened, in words that tell an operator what to do.

public import Storage

public enum SQLiteStoreOpenError: Error, Sendable, Equatable {
    /// Another process (or another store of this one) has the folder open.
    case inUse
    /// The folder or a file in it cannot be created, opened or locked; the `errno` value.
    case folder(errno: Int32)
    /// What has a file's name in it is a pipe, a device, a folder or a link.
    case notPlain(file: String)
    /// Others could change what is in the folder: its mode.
    case openToOthers(mode: UInt32)
    /// The database in it cannot be used: `.corrupt`, `.olderSchema`, `.newerSchema`, `.full`, `.busy` or `.unavailable`.
    case storage(StorageError)
}

extension SQLiteStoreOpenError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .inUse: "the data folder is in use by another server"
        case .folder(let errno): "the data folder cannot be used: \(systemText(errno))"
        case .notPlain(let file):
            """
            \(file) in the data folder is not a plain file: remove it, or put the one from a backup in its place, and ask \
            who has been there
            """
        case .openToOthers(let mode):
            """
            the data folder must be this user's, and group and others must not write to it (mode \
            \(String(mode, radix: 8))): chmod 700 it, and ask who has been there
            """
        case .storage(let error): "the database in the data folder cannot be used: \(error)"
        }
    }
}
