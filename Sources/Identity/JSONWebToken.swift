// A JSON Web Token (RFC 7519) in its compact form, read as strictly as RFC 8725 has it. Nothing in it is believed here.

internal import Bytes
internal import JSON

/// A token taken apart, with its signature unchecked.
struct JSONWebToken {
    let algorithm: String
    let keyID: String?
    /// An object.
    let claims: JSONDocument
    /// What is signed: header and claims as they were sent.
    let signed: [UInt8]
    let signature: [UInt8]

    /// Characters of one that is read at all.
    static let maximumLength = 16_384

    init(_ text: UnsafeRawBufferPointer) throws(LoginRefusal) {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard text.count <= Self.maximumLength, parts.count == 3,
            let header = Base64URL.decode(parts[0]), header.count <= Self.maximumHeader,
            let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), (1...Self.maximumSignature).contains(signature.count)
        else { throw LoginRefusal(.malformed) }
        let (head, claims) = (try Self.object(header), try Self.object(payload))
        var isFit = true
        head.root.forEachMember { name, value in
            // Keys that a token brings along, where to get some, extensions that would have to be understood, compression: a
            // member that is not one of these has no business here.
            switch String(decoding: name, as: UTF8.self) {
            case "alg": break
            case "kid": isFit = isFit && (1...Self.maximumKeyID).contains(value.stringBytes.count)
            case "typ": isFit = isFit && Self.types.contains(value.ascii?.lowercased() ?? "")
            // Thumbprints of a certificate: nothing is done by them.
            case "x5t", "x5t#S256": isFit = isFit && value.kind == .string
            default: isFit = false
            }
        }
        guard isFit, let algorithm = head.root.member("alg")?.ascii else { throw LoginRefusal(.malformed) }
        self.algorithm = algorithm
        keyID = head.root.member("kid")?.string
        self.claims = claims
        self.signature = signature
        signed = Array(text[..<(parts[0].count + 1 + parts[1].count)])
    }

    private static let maximumHeader = 1024
    private static let maximumSignature = 1024
    private static let maximumKeyID = 256
    /// RFC 7519, 5.1, and RFC 9068 for access tokens; `application/` may be left out (RFC 7515, 4.1.9).
    private static let types: Set<String> = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"]

    /// Members that stand twice, depth and kinds of numbers are for the parser to refuse.
    private static func object(_ bytes: [UInt8]) throws(LoginRefusal) -> JSONDocument {
        let document: JSONDocument
        do {
            document = try bytes.withUnsafeBytes { bytes throws(JSONError) in
                try JSONDocument.parse(bytes, maximumDepth: 8, maximumValues: 1000)
            }
        } catch {
            throw LoginRefusal(.malformed)
        }
        guard document.root.kind == .object else { throw LoginRefusal(.malformed) }
        return document
    }
}
