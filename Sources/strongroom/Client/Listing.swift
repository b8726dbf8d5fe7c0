// Listings of a service's, all pages of them.

internal import Bytes
internal import HTTPClient
internal import JSON

extension ServiceClient {
    /// What `make` makes of each of a listing's elements.
    func pages<Value>(
        _ path: String, of name: StaticString, _ make: (JSONValue) -> Value
    ) throws(ServiceClientError) -> [Value] {
        var values: [Value] = []
        for page in try documents(path) {
            withExtendedLifetime(page) {
                for element in page.root.elements(name) { values.append(make(element)) }
            }
        }
        return values
    }

    /// Prints a listing: as one JSON object, or as `show` has its elements.
    func list(
        _ path: String, of name: StaticString, isJSON: Bool, _ show: ([JSONValue]) throws -> Void
    ) throws {
        let documents = try documents(path)
        defer { withExtendedLifetime(documents) {} }
        let elements = documents.flatMap { $0.root.elements(name) }
        guard isJSON else { return try show(elements) }
        let text = Input.body { writer in
            writer.name(name)
            writer.beginArray()
            for element in elements { writer.value(element) }
            writer.endArray()
        }
        text.append("\n")
        try Output.json(text)
    }

    /// All pages, of a service that comes to an end: each begins behind all before, and there are not more of them than of any
    /// service's things.
    private func documents(_ path: String) throws(ServiceClientError) -> [JSONDocument] {
        var documents: [JSONDocument] = []
        var bytes = 0
        var after: String?
        repeat {
            let answer = try answer("GET", path + (after.map { "&after=\(Input.segment($0))" } ?? ""))
            guard let page = try? JSONDocument.parse(answer.body.bytes) else { throw stranger }
            documents.append(page)
            bytes += answer.body.count
            let next = page.root.member("next")?.string
            if let next {
                let isBehind = after.map { $0.utf8.lexicographicallyPrecedes(next.utf8) } ?? true
                guard isBehind, documents.count < Self.mostPages, bytes < Self.mostBytes else {
                    throw ServiceClientError("the service's listing does not come to an end")
                }
            }
            after = next
        } while after != nil
        return documents
    }

    private static let mostPages = 10_000
    private static let mostBytes = 512 << 20
}
