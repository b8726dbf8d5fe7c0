// The script that holds the boundary's rules to their tests finds what is missing.

import Foundation
import TestKit
import Testing

@Suite struct RuleCheckTests {
    private static let log = """
        test a_rust_test ... ok
        test module::tests::another ... ok
        test a_failed_one ... FAILED
        ✔ Test "a Swift test, with a comma" passed after 0.001 seconds.
        ✔ Test "one with cases" with 3 test cases passed after 0.001 seconds.
        ✘ Test "a failed Swift test" failed after 0.001 seconds with 1 issue.
        """

    /// The exit code, and what it says.
    private func check(_ guide: String) throws -> (code: Int32, text: String) {
        let folder = try TemporaryFolder()
        try writeFile(folder.file("guide.md"), Array(guide.utf8))
        try writeFile(folder.file("log"), Array((Self.log + "\n").utf8))
        let script = Tree.root.appendingPathComponent(".ci/check-rules.sh").path
        let process = try ChildProcess(script, ["R", folder.file("guide.md"), folder.file("log")])
        let text = try process.readToEnd(of: .error)
        return (try process.wait(), text)
    }

    @Test("rules whose tests passed are held")
    func held() throws {
        let guide = """
            **R1. One.** Text with `code` and "words".
            Held by: `a_rust_test`, "a Swift test, with a comma"

            **R2. Two.** Text.
            Held by: `another`,
            "one with cases"

            After it `nothing` counts.
            """
        let outcome = try check(guide)
        #expect(outcome.code == 0, "\(outcome.text)")
    }

    @Test(
        "a rule without a test, with one that did not run or failed, or out of turn, is found",
        arguments: [
            ("**R1. One.**\nHeld by: `absent`", "R1: no test that passed is called: absent"),
            ("**R1. One.**\nHeld by: `a_failed_one`", "called: a_failed_one"),
            ("**R1. One.**\nHeld by: \"a failed Swift test\"", "called: a failed Swift test"),
            ("**R1. One.**\nHeld by: `a_rust`", "called: a_rust"),
            ("**R1. One.** Text.", "R1 names no test"),
            ("**R2. Two.**\nHeld by: `another`", "R2 stands where R1 should"),
            ("Nothing.", "no rules"),
        ])
    func broken(guide: String, complaint: String) throws {
        let outcome = try check(guide)
        #expect(outcome.code == 1)
        #expect(outcome.text.contains(complaint), "\(outcome.text)")
    }
}
