// Which files a program syncs, and syncs that fail: the program runs under Tests/SyncWatch.

import Glibc
import TestKit

struct SyncWatch {
    let folder: String

    /// Makes the folder in which the watch is told what to do.
    init(in folder: TemporaryFolder, _ name: String = "syncs") throws {
        self.folder = folder.file(name)
        guard mkdir(self.folder, 0o700) == 0 else { throw TestError("mkdir", code: errno) }
    }

    /// The paths that were synced, or tried to, in order.
    var paths: [String] {
        String(decoding: (try? readFile(folder + "/log")) ?? [], as: UTF8.self).split(separator: "\n").map {
            String($0.drop { $0 != " " }.dropFirst())
        }
    }

    /// How often a path with this part was synced.
    func count(_ part: String) -> Int { paths.count { $0.contains(part) } }

    /// Has syncs fail whose path has `part` in it, or which are the one of that number; nil for none.
    func fail(_ part: String?) throws {
        unlink(folder + "/fail")
        guard let part else { return }
        // There whole or not at all.
        try writeFile(folder + "/next", Array(part.utf8))
        guard rename(folder + "/next", folder + "/fail") == 0 else { throw TestError("rename", code: errno) }
    }

    /// Has syncs wait until `release`.
    func hold() throws { try writeFile(folder + "/hold", []) }

    func release() { unlink(folder + "/hold") }

    /// Runs the built executable to its end.
    func command(_ arguments: [String]) throws -> Outcome {
        let process = try ChildProcess(
            builtProduct("SyncWatch"), [folder, builtProduct("strongroom")] + arguments)
        let output = try process.readToEnd(of: .output, timeout: 60)
        let error = try process.readToEnd(of: .error, timeout: 60)
        return Outcome(status: try process.wait(), output: output, error: error)
    }

    /// Whether descriptors of a service can be followed to their files: a service lets only root look.
    static let canFollow: Bool = {
        if geteuid() != 0 { print("skipped: only root can see which files a service syncs") }
        return geteuid() == 0
    }()
}
