// What a role can grant: one permission an operation of the API, whichever dialect asks for it.

public enum Permission: String, CaseIterable, Sendable {
    // Using keys.
    case encrypt, decrypt, reencrypt
    /// Re-encrypting to another key, for who may not decrypt.
    case move
    case dataKey = "data-key"
    case sign, verify, mac
    case verifyMAC = "verify-mac"
    case wrap, unwrap, agree, derive
    case publicKey = "public-key"

    // Their life.
    case read, create, update, rotate, destroy
    case importKey = "import"
    case export, backup, restore

    // The service.
    case random, hash, status, diagnostics, seal
    /// Approving what others ask for.
    case approve
    /// Reading the audit trail.
    case audit
    /// Changing what roles grant.
    case roles
    /// Making, listing and revoking tokens.
    case tokens

    /// Whether a `*` leaves it out: it has to be granted by its name.
    public var isSensitive: Bool {
        switch self {
        case .move, .unwrap, .destroy, .export, .backup, .restore, .seal, .approve, .audit, .roles, .tokens: true
        default: false
        }
    }

    /// What its grants are limited to.
    public enum Scope: Sendable {
        /// Keys, by name.
        case key
        /// Tokens' roles, by name.
        case role
        case service
    }

    public var scope: Scope {
        switch self {
        case .random, .hash, .status, .diagnostics, .seal, .audit, .roles: .service
        case .tokens: .role
        default: .key
        }
    }
}

/// Some permissions.
public struct Permissions: OptionSet, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public init(_ permission: Permission) { rawValue = 1 << Self.bit(permission) }

    /// What `*` stands for.
    public static let ordinary = Permissions(Permission.allCases.filter { !$0.isSensitive }.map(Permissions.init))
    public static let all = Permissions(Permission.allCases.map(Permissions.init))

    /// Of permissions' names, and `*`. Nil where one is unknown.
    public init?(names: some Sequence<String>) {
        var permissions: Permissions = []
        for name in names {
            if name == "*" {
                permissions.formUnion(.ordinary)
            } else {
                guard let permission = Permission(rawValue: name) else { return nil }
                permissions.insert(Permissions(permission))
            }
        }
        self = permissions
    }

    private static func bit(_ permission: Permission) -> UInt64 {
        switch permission {
        case .encrypt: 0
        case .decrypt: 1
        case .reencrypt: 2
        case .dataKey: 3
        case .sign: 4
        case .verify: 5
        case .mac: 6
        case .verifyMAC: 7
        case .wrap: 8
        case .unwrap: 9
        case .agree: 10
        case .derive: 11
        case .publicKey: 12
        case .read: 13
        case .create: 14
        case .update: 15
        case .rotate: 16
        case .destroy: 17
        case .importKey: 18
        case .export: 19
        case .backup: 20
        case .restore: 21
        case .random: 22
        case .hash: 23
        case .status: 24
        case .diagnostics: 25
        case .seal: 26
        case .roles: 27
        case .tokens: 28
        case .audit: 29
        case .approve: 30
        case .move: 31
        }
    }
}
