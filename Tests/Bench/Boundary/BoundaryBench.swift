// What crossing the boundary costs, beside the same work done in C: `make bench-boundary`.

import BenchTwins
import CStrongroomCore
import CoreBridge
import Glibc
import Threading

@main
struct BoundaryBench {
    static func main() throws {
        let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 101
        _ = try Core.start(secretMemoryBytes: 2 << 20)
        let root = try rootKey()
        guard twins_prepare() == 1 else { throw CoreError(.cryptoLibrary) }
        var measurements = [
            Measurement("no-op call from Swift", goal: 5, count: 200_000) { count in
                for _ in 0..<count { _ = sr_abi_version() }
            }
        ]
        measurements += try poolMeasurements(root)
        for algorithm in [Algorithm.aes256GCM, .xaes256GCM] { measurements += try messages(root, algorithm) }
        measurements.append(tokens(root))
        for _ in 0..<rounds {
            for index in measurements.indices { try measurements[index].round() }
        }
        print(Measurement.heading)
        for measurement in measurements { print(measurement.line) }
    }

    /// A root key whose file is gone when this returns.
    private static func rootKey() throws -> RootKey {
        var template = Array("/tmp/strongroom-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CoreError(.rootKeyFileIO) }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            unlink(folder + "/root.key")
            rmdir(folder)
        }
        return try RootKey.create(file: folder + "/root.key")
    }

    /// A key, sealed, and its identity.
    static func sealedKey(_ root: RootKey, _ algorithm: Algorithm, _ low: UInt64) throws -> (KeyVersionID, [UInt8]) {
        let id = KeyVersionID(key: KeyIdentity(high: 1, low: low), version: 1)
        let sealed = try root.generate(
            KeySpecification(
                key: id, algorithm: algorithm, usages: [.encrypt, .decrypt], createdAt: 1))
        return (id, sealed)
    }

    static func tokens(_ root: RootKey) -> Measurement {
        let token = Buffer(32)
        let mac = Buffer(32)
        return Measurement(
            "token MAC of 32 bytes", count: 4000,
            ours: { for _ in 0..<$0 { _ = try root.tokenMAC(token.bytes) } },
            twin: { for _ in 0..<$0 { twins_mac(token.start, 32, mac.start) } })
    }
}

/// Bytes at a fixed place, for as long as the program runs.
final class Buffer: Sendable {
    nonisolated(unsafe) let room: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        room = .allocate(byteCount: count, alignment: 16)
        for index in 0..<count { room[index] = UInt8(truncatingIfNeeded: index) }
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(room) }
    var start: UnsafeMutablePointer<UInt8> { room.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self) }
}
