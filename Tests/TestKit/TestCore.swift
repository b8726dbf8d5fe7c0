// The core, started once for all tests of a process, and root keys of its.

public import CoreBridge
internal import Glibc

public enum TestCore {
    /// The core of this process.
    public static let shared: Core = {
        do {
            return try Core.start(secretMemoryBytes: 4 << 20)
        } catch {
            fatalError("the core does not start: \(error)")
        }
    }()

    /// A root key of its own, whose file is gone when this returns.
    public static func rootKey() throws -> RootKey {
        _ = shared
        var template = Array("/tmp/strongroom-root-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXFailure(code: errno) }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            unlink(folder + "/root.key")
            rmdir(folder)
        }
        return try RootKey.create(file: folder + "/root.key")
    }
}

/// A system call failed.
public struct POSIXFailure: Error {
    public let code: Int32

    public init(code: Int32) {
        self.code = code
    }
}
