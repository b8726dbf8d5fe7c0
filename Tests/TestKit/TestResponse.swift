// An answer as a test looks at it.

/// Status, headers in their order, and the body whole.
public struct TestResponse {
    public var status: Int
    public var reason: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8] = []

    /// The first header of this name, in any case.
    public subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    public func count(of name: String) -> Int {
        headers.count { $0.name.lowercased() == name.lowercased() }
    }

    /// The body as UTF-8.
    public var text: String { String(decoding: body, as: UTF8.self) }

    init(head: ArraySlice<UInt8>) throws {
        var lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let first = lines.isEmpty ? "" : lines.removeFirst()
        let parts = first.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]), parts[1].utf8.count == 3 else {
            throw TestError("not a status line: \(first)")
        }
        self.status = status
        reason = parts.count > 2 ? String(parts[2]) : ""
        headers = try lines.map { line in
            guard let colon = line.firstIndex(of: ":") else { throw TestError("not a header: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (String(line[..<colon]), String(value))
        }
    }
}
