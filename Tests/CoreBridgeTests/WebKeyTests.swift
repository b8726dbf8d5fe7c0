// Public keys of others and their JSON Web Signatures over the bridge.

import CoreBridge
import TestKit
import Testing

@Suite(.givesHandlesBack) struct WebKeyTests {
    init() { _ = TestCore.shared }

    /// RFC 8037, A.2 and A.4.
    private let point = bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    private let message = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
    private let signature = bytes(
        "860c98d2297f3060a33f42739672d61b53cf3adefed3d3c672f320dc021b411e"
            + "9d59b8628dc351e248b88b29468e0e41855b0fb7d83bb15be902bfccb8cd0a02")

    @Test("a signature is valid for its message and key, and a changed one is not")
    func valid() throws {
        let key = try WebKey(point, [], for: .edDSA)
        #expect(try key.verify(signature, of: message, with: .edDSA))
        #expect(try !key.verify(signature, of: message + [0], with: .edDSA))
        #expect(try !key.verify(signature.reversed(), of: message, with: .edDSA))
        #expect(try !key.verify([], of: message, with: .edDSA))
    }

    @Test("a key that is not sound is refused when made, one of another kind when used")
    func refused() throws {
        let invalid = CoreError(.publicKeyInvalid)
        #expect(throws: invalid) { try WebKey([], [], for: .edDSA) }
        #expect(throws: invalid) { try WebKey(point, point, for: .edDSA) }
        #expect(throws: invalid) { try WebKey([UInt8](repeating: 0, count: 32), [], for: .edDSA) }
        let key = try WebKey(point, [], for: .edDSA)
        for algorithm in JWSAlgorithm.allCases where algorithm != .edDSA {
            #expect(throws: invalid) { try WebKey(point, [], for: algorithm) }
            #expect(throws: invalid) { try key.verify(signature, of: message, with: algorithm) }
        }
    }
}

private func bytes(_ digits: String) -> [UInt8] {
    let digits = digits.compactMap(\.hexDigitValue).map { UInt8($0) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
