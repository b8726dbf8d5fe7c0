// Logins: a text as it is, and header, claims and signature out of three lines, so that what is inside is reached too. Nobody has the
// private key, so nothing may ever log in.

import Glibc
import Identity
import TestKit

func fuzzLogin(_ data: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
    let bytes = Array(UnsafeRawBufferPointer(start: data, count: length))
    let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
    let token = parts.map(urlSafe).joined(separator: [UInt8(ascii: ".")])
    for text in [bytes, Array(token)] {
        let login = text.withUnsafeBytes { try? logins?.login(jwt: $0, role: "app") }
        hold(login == nil, "somebody logged in")
    }
    hold(logins != nil, "the logins file was not read")
    return 0
}

private let logins: Logins? = {
    // The core judges the keys.
    _ = TestCore.shared
    guard let folder = try? TemporaryFolder() else { return nil }
    // RFC 8037, A.2
    let keys = #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
    let file = """
        {"jwt":[{"name":"a","issuer":"a","audiences":["a"],"keys":{"file":"\(folder.file("keys.json"))"},
         "rules":[{"role":"app","claims":{"sub":"*"}}]}]}
        """
    try? writeFile(folder.file("keys.json"), Array(keys.utf8))
    try? writeFile(folder.file("logins.json"), Array(file.utf8))
    guard let read = try? LoginFile.read(folder.file("logins.json")) else { return nil }
    return try? Logins(read, now: { 1_700_000_000 })
}()

private func urlSafe(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for byte in bytes {
        (bits, count) = ((bits << 8 | UInt32(byte)) & 0xFFFF, count + 8)
        while count >= 6 {
            text.append(alphabet[Int(bits >> UInt32(count - 6) & 63)])
            count -= 6
        }
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
    return text
}
