// What commands print: tables for people, colour on a terminal alone, and bytes as they are.

internal import Bytes
internal import Glibc
internal import JSON

enum Output {
    /// All of a secret or a result to standard output; a failure where any of it was not taken, also by a reader that went away.
    static func write(_ buffer: ByteBuffer) throws(WriteError) {
        try buffer.write(to: STDOUT_FILENO, "standard output")
    }

    /// What is only to be looked at, to standard output. Where nobody reads any more, the command has nothing left to do.
    static func show(_ buffer: ByteBuffer) throws(WriteError) {
        do { try write(buffer) } catch {
            guard error.code == EPIPE else { throw error }
        }
    }

    /// How a line looks on a terminal.
    enum Style: String {
        case plain = ""
        case bold = "1"
        case good = "32"
        case bad = "31"
    }

    /// A line for people.
    static func line(_ text: String, _ style: Style = .plain) throws {
        let line = ByteBuffer(minimumCapacity: text.utf8.count + 16)
        line.append(styled(text, style))
        line.append("\n")
        try show(line)
    }

    /// An answer of the service's, as it is but for what would steer a terminal.
    static func json(_ body: ByteBuffer) throws(WriteError) { try show(shownJSON(body)) }

    /// To a new file that is closed to others, or to standard output.
    static func write(_ buffer: ByteBuffer, toFile path: String?) throws(WriteError) {
        guard let path, path != "-" else { return try write(buffer) }
        try NewFile.write(buffer, to: path)
    }

    /// Columns as wide as what is in them, under headings.
    static func table(_ headings: [String], _ rows: [[String]]) throws {
        let rows = rows.map { $0.map { shownText($0) } }
        let widths = headings.indices.map { column in
            ([headings] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        func line(_ row: [String]) -> String {
            // Nothing is padded behind the last.
            zip(row, widths).enumerated().map { place, cell in
                place == row.count - 1 ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count)
            }.joined(separator: "  ")
        }
        try self.line(line(headings), .bold)
        for row in rows { try self.line(line(row)) }
    }

    /// One thing's members, a line each; those without a value are left out.
    /// - Parameter verdicts: which of them are shown as good or bad.
    static func members(_ members: [(name: String, value: String?)], verdicts: [String: Bool] = [:]) throws {
        let known = members.compactMap { member in member.value.map { (member.name, $0) } }
        let width = known.map(\.0.count).max() ?? 0
        for (name, value) in known {
            let line = ByteBuffer(minimumCapacity: value.utf8.count + 64)
            line.append(styled(name + String(repeating: " ", count: width - name.count), .bold))
            line.append("  ")
            line.append(styled(value, verdicts[name].map { $0 ? .good : .bad } ?? .plain))
            line.append("\n")
            try show(line)
        }
    }

    /// In colour on a terminal, unless NO_COLOR says otherwise (no-color.org).
    private static func styled(_ text: String, _ style: Style) -> String {
        let text = shownText(text)
        return isColoured && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    private static let isColoured: Bool = {
        let environment = OptionSources.processEnvironment
        return isatty(STDOUT_FILENO) == 1 && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    }()
}

/// How far long work is: on one line of a terminal, and nothing elsewhere.
struct Progress {
    private let what: String
    private let isShown = isatty(STDERR_FILENO) == 1

    init(_ what: String) { self.what = what }

    func show(_ done: Int, of all: Int? = nil) {
        guard isShown else { return }
        write("\r\u{1B}[K\(what): \(done)\(all.map { " of \($0)" } ?? "")")
    }

    /// Takes the line away.
    func end() {
        if isShown { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { _ = Glibc.write(STDERR_FILENO, text, text.utf8.count) }
}

extension JSONValue {
    /// A member as people see it: strings without what steers a terminal, numbers and truth in words, lists with commas.
    func shown(_ name: StaticString) -> String? { member(name)?.shown }

    var shown: String? {
        switch kind {
        case .string: return string.map { shownText($0) }
        case .integer: return integer.map { "\($0)" }
        case .boolean: return boolean == true ? "yes" : "no"
        case .array:
            var parts: [String] = []
            forEachElement { _, element in if let text = element.shown { parts.append(text) } }
            return parts.joined(separator: ", ")
        case .object:
            var parts: [String] = []
            forEachMember { name, value in
                parts.append("\(shownText(String(decoding: name, as: UTF8.self)))=\(value.shown ?? "")")
            }
            return parts.joined(separator: ", ")
        case .null, .real: return nil
        }
    }

    /// An array member's elements.
    func elements(_ name: StaticString) -> [JSONValue] {
        var elements: [JSONValue] = []
        member(name)?.forEachElement { _, element in elements.append(element) }
        return elements
    }
}
