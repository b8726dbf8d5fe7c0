// The page that shows the document, as a browser asks for it. How it works is tested in one (Tests/Browser).

import Foundation
import TestKit
import Testing

@Suite(.givesHandlesBack) struct PageTests {
    @Test("the page and all it loads come from here, with a policy that allows nothing else")
    func files() throws {
        let fixture = try Fixture()
        let page = try fixture.send("GET", "/docs", headers: [("Authorization", "")])
        #expect(page.status == 200 && page.response["Content-Type"] == "text/html; charset=utf-8")
        let policy = page.response["Content-Security-Policy"] ?? ""
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"))
        let text = page.response.text
        #expect(!text.contains("<style") && !text.contains("style=") && !text.contains("onclick"))
        var files = ["/docs/page.css", "/docs/page.js"]
        for file in files { #expect(text.contains("\"\(file)\"")) }
        var seen: Set<String> = []
        while let file = files.popLast() {
            guard seen.insert(file).inserted else { continue }
            let answer = try fixture.send("GET", file, headers: [("Authorization", "")])
            let type = file.hasSuffix(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8"
            #expect(answer.status == 200 && answer.response["Content-Type"] == type, "\(file)")
            #expect(answer.response["Content-Security-Policy"] == policy)
            for line in answer.response.text.split(separator: "\n") where line.hasPrefix("import ") {
                files.append(String(line.split(separator: "\"").last { $0.hasPrefix("/docs/") } ?? ""))
            }
            // Nothing is made from text that could be markup.
            #expect(!answer.response.text.contains("innerHTML") && !answer.response.text.contains("//cdn"))
        }
        #expect(seen == ["/docs/page.css", "/docs/page.js", "/docs/request.js", "/docs/schema.js"])
    }

    @Test("there are no other files", arguments: ["/docs/page.html", "/docs/x", "/docs/..%2fstrongroom.json"])
    func others(path: String) throws {
        let status = try Fixture().send("GET", path).status
        #expect((400...422).contains(status))
    }
}
