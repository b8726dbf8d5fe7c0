// The page that shows the document: embedded files under a policy that lets nothing else be loaded.

internal import Bytes
internal import HTTPServer
internal import OpenAPI

extension NativeAPI {
    func getPage(_ call: Call) throws(CallError) -> Response {
        try page("page.html", "text/html; charset=utf-8")
    }

    func getPageFile(_ call: Call) throws(CallError) -> Response {
        let name = try call.required(call.parameters.string("file"))
        return try page(name, name.hasSuffix(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8")
    }

    private func page(_ name: String, _ contentType: StaticString) throws(CallError) -> Response {
        // The document lets no other names through.
        guard let bytes = OpenAPIDocument.pageFile(name) else { throw CallError(.internalError) }
        let body = ByteBuffer(minimumCapacity: bytes.count)
        body.append(bytes)
        return Response(
            status: 200, contentType: contentType, headers: [Response.Header("Content-Security-Policy", Self.policy)],
            body: body)
    }

    /// Only what this server itself sends, and no script or style within the page's text.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"
}
