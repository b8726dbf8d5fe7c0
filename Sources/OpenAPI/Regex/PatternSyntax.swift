// The plain part of the regular expressions' syntax: ASCII characters and classes, groups, alternatives, repetition, and
// anchors at the pattern's ends. What is not plain is left to PCRE2.

/// A set of ASCII characters, a bit each.
struct ASCIISet: Hashable {
    var low: UInt64 = 0
    var high: UInt64 = 0

    func contains(_ byte: UInt8) -> Bool {
        byte < 128 && ((byte < 64 ? low : high) &>> UInt64(byte & 63)) & 1 == 1
    }

    mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
    }

    mutating func formUnion(_ other: ASCIISet) {
        low |= other.low
        high |= other.high
    }

    init() {}

    init(_ characters: some Sequence<UInt8>) {
        for byte in characters { insert(byte) }
    }

    static let digits = ASCIISet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    static let words: ASCIISet = {
        var set = digits
        set.formUnion(ASCIISet(UInt8(ascii: "a")...UInt8(ascii: "z")))
        set.formUnion(ASCIISet(UInt8(ascii: "A")...UInt8(ascii: "Z")))
        set.insert(UInt8(ascii: "_"))
        return set
    }()
}

/// A pattern taken apart.
struct PatternSyntax {
    indirect enum Node {
        case set(ASCIISet)
        case sequence([Node])
        case choice([Node])
        /// Without `most`, any number of times.
        case repeated(Node, least: Int, most: Int?)
    }

    let root: Node
    let isAnchoredAtStart: Bool
    let isAnchoredAtEnd: Bool

    /// Nil where the pattern is not plain, or not one at all.
    init?(_ pattern: String) {
        var units = Array(pattern.utf8)[...]
        guard units.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
        isAnchoredAtStart = units.first == UInt8(ascii: "^")
        if isAnchoredAtStart { units.removeFirst() }
        isAnchoredAtEnd = units.last == UInt8(ascii: "$") && units.dropLast().last != UInt8(ascii: "\\")
        if isAnchoredAtEnd { units.removeLast() }
        var reader = PatternReader(rest: units)
        guard let root = reader.choice(), reader.rest.isEmpty else { return nil }
        // An anchor would belong to the first or the last alternative alone.
        if case .choice = root, isAnchoredAtStart || isAnchoredAtEnd { return nil }
        self.root = root
    }
}

private struct PatternReader {
    var rest: ArraySlice<UInt8>
    private var depth = 0

    init(rest: ArraySlice<UInt8>) {
        self.rest = rest
    }

    mutating func choice() -> PatternSyntax.Node? {
        depth += 1
        defer { depth -= 1 }
        guard depth < 32 else { return nil }
        var alternatives: [PatternSyntax.Node] = []
        repeat {
            guard let next = sequence() else { return nil }
            alternatives.append(next)
        } while take("|")
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    private mutating func sequence() -> PatternSyntax.Node? {
        var items: [PatternSyntax.Node] = []
        while let next = rest.first, next != UInt8(ascii: "|"), next != UInt8(ascii: ")") {
            guard let atom = atom(), let item = repetition(of: atom) else { return nil }
            items.append(item)
        }
        return .sequence(items)
    }

    private mutating func atom() -> PatternSyntax.Node? {
        let unit = rest.removeFirst()
        switch unit {
        case UInt8(ascii: "("):
            // Of groups with a question mark, only those that group and do nothing else.
            if take("?"), !take(":") { return nil }
            guard let inside = choice(), take(")") else { return nil }
            return inside
        case UInt8(ascii: "["): return characterClass().map { .set($0) }
        case UInt8(ascii: "\\"): return escape().map { .set($0) }
        case UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "."), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "?"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "]"):
            return nil
        default: return .set(ASCIISet([unit]))
        }
    }

    private mutating func repetition(of atom: PatternSyntax.Node) -> PatternSyntax.Node? {
        var (least, most): (Int, Int?)
        if take("*") {
            (least, most) = (0, nil)
        } else if take("+") {
            (least, most) = (1, nil)
        } else if take("?") {
            (least, most) = (0, 1)
        } else if take("{") {
            guard let first = number() else { return nil }
            (least, most) = (first, first)
            if take(",") {
                most = number()
                if most == nil, rest.first != UInt8(ascii: "}") { return nil }
            }
            guard take("}"), most.map({ $0 >= first }) ?? true else { return nil }
        } else {
            return atom
        }
        // Lazy or possessive, or a repetition repeated.
        if let next = rest.first, "*+?{".utf8.contains(next) { return nil }
        return .repeated(atom, least: least, most: most)
    }

    private mutating func characterClass() -> ASCIISet? {
        var set = ASCIISet()
        guard rest.first != UInt8(ascii: "^"), rest.first != UInt8(ascii: "]") else { return nil }
        while let unit = rest.popFirst() {
            switch unit {
            case UInt8(ascii: "]"): return set
            case UInt8(ascii: "["): return nil
            case UInt8(ascii: "\\"):
                // No range begins or ends at an escape here.
                guard let escaped = escape(), !isRangeNext else { return nil }
                set.formUnion(escaped)
            default:
                guard isRangeNext else {
                    set.insert(unit)
                    continue
                }
                rest.removeFirst()
                guard let last = rest.popFirst(), last >= unit, last != UInt8(ascii: "\\"), last != UInt8(ascii: "[")
                else { return nil }
                set.formUnion(ASCIISet(unit...last))
            }
        }
        return nil
    }

    /// A hyphen that is not the class's last character.
    private var isRangeNext: Bool {
        rest.first == UInt8(ascii: "-") && rest.dropFirst().first != UInt8(ascii: "]")
    }

    private mutating func escape() -> ASCIISet? {
        guard let unit = rest.popFirst() else { return nil }
        switch unit {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "w"): return .words
        default: return ASCIISet.words.contains(unit) ? nil : ASCIISet([unit])
        }
    }

    private mutating func number() -> Int? {
        let digits = rest.prefix { ASCIISet.digits.contains($0) }
        guard !digits.isEmpty, digits.count <= 4 else { return nil }
        rest = rest.dropFirst(digits.count)
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }
}
