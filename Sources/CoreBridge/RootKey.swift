// The root key, by a handle: everything is sealed under it, and its bytes never come to Swift.

internal import CStrongroomCore

/// One reference to the core's root key, given back when the value goes.
public final class RootKey: Sendable {
    let handle: sr_root_t

    /// Takes a count that the core gave.
    init(taking handle: sr_root_t) {
        self.handle = handle
    }

    deinit { close() }

    /// Gives the reference back before the value goes: from then on every use of it answers `staleHandle`. Closing twice is
    /// allowed.
    public func close() {
        // There is nobody to tell of a failure here; the live handle count at shutdown tells. A handle that was given back
        // never comes alive again, so that giving it back once more is refused and does nothing.
        _ = sr_root_release(handle, nil)
    }

    /// Makes a new root key and the file that holds it (mode 0600); fails where the file exists.
    public static func create(file path: String) throws(CoreError) -> RootKey {
        try fromFile(path, sr_root_create_file)
    }

    /// Opens the root key of a file that nobody but its owner, this process's user, may read.
    public static func open(file path: String) throws(CoreError) -> RootKey {
        try fromFile(path, sr_root_open_file)
    }

    /// 16 bytes that tell root keys apart, and give nothing away of them.
    public func identity() throws(CoreError) -> [UInt8] {
        try bytesFromCore(capacity: SR_ROOT_IDENTITY_BYTES) { sr_root_identity(handle, $0, $1) }
    }

    /// The MAC that stands for an access token in the store.
    public func tokenMAC(_ token: UnsafeRawBufferPointer) throws(CoreError) -> TokenMAC {
        var mac = TokenMAC()
        let length = try withUnsafeMutableBytes(of: &mac) { room throws(CoreError) in
            try callCore(writingTo: room) { sr_root_token_mac(handle, sr_bytes_t(token), $0, $1) }
        }
        guard length == Int(SR_TOKEN_MAC_BYTES) else { throw CoreError(.internalError) }
        return mac
    }

    /// The MAC of a record that is stored beside sealed keys, 32 bytes.
    public func recordMAC(_ record: [UInt8]) throws(CoreError) -> [UInt8] {
        try bytesFromCore(capacity: SR_RECORD_MAC_BYTES) { room, error in
            record.withUnsafeBytes { sr_root_record_mac(handle, sr_bytes_t($0), room, error) }
        }
    }

    /// The MACs that chain records of an audit trail, 32 bytes each: of the MAC before it (`previous` before the first, 32 bytes)
    /// and the record, under a key that outlives rotations of the root key.
    /// - Parameters:
    ///   - records: each ended by a newline, which belongs to no MAC.
    ///   - macs: room for one a record. Gives the bytes written.
    public func auditMACs(
        after previous: UnsafeRawBufferPointer, records: UnsafeRawBufferPointer,
        into macs: UnsafeMutableRawBufferPointer
    ) throws(CoreError) -> Int {
        try callCore(writingTo: macs) {
            sr_root_audit_macs(handle, sr_bytes_t(previous), sr_bytes_t(records), $0, $1)
        }
    }

    /// Makes version `specification.key.version` of a key, and gives it sealed.
    public func generate(_ specification: KeySpecification) throws(CoreError) -> [UInt8] {
        guard specification.key.version > 0, !specification.usages.isEmpty,
            specification.algorithm.usages.isSuperset(of: specification.usages)
        else { throw CoreError(.invalidArgument, argument: 2) }
        var spec = specification.raw
        return try bytesFromCore(capacity: SR_SEALED_KEY_MAX_BYTES) { sr_key_generate(handle, &spec, $0, $1) }
    }

    /// Makes the next version of a sealed key, with the rights sealed into the `previous` one.
    public func rotate(
        _ previous: [UInt8], to key: KeyVersionID, createdAt: UInt64
    ) throws(CoreError) -> [UInt8] {
        try Self.check(sealed: previous)
        return try bytesFromCore(capacity: SR_SEALED_KEY_MAX_BYTES) { room, error in
            previous.withUnsafeBytes { previous in
                key.key.withBytes { id in
                    sr_key_rotate(
                        handle, sr_bytes_t(id), sr_bytes_t(previous), key.version, createdAt, room, error)
                }
            }
        }
    }

    /// Opens a sealed key version, which must be the one that is asked for.
    public func open(_ sealed: [UInt8], as key: KeyVersionID) throws(CoreError) -> KeyHandle {
        try Self.check(sealed: sealed)
        var opened = sr_key_t()
        try callCore { error in
            sealed.withUnsafeBytes { sealed in
                key.key.withBytes { id in
                    sr_key_open(handle, sr_bytes_t(sealed), sr_bytes_t(id), key.version, &opened, error)
                }
            }
        }
        return try KeyHandle(taking: opened)
    }

    /// That it has a sealed key's length.
    static func check(sealed: [UInt8]) throws(CoreError) {
        guard (1...Int(SR_SEALED_KEY_MAX_BYTES)).contains(sealed.count) else { throw CoreError(.sealedBlobMalformed) }
    }

    private static func fromFile(
        _ path: String,
        _ function: (sr_bytes_t, UnsafeMutablePointer<sr_root_t>?, UnsafeMutablePointer<sr_error_t>?) -> UInt32
    ) throws(CoreError) -> RootKey {
        var handle = sr_root_t()
        var path = path
        guard !path.isEmpty, !path.utf8.contains(0) else { throw CoreError(.invalidArgument, argument: 1) }
        try callCoreForDetails { error in
            path.withUTF8 { function(sr_bytes_t(UnsafeRawBufferPointer($0)), &handle, error) }
        }
        return RootKey(taking: handle)
    }
}

/// A token's MAC. It is made under a key that only the core has, so looking it up in a table gives no timing away.
public struct TokenMAC: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    public init() {}

    /// Nil unless there are 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    public var bytes: [UInt8] { withUnsafeBytes(of: words) { [UInt8]($0) } }

    public static func == (left: TokenMAC, right: TokenMAC) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        // The words are a MAC's: as good a hash as any.
        hasher.combine(words.0)
    }
}
