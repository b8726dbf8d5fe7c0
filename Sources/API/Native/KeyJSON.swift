// Keys and their versions as the API shows them.

internal import JSON
internal import Observability
internal import Storage

extension JSONWriter {
    /// The members of a key's summary, inside an object that is open.
    mutating func members(of key: KeyRecord) {
        name("name")
        string(key.fullName)
        name("id")
        string(key.id.uuid)
        name("algorithm")
        string(key.algorithm)
        name("usages")
        beginArray()
        for usage in key.usages { string(usage) }
        endArray()
        name("exportable")
        boolean(key.exportable)
        name("derived")
        boolean(key.derived)
        name("convergent")
        boolean(key.convergent)
        name("labels")
        beginObject()
        for (label, value) in key.labels.sorted(by: { $0.key < $1.key }) {
            name(escaping: label)
            string(value)
        }
        endObject()
        name("state")
        switch key.state {
        case .enabled: string("enabled")
        case .pendingDeletion(let time):
            string("pending_deletion")
            name("deletion_at")
            string(Timestamp.rfc3339(time))
        }
        name("deletion_protected")
        boolean(key.deletionProtected)
        if key.minApprovals > 0 {
            name("min_approvals")
            integer(key.minApprovals)
        }
        if key.approvalsBy != .token {
            name("approvals_by")
            string(key.approvalsBy.rawValue)
        }
        if let period = key.rotationPeriod {
            name("rotation_period")
            integer(Int(clamping: period))
        }
        if let time = key.rotateAt {
            name("next_rotation_at")
            string(Timestamp.rfc3339(time))
        }
        name("min_decrypt_version")
        integer(key.minDecryptVersion)
        name("latest_version")
        integer(key.latestVersion)
        name("created_at")
        string(Timestamp.rfc3339(key.createdAt))
    }

    /// - Parameter publicKey: SubjectPublicKeyInfo in DER, where it is to be shown.
    mutating func version(_ version: KeyVersionRecord, publicKey: [UInt8]? = nil) {
        beginObject()
        name("version")
        integer(version.version)
        name("state")
        string(version.state.rawValue)
        name("created_at")
        string(Timestamp.rfc3339(version.createdAt))
        if let publicKey {
            name("public_key")
            publicKey.withUnsafeBytes { base64($0) }
        }
        endObject()
    }
}

extension KeyID {
    /// As RFC 9562 writes UUIDs.
    var uuid: String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return text
    }

    /// Nil unless it is written so.
    init?(uuid: String) {
        let digits = uuid.utf8.filter { $0 != UInt8(ascii: "-") }
        guard uuid.utf8.count == 36, digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 32, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        self.init(bytes: bytes)
    }
}
