// What a document must be to load, what is read of it, and that it and the code must name the same operations.

import JSON
import Testing

@testable import OpenAPI

@Suite("Loading documents")
struct DocumentTests {
    /// A document with one operation, in which some parts can be put in another way.
    static func text(
        operation: String = "", body: String = "", responses: String = #""responses":{"200":{"description":"-"}}"#,
        item: String = "",
        root: String = "", path: String = "/a", components: String = "{}"
    ) -> String {
        """
        {"openapi":"3.1.0","info":{"title":"-","version":"1"},\(root)"components":\(components),
         "paths":{"\(path)":{\(item)"post":{"operationId":"a",\(operation)\(body)\(responses)}}}}
        """
    }

    @Test("a small document loads")
    func small() throws {
        let document = try load(Self.text(operation: #""summary":"x","x-own":1,"#, root: #""x-note":[],"tags":[],"#))
        #expect(document.operations.map(\.id) == ["a"])
        #expect(document.operations.first?.needsToken == false)
        #expect(document.operation("a")?.requestBody == nil)
        #expect(document.operation("a")?.mediaTypes == [])
        #expect(document.operation("b") == nil)
    }

    @Test(
        "security says whether a token is needed; an operation's own word counts",
        arguments: [
            ("", "", false), (#""security":[{"t":[]}],"#, "", true),
            (#""security":[{"t":[]}],"#, #""security":[],"#, false),
            ("", #""security":[{"t":[]}],"#, true), (#""security":[],"#, "", false),
        ])
    func security(root: String, operation: String, needsToken: Bool) throws {
        let components = #"{"securitySchemes":{"t":{"type":"http","scheme":"bearer"}}}"#
        let document = try load(Self.text(operation: operation, root: root, components: components))
        #expect(document.operations.first?.needsToken == needsToken)
    }

    @Test(
        "what cannot be enforced or understood does not load, and the error says where",
        arguments: [
            ("", ""), ("[]", ""), ("{}", ""), (#"{"openapi":"3.0.3","paths":{}}"#, "/openapi"),
            (#"{"openapi":"3.1.0"}"#, ""),
            (text(root: #""webhooks":{},"#), "/webhooks"),
            (text(root: #""jsonSchemaDialect":"x","#), "/jsonSchemaDialect"),
            (text(item: #""options":{},"#), "/paths/~1a/options"),
            (text(item: #""servers":[],"#), "/paths/~1a/servers"),
            (text(item: ##""$ref":"#/x","##), "/paths/~1a/$ref"),
            (text(operation: #""callbacks":{},"#), "/paths/~1a/post/callbacks"),
            (text(responses: #""summary":"-""#), "/paths/~1a/post"),
            (text(responses: #""responses":{}"#), "/paths/~1a/post"),
            (text(responses: #""responses":{"20":{"description":"-"}}"#), "/paths/~1a/post/responses/20"),
            (text(responses: #""responses":{"200":{}}"#), "/paths/~1a/post/responses/200"),
            (
                text(responses: #""responses":{"200":{"description":"-","links":{}}}"#),
                "/paths/~1a/post/responses/200/links"
            ),
            (
                text(responses: ##""responses":{"200":{"$ref":"#/components/responses/None"}}"##),
                "/paths/~1a/post/responses/200/$ref"
            ),
            (text(body: #""requestBody":{"content":{}},"#), "/paths/~1a/post/requestBody"),
            (
                text(body: #""requestBody":{"content":{"application/json":{}}},"#),
                "/paths/~1a/post/requestBody/content/application~1json"
            ),
            (
                text(body: #""requestBody":{"content":{"application/json":{"schema":{"x":1}}}},"#),
                "/paths/~1a/post/requestBody/content/application~1json/schema/x"
            ),
            (text(path: "a"), "/paths/a"), (text(path: "/a//b"), "/paths/~1a~1~1b"),
            (text(path: "/a/"), "/paths/~1a~1"),
            (text(path: "/a.{x}"), "/paths/~1a.{x}"), (text(path: "/{x}"), "/paths/~1{x}/post"),
            (text(path: "/.."), "/paths/~1.."),
            (text(operation: parameter(#""in":"path","required":true"#)), "/paths/~1a/post"),
            (text(operation: parameter(#""in":"cookie""#)), "/paths/~1a/post/parameters/0/in"),
            (text(operation: parameter(#""in":"query","style":"deepObject""#)), "/paths/~1a/post/parameters/0/style"),
            (text(operation: parameter(#""in":"query","explode":false"#)), "/paths/~1a/post/parameters/0/explode"),
            (
                text(operation: parameter(#""in":"query","allowReserved":true"#)),
                "/paths/~1a/post/parameters/0/allowReserved"
            ),
            (
                text(operation: parameter(#""in":"query""#, schema: #"{"type":"array"}"#)),
                "/paths/~1a/post/parameters/0/schema"
            ),
            (text(operation: parameter(#""in":"query""#, schema: "{}")), "/paths/~1a/post/parameters/0/schema"),
            (text(operation: parameter(#""in":"path""#), path: "/{p}"), "/paths/~1{p}/post/parameters/0"),
            (text(operation: #""security":[{"none":[]}],"#), "/paths/~1a/post/security/0/none"),
            (text(operation: #""security":[{}],"#), "/paths/~1a/post/security/0"),
            (
                text(components: #"{"securitySchemes":{"t":{"type":"apiKey","scheme":"-"}}}"#),
                "/components/securitySchemes/t"
            ),
            (text(components: #"{"schemas":{"s":{"format":"odd"}}}"#), "/components/schemas/s/format"),
            (text(components: #"{"callbacks":{"c":{}}}"#), "/components/callbacks"),
            (text(item: #""get":{"operationId":"a","responses":{"200":{"description":"-"}}},"#), "/paths/~1a/post"),
            (text(item: #""get":{"responses":{"200":{"description":"-"}}},"#), "/paths/~1a/get"),
        ] as [(String, String)])
    func refused(text: String, pointer: String) {
        #expect {
            _ = try load(text)
        } throws: {
            guard let error = $0 as? DocumentError else { return false }
            return error.pointer == pointer && !error.reason.isEmpty && "\(error)".contains(error.reason)
        }
    }

    static func parameter(_ fields: String, schema: String = #"{"type":"string"}"#) -> String {
        #""parameters":[{"name":"p",\#(fields),"schema":\#(schema)}],"#
    }

    @Test("two operations cannot have one method and path")
    func samePath() {
        let text = """
            {"openapi":"3.1.0","paths":{
             "/{a}":{"parameters":[{"name":"a","in":"path","required":true,"schema":{"type":"string"}}],
                     "get":{"operationId":"x","responses":{"200":{"description":"-"}}}},
             "/{b}":{"parameters":[{"name":"b","in":"path","required":true,"schema":{"type":"string"}}],
                     "get":{"operationId":"y","responses":{"200":{"description":"-"}}}}}}
            """
        #expect(
            throws: DocumentError(pointer: "/paths/~1{b}/get", reason: "another operation has this method and path")
        ) {
            try load(text)
        }
    }

    @Test("handlers and operations must be the same, and the error names the others")
    func wiring() throws {
        let document = try RouterTests.document()
        let all = Set(document.operations.map(\.id))
        try Wiring.check(document, handlers: all)
        #expect(throws: WiringError(missingHandlers: ["abc", "list"], unknownHandlers: ["more", "other"])) {
            try Wiring.check(document, handlers: all.subtracting(["list", "abc"]).union(["other", "more"]))
        }
        let error = WiringError(missingHandlers: ["list"], unknownHandlers: ["other"])
        #expect("\(error)" == "operations without a handler: list; handlers without an operation: other")
    }

    @Test("answers are held to the document")
    func responses() throws {
        let document = try load(
            Self.text(
                responses: """
                    "responses":{
                     "200":{"description":"-","headers":{"ETag":{"required":true,"schema":{"type":"string","pattern":"^\\"[0-9]+\\"$"}}},
                            "content":{"application/json":{"schema":{"type":"object","required":["a"]}},"text/plain":{}}},
                     "204":{"description":"-"},"4XX":{"description":"-","content":{"application/problem+json":{"schema":{"type":"object"}}}}}
                    """))
        let operation = try #require(document.operation("a"))
        func check(_ status: Int, _ type: String?, _ body: String, etag: String? = nil) -> [String] {
            let etag = etag ?? (status == 200 ? "\"1\"" : "")
            let headers = [("content-type", type ?? ""), ("ETag", etag)].filter { !$0.1.isEmpty }
            return body.withBytes { body in
                operation.checkResponse(status: status, headers: headers, body: body)
                    .map { "\($0.pointer) \($0.keyword)" }
            }
        }
        #expect(check(200, "application/json", #"{"a":1}"#) == [])
        #expect(check(200, "application/json; charset=utf-8", #"{"a":1}"#) == [])
        #expect(check(200, "text/plain", "anything") == [])
        #expect(check(200, "application/json", "{}") == ["/a required"])
        #expect(check(200, "application/json", "{") == [" content"])
        #expect(check(200, "text/html", "{}") == [" content"])
        #expect(check(200, nil, "{}") == [" content"])
        #expect(check(200, "text/plain", "", etag: "") == ["/header/ETag required"])
        #expect(check(200, "text/plain", "", etag: "1") == ["/header/ETag pattern"])
        #expect(check(204, nil, "") == [])
        #expect(check(204, nil, "x") == [" content"])
        #expect(check(204, nil, "", etag: "\"1\"") == ["/header/etag headers"])
        #expect(check(404, "application/problem+json", "{}") == [])
        #expect(check(500, "application/problem+json", "{}") == [" responses"])
    }
}
