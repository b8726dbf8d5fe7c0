// The core as a whole, and its root keys.

import CoreBridge
import Glibc
import TestKit
import Testing

@Suite(.givesHandlesBack) struct CoreTests {
    @Test("the library is the one the header was written for, and starts once")
    func start() throws {
        _ = TestCore.shared
        #expect(Core.abi.fingerprint != 0)
        #expect(throws: CoreStartError.self) { try Core.start(secretMemoryBytes: 65_536) }
    }

    @Test("secret memory is protected and counted")
    func secretMemory() throws {
        let before = try TestCore.shared.secretMemory()
        let keys = try (0..<10).map { _ in try Fixture(.xaes256GCM).open() }
        let after = try TestCore.shared.secretMemory()
        #expect(before.capacity > 0)
        #expect(after.used > 0)
        withExtendedLifetime(keys) {}
    }

    @Test("an open key says what it takes of secret memory, which is at most what its algorithm says")
    func keyBytes() throws {
        let root = try TestCore.rootKey()
        for algorithm in TestCore.shared.algorithms {
            let id = KeyVersionID(key: KeyIdentity(high: 3, low: UInt64(algorithm.rawValue)), version: 1)
            let sealed = try root.generate(
                KeySpecification(key: id, algorithm: algorithm, usages: algorithm.usages, createdAt: 1))
            let bytes = try root.open(sealed, as: id).secretBytes
            #expect(bytes <= algorithm.openBytes, "\(algorithm)")
            #expect(bytes > algorithm.openBytes * 3 / 4, "\(algorithm)")
        }
        let memory = try TestCore.shared.secretMemory()
        #expect(memory.keyBytes > memory.capacity / 2 && memory.keyBytes < memory.capacity * 3 / 4)
        #expect(UInt64(memory.keptBytes) < memory.keyBytes)
    }

    @Test("random bytes are never the same, and at most 64 KiB at once")
    func random() throws {
        func draw(_ count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            try bytes.withUnsafeMutableBytes { try TestCore.shared.random(into: $0) }
            return bytes
        }
        #expect(try draw(32) != draw(32))
        #expect(try draw(65_536).suffix(64).contains { $0 != 0 })
        #expect(throws: CoreError(.lengthOutOfRange)) { try draw(65_537) }
        #expect(throws: CoreError(.lengthOutOfRange)) { try draw(0) }
    }

    @Test("a root key file is made once, for its owner alone, and refused when others can read it")
    func rootKeyFile() throws {
        var template = Array("/tmp/strongroom-test-XXXXXX".utf8CString)
        _ = mkdtemp(&template)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let file = folder + "/root.key"
        defer {
            unlink(file)
            rmdir(folder)
        }
        _ = TestCore.shared
        #expect(throws: CoreError(.rootKeyFileMissing)) { try RootKey.open(file: file) }
        let identity = try RootKey.create(file: file).identity()
        #expect(throws: CoreError(.rootKeyFileExists)) { try RootKey.create(file: file) }
        var status = stat()
        stat(file, &status)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(try RootKey.open(file: file).identity() == identity)
        for mode: mode_t in [0o640, 0o604, 0o620] {
            chmod(file, mode)
            #expect(throws: CoreError(.rootKeyFilePermissions)) { try RootKey.open(file: file) }
        }
        chmod(file, 0o600)
        #expect(truncate(file, 50) == 0)
        #expect(throws: CoreError(.rootKeyFileMalformed)) { try RootKey.open(file: file) }
    }

    @Test("a token's MAC depends on the token and on the root key")
    func tokenMAC() throws {
        func mac(_ root: RootKey, _ text: String) throws -> TokenMAC {
            try Array(text.utf8).withUnsafeBytes { try root.tokenMAC($0) }
        }
        let root = try TestCore.rootKey()
        #expect(try mac(root, "a") == mac(root, "a"))
        #expect(try mac(root, "a") != mac(root, "b"))
        #expect(try mac(root, "a") != mac(TestCore.rootKey(), "a"))
        #expect(try TokenMAC(bytes: mac(root, "a").bytes) == mac(root, "a"))
    }

    @Test("every code of the core has a case, under its own name and no other's number")
    func codes() {
        #expect(CoreError.Code.allCases.count == Set(CoreError.Code.allCases.map(\.rawValue)).count)
        for code in CoreError.Code.allCases {
            // internalError stands for INTERNAL, since `internal` is a keyword.
            let name = code == .internalError ? "internal" : "\(code)"
            #expect(code.symbol.dropFirst("SR_E_".count).filter { $0 != "_" } == name.uppercased())
        }
    }

    @Test("an open key and its bytes are counted until it is given back")
    func counters() throws {
        let fixture = try Fixture(.xaes256GCM)
        var key: KeyHandle? = try fixture.open()
        let live = try TestCore.shared.liveHandles()
        #expect(live.roots > 0 && live.keys > 0)
        #expect(live.rootBytes > 0 && live.keyBytes >= 64)
        #expect(!live.none)
        withExtendedLifetime(key) {}
        key = nil
    }

    @Test("as many failures are kept as were asked for, and nothing else can be asked for")
    func diagnostics() throws {
        let core = TestCore.shared
        for records in [-1, Core.maximumDiagnostics + 1] {
            #expect(throws: CoreError(.lengthOutOfRange)) { try core.keepDiagnostics(records) }
        }
        for limit in [-1, 0, Core.maximumDiagnostics + 1] {
            #expect(throws: CoreError(.lengthOutOfRange)) { try core.diagnostics(after: 0, limit: limit) }
        }
        #expect(try core.diagnostics(after: .max, limit: 1).isEmpty)
    }
}
