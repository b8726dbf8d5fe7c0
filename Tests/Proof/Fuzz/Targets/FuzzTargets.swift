// What libFuzzer does with the Swift side: `FUZZ_TARGET=json FuzzTargets [LIBFUZZER ARGUMENT...]`. Built by Tests/Proof/fuzz.sh
// alone. The target is in the environment because libFuzzer starts itself again, with its own arguments, to merge.

import CLibFuzzer
import Glibc

@main
struct FuzzTargets {
    static func main() {
        let targets: [String: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32] = [
            "json": fuzzJSON, "schema": fuzzSchema, "body": fuzzBody, "http": fuzzHTTP, "login": fuzzLogin,
        ]
        guard let name = getenv("FUZZ_TARGET"), let target = targets[String(cString: name)] else {
            print("FUZZ_TARGET is one of \(targets.keys.sorted().joined(separator: ", "))")
            exit(64)
        }
        exit(fuzz(CommandLine.argc, CommandLine.unsafeArgv, target))
    }
}

/// Ends the process, and so makes the input a failure, where `condition` does not hold.
func hold(_ condition: Bool, _ what: @autoclosure () -> String) {
    guard !condition else { return }
    print("failed: \(what())")
    abort()
}
