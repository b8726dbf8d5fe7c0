// Parameters: from text to typed values, and everything that is wrong with them.

import Bytes
import JSON
import Testing

@testable import OpenAPI

@Suite("Parameters")
struct ParameterTests {
    static let text = """
        {"openapi":"3.1.0","paths":{"/keys/{key}/{n}":{
          "parameters":[{"$ref":"#/components/parameters/Key"}],
          "get":{"operationId":"get","responses":{"200":{"description":"-"}},"parameters":[
            {"name":"n","in":"path","required":true,"schema":{"type":"integer","minimum":1,"maximum":99}},
            {"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":1000}},
            {"name":"label","in":"query","schema":{"type":"string","maxLength":10}},
            {"name":"all","in":"query","schema":{"type":"boolean"}},
            {"name":"If-Match","in":"header","schema":{"type":"string","pattern":"^\\"[0-9]+\\"$"}}]},
          "put":{"operationId":"put","responses":{"200":{"description":"-"}},"parameters":[
            {"name":"n","in":"path","required":true,"schema":{"type":"integer"}},
            {"name":"key","in":"path","required":true,"schema":{"type":"string","maxLength":2}},
            {"name":"must","in":"query","required":true,"schema":{"type":"string"}},
            {"name":"X-Must","in":"header","required":true,"schema":{"type":"integer"}}]}}},
         "components":{"schemas":{"Name":{"type":"string","pattern":"^[a-z ]{1,8}$"}},
          "parameters":{"Key":{"name":"key","in":"path","required":true,"schema":{"$ref":"#/components/schemas/Name"}}}}}
        """

    /// What `body` reads from the checked parameters of a request; throws what is wrong with them.
    private func check<Value>(
        _ path: String, method: OperationMethod = .get, query: String? = nil, headers: [String: String] = [:],
        _ body: (CheckedParameters) throws -> Value
    ) throws -> Value {
        let document = try load(Self.text)
        let path = ByteBuffer(path)
        let query = query.map { ByteBuffer($0) }
        let buffers = headers.mapValues { ByteBuffer($0) }
        guard case .operation(let operation, let parameters) = document.router.match(method: method, path: path.bytes)
        else {
            throw DocumentError(pointer: "", reason: "no route")
        }
        var checked = CheckedParameters()
        try operation.checkParameters(
            path: parameters, query: query?.bytes, header: { buffers[$0]?.bytes }, into: &checked)
        defer { withExtendedLifetime((path, query, buffers)) {} }
        return try body(checked)
    }

    @Test("values of each type come from each place")
    func values() throws {
        try check("/keys/or%64er/42", query: "limit=1000&label=a%20%26+b&all=true", headers: ["If-Match": "\"7\""]) {
            parameters in
            #expect(parameters.string("key") == "order")
            #expect(parameters.bytes("key")?.count == 5)
            #expect(parameters.integer("n") == 42)
            #expect(parameters.integer("limit") == 1000)
            #expect(parameters.string("label") == "a & b")
            #expect(parameters.boolean("all") == true)
            #expect(parameters.string("If-Match") == "\"7\"")
            #expect(parameters.has("limit"))
            // Asked for as what they are not.
            #expect(parameters.string("n") == nil && parameters.integer("key") == nil && parameters.boolean("n") == nil)
            #expect(!parameters.has("nothing") && parameters.string("nothing") == nil)
        }
        try check("/keys/a/1") { parameters in
            #expect(!parameters.has("limit") && parameters.integer("limit") == nil)
            #expect(!parameters.has("If-Match"))
        }
        try check("/keys/a/1", query: "") { #expect(!$0.has("label")) }
        try check("/keys/a/1", query: "label=") { #expect($0.string("label") == "") }
        try check("/keys/a/1", query: "label") { #expect($0.string("label") == "") }
        try check("/keys/a/1", query: "label=a=b") { #expect($0.string("label") == "a=b") }
        try check("/keys/a/1", query: "l%61bel=x") { #expect($0.string("label") == "x") }
    }

    @Test("an operation's own parameter replaces the path's")
    func overridden() throws {
        try check("/keys/ab/-5", method: .put, query: "must=", headers: ["X-Must": "0"]) {
            #expect($0.integer("n") == -5)
        }
        #expect(
            try violations("/keys/abc/1", method: .put, query: "must=", headers: ["X-Must": "0"]) == [
                "/path/key maxLength"
            ])
    }

    @Test(
        "everything that does not fit is a violation with its place",
        arguments: [
            ("/keys/A/1", nil, ["/path/key pattern"]), ("/keys/a/0", nil, ["/path/n minimum"]),
            ("/keys/a/100", nil, ["/path/n maximum"]),
            ("/keys/a/x", nil, ["/path/n type"]), ("/keys/a/1.0", nil, ["/path/n type"]),
            ("/keys/a/+1", nil, ["/path/n type"]),
            ("/keys/a/01", nil, ["/path/n type"]), ("/keys/a/1e1", nil, ["/path/n type"]),
            ("/keys/a/-", nil, ["/path/n type"]),
            ("/keys/a/%31%32x", nil, ["/path/n type"]), ("/keys/a/9223372036854775808", nil, ["/path/n type"]),
            ("/keys/a/123456789012345678901234567890", nil, ["/path/n type"]),
            ("/keys/%C3%A9/1", nil, ["/path/key pattern"]),
            ("/keys/a/1", "limit=0", ["/query/limit minimum"]), ("/keys/a/1", "limit=", ["/query/limit type"]),
            ("/keys/a/1", "limit=1%20", ["/query/limit type"]),
            ("/keys/a/1", "limit=1&limit=1", ["/query/limit maxItems"]),
            ("/keys/a/1", "limit=x&limit=1", ["/query/limit type", "/query/limit maxItems"]),
            ("/keys/a/1", "limit=1&l%69mit=2", ["/query/limit maxItems"]), ("/keys/a/1", "all=1", ["/query/all type"]),
            ("/keys/a/1", "all=TRUE", ["/query/all type"]),
            ("/keys/a/1", "label=12345678901", ["/query/label maxLength"]),
            ("/keys/a/1", "other=1", ["/query/other parameters"]),
            ("/keys/a/1", "Limit=1", ["/query/Limit parameters"]),
            ("/keys/a/1", "n=1", ["/query/n parameters"]), ("/keys/a/1", "key=a", ["/query/key parameters"]),
            ("/keys/a/1", "limit[]=1", ["/query/limit[] parameters"]),
            ("/keys/a/1", "a/b=1", ["/query/a~1b parameters"]),
            ("/keys/a/1", "&", ["/query parameters", "/query parameters"]),
            ("/keys/a/1", "limit=1&", ["/query parameters"]),
            ("/keys/a/1", "=1", ["/query parameters"]), ("/keys/a/1", "label=%", ["/query parameters"]),
            ("/keys/a/1", "label=%4", ["/query parameters"]),
            ("/keys/a/1", "label=%zz", ["/query parameters"]), ("/keys/a/1", "label=%ff", ["/query parameters"]),
            ("/keys/a/1", "label=%C0%80", ["/query parameters"]), ("/keys/a/1", "%ff=1", ["/query parameters"]),
            ("/keys/A/0", "limit=0", ["/path/key pattern", "/path/n minimum", "/query/limit minimum"]),
        ] as [(String, String?, [String])])
    func wrong(path: String, query: String?, expected: [String]) throws {
        #expect(try violations(path, query: query).sorted() == expected.sorted())
    }

    @Test("headers are checked, and what is required must be there")
    func headers() throws {
        #expect(try violations("/keys/a/1", headers: ["If-Match": "7"]) == ["/header/If-Match pattern"])
        #expect(
            try violations("/keys/a/1", method: .put).sorted() == ["/header/X-Must required", "/query/must required"])
        #expect(
            try violations("/keys/a/1", method: .put, query: "must=x", headers: ["X-Must": "x"]) == [
                "/header/X-Must type"
            ])
    }

    @Test("a header that is not UTF-8 is refused")
    func headerEncoding() throws {
        let document = try load(Self.text)
        let path = ByteBuffer("/keys/a/1")
        let header = ByteBuffer()
        header.append(0xFF)
        guard case .operation(let operation, let parameters) = document.router.match(method: .get, path: path.bytes)
        else {
            Issue.record("no route")
            return
        }
        var checked = CheckedParameters()
        #expect {
            try operation.checkParameters(
                path: parameters, query: nil, header: { $0 == "If-Match" ? header.bytes : nil }, into: &checked)
        } throws: {
            ($0 as? ParameterError)?.violations.map(\.pointer) == ["/header/If-Match"]
        }
        withExtendedLifetime((path, header)) {}
    }

    @Test("violations are bounded, and do not quote values")
    func bounded() throws {
        let query = (0..<500).map { "p\($0)=hunter2" }.joined(separator: "&")
        let found = try violations("/keys/a/1", query: query)
        #expect(found.count == SchemaViolation.limit)
        #expect(!found.joined().contains("hunter2"))
        let long = try violations("/keys/a/1", query: String(repeating: "x", count: 10_000) + "=1")
        #expect(long == ["/query/" + String(repeating: "x", count: 64) + "… parameters"])
    }

    private func violations(
        _ path: String, method: OperationMethod = .get, query: String? = nil, headers: [String: String] = [:]
    ) throws -> [String] {
        do {
            return try check(path, method: method, query: query, headers: headers) { _ in [] }
        } catch let error as ParameterError {
            return error.violations.map { "\($0.pointer) \($0.keyword)" }
        }
    }
}
