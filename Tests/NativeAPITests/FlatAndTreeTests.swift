// A body is read in one of two ways, by how it is written. What it means must not depend on that.

import TestKit
import Testing

@Suite(.givesHandlesBack) struct FlatAndTreeTests {
    /// The same members in forms that the fast way does not read, or reads differently.
    private static let forms: [@Sendable (String, String) -> String] = [
        { "{\"\($0)\":\"\($1)\",\"associated_data\":\"YS9i\"}" },
        { "{\"\($0)\":\"\($1.replacing("/", with: "\\/"))\",\"associated_data\":\"YS9i\"}" },
        { " \r\n\t{ \"\($0)\"\n:\t\"\($1)\" ,\r\n \"associated_data\" : \"YS9i\" } \n\t " },
        { "{\"associated_data\":\"YS9i\",\"\($0)\":\"\($1)\"}" },
        { "{\"associated_data\":\"\\u0059S9i\",\"\($0)\":\"\($1)\"}" },
        { "{\"associ\\u0061ted_data\":\"YS9i\",\"\($0)\":\"\($1)\"}" },
    ]

    @Test("a body means the same in every way of writing it")
    func sameMeaning() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let connection = try fixture.connect()
        // 0xFF bytes are slashes in base64.
        for length in [0, 1, 2, 3, 30, 31, 100, 3000] {
            let plaintext = base64([UInt8](repeating: 0xFF, count: length))
            for write in Self.forms {
                let encrypted = try fixture.send(
                    "POST", "/v1/keys/orders/encrypt", write("plaintext", plaintext), on: connection)
                let ciphertext = try #require(encrypted["ciphertext"].string, "\(encrypted.response.text)")
                for write in Self.forms {
                    let decrypted = try fixture.send(
                        "POST", "/v1/keys/orders/decrypt", write("ciphertext", ciphertext), on: connection)
                    #expect(decrypted["plaintext"].string == plaintext)
                }
            }
        }
    }

    @Test("a body that is refused in one way of writing it is refused alike in the other")
    func sameRefusals() throws {
        let fixture = try Fixture()
        try fixture.create("orders")
        let bodies = [
            #"{"plaintext":"YQ==","version":0}"#, #"{"plaintext":"Y"}"#, #"{"plaintext":"YQ==","extra":"#, #"{}"#,
            #"{"plaintext":"YQ==","plaintext":"YQ=="}"#, #"{"plaintext":"YQ==","associated_data":1}"#,
            #"{"plaintext":"YQ==","version":2147483648}"#, #"{"plaintext":"YQ=="}x"#,
        ]
        for body in bodies {
            let flat = try fixture.send("POST", "/v1/keys/orders/encrypt", body)
            let tree = try fixture.send(
                "POST", "/v1/keys/orders/encrypt", body.replacing("plaintext", with: "pl\\u0061intext"))
            #expect((400...422).contains(flat.status))
            #expect(flat.status == tree.status)
            #expect(flat.code == tree.code)
            #expect(flat["errors"].elements.count == tree["errors"].elements.count)
            #expect(flat.violation == tree.violation)
        }
    }
}
