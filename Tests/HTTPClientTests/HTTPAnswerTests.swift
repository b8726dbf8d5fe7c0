// Answers as servers send them, whole and not.

import Bytes
import Testing

@testable import HTTPClient

@Suite struct HTTPAnswerTests {
    private func answer(_ text: String) -> HTTPAnswer? {
        let buffer = ByteBuffer()
        buffer.append(text)
        return HTTPAnswer(buffer)
    }

    private func body(_ text: String) -> String? { answer(text).map { String(decoding: $0.body.bytes, as: UTF8.self) } }

    @Test("a body ends where its length says, where its chunks do, or where the connection did")
    func bodies() {
        #expect(body("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd") == "abc")
        #expect(body("HTTP/1.0 200 OK\r\nA: b\r\n\r\nabcd") == "abcd")
        #expect(
            body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n")
                == "abc0123456789")
        #expect(body("HTTP/1.1 204 No Content\r\n\r\n") == "")
        let found = answer("HTTP/1.1 404 \r\nX-One:  a b \r\nETAG:\"7\"\r\n\r\n")
        #expect(found?.status == 404 && found?.header("x-one") == "a b" && found?.header("etag") == "\"7\"")
    }

    @Test("where the connection was cut, only what says itself how long it is counts as whole")
    func cut() {
        for (text, isWhole) in [("A: b", false), ("Content-Length: 2", true)] {
            let buffer = ByteBuffer()
            buffer.append("HTTP/1.1 200 OK\r\n\(text)\r\n\r\nab")
            #expect((HTTPAnswer(buffer, wasCut: true) != nil) == isWhole)
        }
    }

    @Test(
        "an answer that was cut off, or is none, is not taken",
        arguments: [
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        ])
    func unfit(text: String) {
        #expect(answer(text) == nil)
    }

    @Test("addresses are told apart from what only looks like one")
    func addresses() {
        #expect(HTTPAddress("http://127.0.0.1:8200") == .host("127.0.0.1", port: 8200, isSecure: false))
        #expect(HTTPAddress("https://keys.example/") == .host("keys.example", port: 443, isSecure: true))
        #expect(HTTPAddress("https://[::1]:9") == .host("::1", port: 9, isSecure: true))
        #expect(HTTPAddress("http://[::1]") == .host("::1", port: 80, isSecure: false))
        #expect(HTTPAddress("unix:/run/strongroom.sock") == .socket(path: "/run/strongroom.sock"))
        for text in [
            "", "localhost:8200", "ftp://a", "http://", "https://:1", "http://a:0", "http://a:65536", "http://a:b",
            "http://user@a", "http://a/path", "http://a?b", "http://a\r\nb", "http://[a", "unix:relative",
        ] {
            #expect(HTTPAddress(text) == nil, "\(text)")
        }
        let (address, path) = HTTPAddress.split(url: "https://a:1/b/c?d=e") ?? (.socket(path: ""), "")
        #expect(address == .host("a", port: 1, isSecure: true) && path == "/b/c?d=e")
        #expect(HTTPAddress.split(url: "https://a?b") == nil && HTTPAddress.split(url: "https://a/b#c") == nil)
        #expect(HTTPAddress("http://localhost:1")?.staysOnHost == true)
        #expect(HTTPAddress("http://127.9.9.9:1")?.staysOnHost == true)
        #expect(HTTPAddress("http://[::1]:1")?.staysOnHost == true)
        for elsewhere in [
            "10.0.0.1", "127.evil.example", "127.0.0.1.example", "0.0.0.0", "127.1", "[::2]", "LOCALHOST.a",
        ] {
            #expect(HTTPAddress("http://\(elsewhere):1")?.staysOnHost == false, "\(elsewhere)")
        }
    }
}
