// Reading a request's head: its bearer token and its method.

internal import HTTPServer
internal import OpenAPI

enum BearerToken {
    /// The token of an Authorization header (RFC 6750 section 2.1); the scheme in any case, one space or more (RFC 9110,
    /// 11.4), nothing after.
    static func find(in header: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let scheme: StaticString = "bearer "
        guard header.count > scheme.utf8CodeUnitCount else { return nil }
        for index in 0..<scheme.utf8CodeUnitCount {
            let letter = header[index]
            let lower = (65...90).contains(letter) ? letter | 0x20 : letter
            guard lower == scheme.utf8Start[index] else { return nil }
        }
        return UnsafeRawBufferPointer(rebasing: header.dropFirst(scheme.utf8CodeUnitCount).drop { $0 == 0x20 })
    }
}

extension Method {
    var operationMethod: OperationMethod { OperationMethod(rawValue: rawValue) ?? .other }

    var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: "other"
        }
    }
}
