// From paths to operations: ordinary ones, and those that try to be taken for others.

import Testing

@testable import OpenAPI

@Suite("Routing")
struct RouterTests {
    static func document() throws -> OpenAPIDocument {
        func operation(_ id: String, _ parameters: [String] = []) -> String {
            let list = parameters.map { #"{"name":"\#($0)","in":"path","required":true,"schema":{"type":"string"}}"# }
            return """
                {"operationId":"\(id)","parameters":[\(list.joined(separator: ","))],"responses":{"200":{"description":"-"}}}
                """
        }
        return try load(
            """
            {"openapi":"3.1.0","info":{},"paths":{
             "/":{"get":\(operation("root"))},
             "/v1/keys":{"get":\(operation("list")),"post":\(operation("create"))},
             "/v1/keys/{key}":{"get":\(operation("get", ["key"])),"delete":\(operation("delete", ["key"]))},
             "/v1/keys/{key}/encrypt":{"post":\(operation("encrypt", ["key"]))},
             "/v1/keys/{name}/versions/{n}":{"patch":\(operation("version", ["name", "n"]))},
             "/v1/tokens/self":{"get":\(operation("self"))},
             "/v1/tokens/{id}":{"delete":\(operation("revoke", ["id"]))},
             "/v1/a/b/c":{"get":\(operation("abc"))},
             "/v1/a/{x}/d":{"get":\(operation("axd", ["x"]))}
            }}
            """)
    }

    private func match(_ method: OperationMethod, _ path: String) throws -> String {
        let document = try Self.document()
        return path.withBytes { path in
            switch document.router.match(method: method, path: path) {
            case .operation(let operation, let parameters):
                return ([operation.id] + (0..<parameters.count).map { String(decoding: parameters[$0], as: UTF8.self) })
                    .joined(separator: " ")
            case .methodNotAllowed(let allow): return "405 \(allow)"
            case .notFound: return "404"
            case .malformedPath: return "400"
            }
        }
    }

    @Test(
        "paths lead to their operations, with their parameters",
        arguments: [
            (OperationMethod.get, "/", "root"), (.get, "/v1/keys", "list"), (.post, "/v1/keys", "create"),
            (.get, "/v1/keys/orders", "get orders"), (.head, "/v1/keys/orders", "get orders"),
            (.post, "/v1/keys/orders/encrypt", "encrypt orders"),
            (.patch, "/v1/keys/orders/versions/3", "version orders 3"),
            (.get, "/v1/tokens/self", "self"), (.delete, "/v1/tokens/17", "revoke 17"), (.get, "/v1/a/b/c", "abc"),
            (.get, "/v1/a/b/d", "axd b"), (.get, "/v1/a/x/d", "axd x"), (.get, "/v1/keys/encrypt", "get encrypt"),
            (.get, "/v1/keys/a;b=c,d!$&'()*+@:~._-", "get a;b=c,d!$&'()*+@:~._-"),
        ])
    func routes(method: OperationMethod, path: String, expected: String) throws {
        #expect(try match(method, path) == expected)
    }

    @Test(
        "a known path with another method says which methods there are",
        arguments: [
            (OperationMethod.delete, "/v1/keys", "405 GET, HEAD, POST"), (.head, "/v1/keys/a/encrypt", "405 POST"),
            (.delete, "/v1/tokens/self", "405 GET, HEAD"), (.get, "/v1/tokens/17", "405 DELETE"),
            (.other, "/v1/keys", "405 GET, HEAD, POST"),
            (.options, "/", "405 GET, HEAD"), (.put, "/v1/keys/a", "405 GET, HEAD, DELETE"),
        ])
    func methods(method: OperationMethod, path: String, expected: String) throws {
        #expect(try match(method, path) == expected)
    }

    @Test(
        "what is in a parameter is decoded",
        arguments: [
            ("/v1/keys/a%20b", "get a b"), ("/v1/keys/%C3%A9", "get é"), ("/v1/keys/%c3%a9", "get é"),
            ("/v1/keys/a%25b", "get a%b"),
            ("/v1/keys/a%252Fb", "get a%2Fb"), ("/v1/keys/%F0%9F%98%80", "get 😀"), ("/v1/keys/a%3Fb", "get a?b"),
            ("/v1/keys/...", "get ..."), ("/v1/keys/a.", "get a."),
        ])
    func decoding(path: String, expected: String) throws {
        #expect(try match(.get, path) == expected)
    }

    @Test(
        "paths that are none, or that would mean another, are malformed",
        arguments: [
            "", "v1/keys", "*", "//host/v1/keys\u{0}", "/v1/keys/%", "/v1/keys/%2", "/v1/keys/%zz", "/v1/keys/%2G",
            "/v1/keys/a%00b",
            "/v1/keys/%0Aa", "/v1/keys/%7F", "/v1/keys/a%2Fencrypt", "/v1/keys/a%2fencrypt", "/v1/keys/.",
            "/v1/keys/..", "/v1/keys/%2e",
            "/v1/keys/%2E%2e", "/v1/keys/.%2e", "/v1/keys/../tokens/self", "/v1/./keys", "/v1/%2e/keys", "/../v1/keys",
            "/v1/keys/%FF",
            "/v1/keys/%C0%AF", "/v1/keys/%C0%80", "/v1/keys/%ED%A0%80", "/v1/keys/%F5%80%80%80", "/v1/keys/%C3",
            "/v1/keys/é", "/v1/keys/a b",
            "/v1/keys/a\\b", "/v1/keys/a\"b", "/v1/keys/<a>", "/v1/keys/{key}", "/v1/keys/a|b", "/v1/keys/a^b",
            "/v1/keys/a`b", "/v1/keys/a#b",
            "/v1/keys/a?b", "/v1/keys/a\u{1}", "/v1/keys/\u{7F}", "/v1%2Fkeys",
        ])
    func malformed(path: String) throws {
        #expect(try match(.get, path) == "400")
    }

    @Test(
        "unknown paths, literals in disguise and empty segments are not found",
        arguments: [
            "/v1", "/v1/", "/v1/keys/", "/v1/keys//", "/v1//keys", "//v1/keys", "/v1/keys/a/", "/v1/keys/a/encrypt/",
            "/v1/keys/a/encrypt/b",
            "/V1/keys", "/v1/Keys", "/v1/%6Beys", "/%76%31/keys", "/v1/key", "/v1/keyss", "/v1/keys/a/versions",
            "/v1/keys/a/versions/",
            "/v1/keys/a/%65ncrypt", "/v1/tokens/%73elf", "/v1/tokens/sel%66", "/v1/a/%62/d", "/v1/a/%62/c",
            "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t",
        ])
    func notFound(path: String) throws {
        #expect(try match(.get, path) == "404")
    }

    @Test("a path of a megabyte is no trouble")
    func long() throws {
        #expect(try match(.get, "/v1/keys/" + String(repeating: "a", count: 1 << 20)).utf8.count == (1 << 20) + 4)
        #expect(try match(.get, String(repeating: "/a", count: 1 << 19)) == "404")
        #expect(try match(.get, String(repeating: "/", count: 1 << 20)) == "404")
    }
}
