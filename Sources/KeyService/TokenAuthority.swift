// Who is asking: access tokens, known only by their MACs.

internal import Bytes
public import CoreBridge
public import Storage
internal import Threading

/// Whom a token stands for.
public struct Principal: Sendable {
    /// The token's identifier, as logs and listings show it.
    public let tokenID: String
    public let role: String
}

/// Knows every valid token by its MAC. Authenticating never waits.
public final class TokenAuthority: Sendable {
    private let root: RootKey
    private let tokens: Locked<[TokenMAC: TokenRecord]>
    private let now: @Sendable () -> Int64

    /// Reads all tokens of the store.
    public init(root: RootKey, store: any Store, now: @escaping @Sendable () -> Int64) throws(StorageError) {
        self.root = root
        self.now = now
        var known: [TokenMAC: TokenRecord] = [:]
        var after: String?
        while true {
            let page = try store.tokens(after: after, limit: 1000)
            for token in page {
                guard let mac = TokenMAC(bytes: token.mac) else { throw .corrupt }
                known[mac] = token
            }
            guard page.count == 1000, let last = page.last else { break }
            after = last.id
        }
        tokens = Locked(known)
    }

    /// The principal behind a token; nil where the token is not one of ours, or expired.
    ///
    /// The table is searched by a MAC whose key only the core has, so the time it takes says nothing of the tokens in it.
    public func authenticate(_ token: UnsafeRawBufferPointer) throws(CoreError) -> Principal? {
        // The checksum is for those who look for tokens or mistype them; here the MAC tells more.
        guard token.count == AccessToken.length else { return nil }
        let mac = try root.tokenMAC(token)
        guard let record = tokens.withLock({ $0[mac] }) else { return nil }
        if let expiry = record.expiresAt, expiry <= now() { return nil }
        return Principal(tokenID: record.id, role: record.role)
    }

    /// A record to store for a new token.
    public static func record(
        of token: TokenText, id: String, name: String, role: String, root: RootKey, createdAt: Int64
    ) throws(CoreError) -> TokenRecord {
        let mac = try root.tokenMAC(token.buffer.bytes)
        return TokenRecord(id: id, mac: mac.bytes, name: name, role: role, createdAt: createdAt)
    }
}
