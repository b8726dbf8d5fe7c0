// What a backup says of a key beside its material, as JSON inside the encrypted backup: its name and what can be changed about
// it. What the core seals into the material (algorithm, usages, flags) is not here; it is read from there.

internal import Bytes
internal import JSON
internal import Storage

enum BackupDescription {
    static func write(_ key: StoredKey) -> [UInt8] {
        let buffer = ByteBuffer(minimumCapacity: 512)
        var writer = JSONWriter(buffer)
        writer.beginObject()
        writer.name("name")
        writer.string(key.key.fullName)
        writer.name("created_at")
        writer.integer(Int(key.key.createdAt))
        writer.name("min_decrypt_version")
        writer.integer(key.key.minDecryptVersion)
        writer.name("deletion_protected")
        writer.boolean(key.key.deletionProtected)
        if let period = key.key.rotationPeriod {
            writer.name("rotation_period")
            writer.integer(Int(period))
        }
        if key.key.minApprovals > 0 {
            writer.name("min_approvals")
            writer.integer(key.key.minApprovals)
        }
        if key.key.approvalsBy != .token {
            writer.name("approvals_by")
            writer.string(key.key.approvalsBy.rawValue)
        }
        writer.name("labels")
        writer.beginObject()
        for (name, value) in key.key.labels {
            writer.name(escaping: name)
            writer.string(value)
        }
        writer.endObject()
        // A letter each, from version 1 on; a dash where the record of a destroyed version was removed.
        writer.name("versions")
        var letters = [Character](repeating: "-", count: key.key.latestVersion)
        for version in key.versions where letters.indices.contains(version.version - 1) {
            letters[version.version - 1] = letter(version.state)
        }
        writer.string(String(letters))
        writer.endObject()
        return [UInt8](buffer.bytes)
    }

    /// Nil where it is not what `write` writes. The core has authenticated it, so what is well-formed is ours.
    static func read(_ bytes: [UInt8]) -> StoredKey? {
        let document = bytes.withUnsafeBytes { try? JSONDocument.parse($0) }
        guard let root = document?.root, let name = root.member("name")?.string,
            let createdAt = root.member("created_at")?.integer,
            let minimum = root.member("min_decrypt_version")?.integer,
            let isProtected = root.member("deletion_protected")?.boolean, let labels = root.member("labels"),
            let letters = root.member("versions")?.string
        else { return nil }
        let id = KeyID(high: 0, low: 0)
        var versions: [KeyVersionRecord] = []
        for (index, letter) in letters.enumerated() where letter != "-" {
            guard let state = KeyVersionState.allCases.first(where: { self.letter($0) == letter }) else { return nil }
            // When it was made is sealed into a version; of a destroyed one nobody knows it any more.
            versions.append(
                KeyVersionRecord(
                    keyID: id, version: index + 1, state: state, createdAt: Int64(createdAt), sealed: nil))
        }
        let period = root.member("rotation_period")?.integer.map { Int64($0) }
        let fullName = KeyName(name)
        let approvers = root.member("approvals_by")?.string.map { ApproverKind(rawValue: $0) } ?? .token
        guard let approvers else { return nil }
        let key = KeyRecord(
            id: id, ring: fullName.ring, name: fullName.name, algorithm: "", usages: [], labels: labels.stringMembers,
            minDecryptVersion: minimum,
            latestVersion: letters.count, deletionProtected: isProtected, rotationPeriod: period,
            rotateAt: period.map { Int64(createdAt) + $0 },
            minApprovals: root.member("min_approvals")?.integer ?? 0, approvalsBy: approvers,
            createdAt: Int64(createdAt))
        return StoredKey(key: key, versions: versions)
    }

    private static func letter(_ state: KeyVersionState) -> Character {
        switch state {
        case .enabled: "e"
        case .disabled: "d"
        case .destroyed: "x"
        }
    }
}
