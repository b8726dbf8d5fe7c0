// Listings of a service's, all pages of them.

internal import Bytes
internal import JSON

extension ServiceClient {
    /// What `make` makes of each of a listing's elements.
    func pages<Value>(
        _ path: String, of name: StaticString, _ make: (JSONValue) -> Value
    ) throws(ServiceClientError) -> [Value] {
        var values: [Value] = []
        var after: String?
        repeat {
            let page = try send("GET", path + (after.map { "&after=\(Input.segment($0))" } ?? ""))
            withExtendedLifetime(page) {
                for element in page.root.elements(name) { values.append(make(element)) }
                after = page.root.shown("next")
            }
        } while after != nil
        return values
    }

    /// Prints a listing: as one JSON object, or as `show` has its elements.
    func list(
        _ path: String, of name: StaticString, isJSON: Bool, _ show: ([JSONValue]) throws -> Void
    ) throws {
        var documents: [JSONDocument] = []
        var after: String?
        repeat {
            let page = try send("GET", path + (after.map { "&after=\(Input.segment($0))" } ?? ""))
            documents.append(page)
            after = page.root.shown("next")
        } while after != nil
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
        try Output.show(text)
    }
}
