// What the bridge refuses itself: each with the error that the core would give, and without calling it.

import CoreBridge
import TestKit
import Testing

@Suite(.givesHandlesBack) struct RefusalTests {
    /// That `body` is refused by the bridge, so.
    private func refused(
        _ code: CoreError.Code, argument: UInt32 = 0, _ numbers: (UInt64, UInt64) = (0, 0),
        at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) {
        do {
            try body()
            Issue.record("not refused", sourceLocation: location)
        } catch let error as CoreError {
            #expect(error.code == code, sourceLocation: location)
            #expect(error.origin == .bridge, "the core was called", sourceLocation: location)
            #expect(error.argument == argument, sourceLocation: location)
            #expect(error.numbers == numbers, sourceLocation: location)
        } catch {
            Issue.record(error, sourceLocation: location)
        }
    }

    @Test("a room that is too small, in encrypting, decrypting and reencrypting, and is wiped")
    func rooms() throws {
        let key = try Fixture(.aes256GCM).open()
        let ciphertext = try key.encrypt([1, 2, 3], associatedData: [])
        var room = [UInt8](repeating: 0xee, count: 30)
        room.withUnsafeMutableBytes { room in
            ciphertext.withUnsafeBytes { bytes in
                let (all, none) = (UnsafeMutableRawBufferPointer(rebasing: room[...]), UnsafeRawBufferPointer.none)
                refused(.bufferTooSmall, argument: 4, (59, 30)) {
                    _ = try key.encrypt(bytes, associatedData: none, into: all)
                }
                #expect(all.allSatisfy { $0 == 0 })
                all.initializeMemory(as: UInt8.self, repeating: 0xee)
                refused(.bufferTooSmall, argument: 4, (3, 2)) {
                    let two = UnsafeMutableRawBufferPointer(rebasing: all[..<2])
                    _ = try key.decrypt(bytes, associatedData: none, into: two)
                }
                #expect(Array(all) == [0, 0] + [UInt8](repeating: 0xee, count: 28))
                refused(.bufferTooSmall, argument: 6, (31, 30)) {
                    _ = try key.reencrypt(
                        bytes, associatedData: none, to: key, newAssociatedData: none, into: all)
                }
                refused(.bufferTooSmall, argument: 5, (44, 30)) {
                    _ = try key.dataKey(bytes: 16, associatedData: none, plaintext: nil, into: all)
                }
                refused(.bufferTooSmall, argument: 4, (16, 15)) {
                    let (first, second) = (all[..<15], all[15...])
                    _ = try key.dataKey(
                        bytes: 16, associatedData: none, plaintext: UnsafeMutableRawBufferPointer(rebasing: first),
                        into: UnsafeMutableRawBufferPointer(rebasing: second))
                }
            }
        }
    }

    @Test("an output that shares a byte with an input")
    func overlaps() throws {
        let key = try Fixture(.aes256GCM).open()
        var bytes = [UInt8](repeating: 0, count: 200)
        bytes.withUnsafeMutableBytes { bytes in
            let input = UnsafeRawBufferPointer(rebasing: bytes[0..<40])
            let touching = UnsafeMutableRawBufferPointer(rebasing: bytes[40..<120])
            let sharing = UnsafeMutableRawBufferPointer(rebasing: bytes[39..<120])
            #expect((try? key.encrypt(input, associatedData: input, into: touching)) == 68)
            refused(.buffersOverlap) { _ = try key.encrypt(input, associatedData: .none, into: sharing) }
            refused(.buffersOverlap) { _ = try key.encrypt(.none, associatedData: input, into: sharing) }
            refused(.buffersOverlap) { _ = try key.decrypt(input, associatedData: .none, into: sharing) }
            refused(.buffersOverlap) {
                _ = try key.reencrypt(
                    .none, associatedData: .none, to: key, newAssociatedData: input, into: sharing)
            }
            refused(.buffersOverlap) {
                _ = try key.dataKey(bytes: 16, associatedData: .none, plaintext: sharing, into: touching)
            }
            var batch = Batch()
            batch.append(.encrypt(key, 0..<0, associatedData: 0..<0))
            do throws(CoreError) {
                try batch.run(input: input, output: sharing)
                Issue.record("not refused")
            } catch {
                #expect(error.code == .buffersOverlap && error.origin == .bridge)
            }
        }
    }

    @Test("what the key may not be used for, what is too short to be a ciphertext, and what is too long")
    func dataThatCannotBe() throws {
        let encrypting = try Fixture(.xaes256GCM, usages: .encrypt).open()
        refused(.usageNotAllowed) { _ = try encrypting.decrypt([], associatedData: []) }
        let decrypting = try Fixture(.xaes256GCM, usages: .decrypt).open()
        refused(.usageNotAllowed) { _ = try decrypting.encrypt([], associatedData: []) }
        var room = [UInt8](repeating: 0, count: 100)
        room.withUnsafeMutableBytes { room in
            refused(.usageNotAllowed) {
                _ = try decrypting.dataKey(bytes: 16, associatedData: .none, plaintext: nil, into: room)
            }
            for bytes in [-1, 0, 15, 513, .max] {
                refused(.lengthOutOfRange, argument: 2) {
                    _ = try encrypting.dataKey(bytes: bytes, associatedData: .none, plaintext: nil, into: room)
                }
            }
            // Nothing of it is read: only its length is looked at.
            let long = UnsafeRawBufferPointer(start: room.baseAddress.map { $0 + 1000 }, count: 32 << 20 | 1)
            refused(.messageTooLong) { _ = try encrypting.encrypt(long, associatedData: .none, into: room) }
            refused(.messageTooLong) { _ = try encrypting.encrypt(.none, associatedData: long, into: room) }
        }
        for length in [0, 39] {
            refused(.malformedCiphertext) {
                _ = try decrypting.decrypt([UInt8](repeating: 0, count: length), associatedData: [])
            }
        }
    }

    @Test("key specifications that make no sense, sealed keys of no possible length, and paths that are none")
    func rootKeys() throws {
        let root = try TestCore.rootKey()
        let id = KeyVersionID(key: KeyIdentity(high: 1, low: 1), version: 1)
        var specification = KeySpecification(
            key: id, algorithm: .aes256GCM, usages: [], createdAt: 1)
        refused(.invalidArgument, argument: 2) { _ = try root.generate(specification) }
        specification.usages = Usages(rawValue: 1 << 31)
        refused(.invalidArgument, argument: 2) { _ = try root.generate(specification) }
        specification.usages = .encrypt
        specification.key = KeyVersionID(key: id.key, version: 0)
        refused(.invalidArgument, argument: 2) { _ = try root.generate(specification) }
        for sealed in [[], [UInt8](repeating: 0, count: 1 << 20)] {
            refused(.sealedBlobMalformed) { _ = try root.open(sealed, as: id) }
            refused(.sealedBlobMalformed) { _ = try root.rotate(sealed, to: id, createdAt: 1) }
        }
        for path in ["", "a\0b"] {
            refused(.invalidArgument, argument: 1) { _ = try RootKey.open(file: path) }
            refused(.invalidArgument, argument: 1) { _ = try RootKey.create(file: path) }
        }
        var bytes = [UInt8](repeating: 0, count: 65_537)
        bytes.withUnsafeMutableBytes { bytes in
            for count in [0, 65_537] {
                refused(.lengthOutOfRange, argument: 1) {
                    try TestCore.shared.random(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
                }
            }
        }
    }

    @Test("batches of none and too many items, with numbers below zero, and with ranges outside of the input")
    func batches() throws {
        let key = try Fixture(.aes256GCM).open()
        func run(_ items: [BatchItem], input: Int = 64) throws {
            var batch = Batch()
            for item in items { batch.append(item) }
            let input = [UInt8](repeating: 0, count: input)
            var output = [UInt8](repeating: 0, count: max(batch.outputLength, 1))
            try output.withUnsafeMutableBytes { output in
                try input.withUnsafeBytes { try batch.run(input: $0, output: output) }
            }
        }
        let good = BatchItem.encrypt(key, 0..<0, associatedData: 0..<0)
        refused(.lengthOutOfRange, argument: 3) { try run([]) }
        try run(Array(repeating: good, count: 1000))
        refused(.lengthOutOfRange, argument: 3) { try run(Array(repeating: good, count: 1001)) }
        for bad: BatchItem in [
            .encrypt(key, -1..<1, associatedData: 0..<0), .encrypt(key, 0..<0, associatedData: -5 ..< -3),
            .reencrypt(key, 0..<0, associatedData: 0..<0, to: key, newAssociatedData: -1..<0),
            .derive(key, bytes: -1, salt: 0..<0, info: 0..<0), .derive(key, bytes: .max, salt: 0..<0, info: 0..<0),
            .dataKey(key, bytes: -1, associatedData: 0..<0, plaintext: true),
            .encrypt(key, 0..<65, associatedData: 0..<0), .encrypt(key, 0 ..< .max, associatedData: 0..<0),
            .encrypt(key, 0..<0, associatedData: 64 ..< .max),
        ] {
            refused(.lengthOutOfRange, argument: 2, (1, 0)) { try run([good, bad, good]) }
        }
    }

    @Test("the outcome of an item that is not there, or that was never run, is a failure")
    func outcomes() throws {
        var batch = Batch()
        batch.append(.encrypt(try Fixture(.aes256GCM).open(), 0..<0, associatedData: 0..<0))
        for index in [-1, 0, 1, .max] {
            guard case .failed(let error) = batch.outcome(at: index) else {
                Issue.record("an outcome of \(index)")
                continue
            }
            #expect(error == CoreError(.invalidArgument))
        }
    }

    @Test("what the bridge cannot know the core refuses, and that is told apart")
    func theCore() throws {
        let fixture = try Fixture(.xaes256GCM)
        let key = try fixture.open()
        do {
            _ = try key.decrypt([UInt8](repeating: 0, count: 50), associatedData: [])
            Issue.record("not refused")
        } catch let error as CoreError {
            #expect(error.code == .authenticationFailed && error.origin == .core)
        }
        do throws(CoreError) {
            _ = try RootKey.open(file: "/nowhere/root.key")
            Issue.record("not refused")
        } catch {
            #expect(error.code == .rootKeyFileMissing && error.origin == .core && error.operation == 11)
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate static var none: Self { Self(start: nil, count: 0) }
}
