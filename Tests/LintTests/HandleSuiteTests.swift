// Every suite that can open a handle has the trait that sees it given back.

import Testing

@Suite struct HandleSuiteTests {
    @Test("every suite of a target that reaches the core gives its handles back")
    func traits() throws {
        var suites = 0
        let reaching = try Tree.files("Tests", ["swift"]).filter { $0.lines.contains { $0.contains("TestCore") } }
        let targets = Set(reaching.map { $0.path.split(separator: "/")[1] }).subtracting(["TestKit", "LintTests"])
        for target in targets {
            for file in try Tree.files("Tests/\(target)", ["swift"]) {
                for line in file.lines where line.contains("@Suite") {
                    #expect(line.hasPrefix("@Suite(.givesHandlesBack"), "\(file.path)")
                    suites += 1
                }
                let text = file.lines.joined()
                #expect(!text.contains("@Test") || text.contains("@Suite"), "\(file.path) has tests without a suite")
            }
        }
        #expect(targets.count >= 3 && suites > 20)
    }
}
