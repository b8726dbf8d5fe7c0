// Keys and their versions as the API shows them.

internal import JSON
internal import Observability
internal import Storage

extension JSONWriter {
    /// The members of a key's summary, inside an object that is open.
    mutating func members(of key: KeyRecord) {
        name("name")
        string(key.name)
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
        name("labels")
        beginObject()
        for (label, value) in key.labels.sorted(by: { $0.key < $1.key }) {
            name(label)
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
        name("min_decrypt_version")
        integer(key.minDecryptVersion)
        name("latest_version")
        integer(key.latestVersion)
        name("created_at")
        string(Timestamp.rfc3339(key.createdAt))
    }

    mutating func version(_ version: KeyVersionRecord) {
        beginObject()
        name("version")
        integer(version.version)
        name("state")
        string(version.state.rawValue)
        name("created_at")
        string(Timestamp.rfc3339(version.createdAt))
        endObject()
    }
}

extension KeyID {
    /// As RFC 9562 writes UUIDs.
    fileprivate var uuid: String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return text
    }
}
