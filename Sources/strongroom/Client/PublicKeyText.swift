// Public keys as people keep them, in PEM (RFC 7468), and as requests have them, in base64 of DER.

internal import Bytes

enum PublicKeyText {
    static func pem(_ base64: String) -> ByteBuffer {
        let text = ByteBuffer(minimumCapacity: base64.utf8.count + 128)
        text.append("\(begin)\n")
        var rest = base64[...]
        while !rest.isEmpty {
            text.append("\(rest.prefix(64))\n")
            rest = rest.dropFirst(64)
        }
        text.append("\(end)\n")
        return text
    }

    /// - Parameter file: what it was read from, for who has to mend it.
    static func base64(ofPEM text: String, in file: String) throws(ServiceClientError) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
        let marks = [begin, end].map { $0.filter { !$0.isWhitespace } }
        guard lines.count > 2, lines.first == marks[0], lines.last == marks[1] else {
            throw ServiceClientError("\(file): is not one public key in PEM, with \(begin)")
        }
        return lines.dropFirst().dropLast().joined()
    }

    private static let begin = "-----BEGIN PUBLIC KEY-----"
    private static let end = "-----END PUBLIC KEY-----"
}
