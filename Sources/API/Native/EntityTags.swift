// Entity tags as conditional requests list them (RFC 9110, 8.8.3 and 13.1), compared by their characters.

internal import Bytes
internal import Storage

/// What an If-Match or an If-None-Match names.
enum EntityTags: Equatable {
    /// `*`: whatever there is.
    case any
    case list([Tag])

    struct Tag: Equatable {
        let isWeak: Bool
        /// With its quotes.
        let opaque: String
    }

    /// Reads the values of all lines of one header; nil where they are no list of entity tags. Empty elements of a list are
    /// passed over, but there has to be one that is not (RFC 9110, 5.6.1).
    init?(lines: [UnsafeRawBufferPointer]) {
        var tags: [Tag] = []
        var stars = 0
        for line in lines {
            var rest = line[...]
            while true {
                rest = rest.drop { Self.isSpace($0) || $0 == UInt8(ascii: ",") }
                guard let first = rest.first else { break }
                if first == UInt8(ascii: "*") {
                    stars += 1
                    rest.removeFirst()
                } else {
                    guard let tag = Self.takeTag(&rest) else { return nil }
                    tags.append(tag)
                }
                rest = rest.drop(while: Self.isSpace)
                guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
            }
        }
        guard stars == (tags.isEmpty ? 1 : 0) else { return nil }
        self = stars == 1 ? .any : .list(tags)
    }

    /// Whether one of them is a tag: strongly, or, for If-None-Match, weakly compared. Our own tags are strong.
    func contain(_ tag: String, strongly: Bool) -> Bool {
        switch self {
        case .any: true
        case .list(let tags): tags.contains { $0.opaque == tag && !(strongly && $0.isWeak) }
        }
    }

    /// `W/` if it is weak, then a quoted text without controls, spaces and quotes.
    private static func takeTag(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Tag? {
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest = rest.dropFirst(2) }
        guard rest.first == UInt8(ascii: "\""),
            let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        let text = rest[rest.startIndex...end]
        guard text.dropFirst().dropLast().allSatisfy({ $0 == 0x21 || (0x23...0x7E).contains($0) || $0 >= 0x80 }) else {
            return nil
        }
        rest = rest[(end + 1)...]
        // What is not UTF-8 is no tag of ours, and stays unlike any.
        return Tag(isWeak: isWeak, opaque: String(decoding: text, as: UTF8.self))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

extension KeyRecord {
    /// The key's entity tag: of this key at this revision, and so of no other key that had or will have its name.
    var entityTag: String { tag(of: id.bytes, revision) }
}

extension RoleRecord {
    /// The role's entity tag, as a key's.
    var entityTag: String { tag(of: id, revision) }
}

/// Half of a record's id, which no other has, and its revision.
private func tag(of id: [UInt8], _ revision: Int64) -> String {
    let digits = id.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    return "\"\(digits)-\(revision)\""
}
