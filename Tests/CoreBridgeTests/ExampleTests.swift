// The guide's examples: each a program that starts the core, uses it, and gives everything back.

import TestKit
import Testing

@Suite(.givesHandlesBack) struct ExampleTests {
    @Test(
        "the guide's examples make, use and release, from C and from Swift",
        arguments: ["BoundaryExampleC", "BoundaryExampleSwift"])
    func example(name: String) throws {
        let folder = try TemporaryFolder()
        let process = try ChildProcess(try builtProduct(name), [folder.path])
        let output = try process.readToEnd(of: .output)
        #expect(try process.readToEnd(of: .error) == "")
        #expect(try process.wait() == 0)
        #expect(
            output == """
                32 bytes became 72 and came back: yes
                an edited ciphertext is refused: yes
                root keys open: 0, keys open: 0

                """)
    }
}
