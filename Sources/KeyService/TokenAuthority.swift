// Who is asking: access tokens, known only by their MACs.

internal import Bytes
public import CoreBridge
public import Storage

/// Whom a token stands for.
public struct Principal: Sendable {
    /// The token's identifier, as logs and listings show it.
    public let tokenID: String
    public let role: String
}

/// Knows every valid token by its MAC. Authenticating never waits.
public final class TokenAuthority: Sendable {
    private let root: RootKey
    private let tokens: [TokenMAC: KnownToken]
    private let now: @Sendable () -> Int64

    /// Reads all tokens of the store.
    public init(root: RootKey, store: any Store, now: @escaping @Sendable () -> Int64) throws(StorageError) {
        self.root = root
        self.now = now
        var known: [TokenMAC: KnownToken] = [:]
        var after: String?
        while true {
            let page = try store.tokens(after: after, limit: 1000)
            for token in page {
                guard let mac = TokenMAC(bytes: token.mac) else { throw .corrupt }
                known[mac] = KnownToken(
                    principal: Principal(tokenID: token.id, role: token.role), expiresAt: token.expiresAt)
            }
            guard page.count == 1000, let last = page.last else { break }
            after = last.id
        }
        tokens = known
    }

    /// The principal behind a token; nil where the token is not one of ours, or expired.
    ///
    /// The table is searched by a MAC whose key only the core has, so the time it takes says nothing of the tokens in it.
    public func authenticate(_ token: UnsafeRawBufferPointer) throws(CoreError) -> Principal? {
        // The checksum is for those who look for tokens or mistype them; here the MAC tells more.
        guard token.count == AccessToken.length else { return nil }
        let mac = try root.tokenMAC(token)
        guard let known = tokens[mac] else { return nil }
        if let expiry = known.expiresAt, expiry <= now() { return nil }
        return known.principal
    }

    /// What authenticating needs of a token's record.
    private struct KnownToken: Sendable {
        let principal: Principal
        let expiresAt: Int64?
    }

    /// A record to store for a new token.
    public static func record(
        of token: TokenText, id: String, name: String, role: String, root: RootKey, createdAt: Int64
    ) throws(CoreError) -> TokenRecord {
        let mac = try root.tokenMAC(token.buffer.bytes)
        return TokenRecord(id: id, mac: mac.bytes, name: name, role: role, createdAt: createdAt)
    }
}
