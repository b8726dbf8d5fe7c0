// Batches: many items in one call, each with an outcome of its own.

import CoreBridge
import TestKit
import Testing

@Suite(.givesHandlesBack) struct BatchTests {
    @Test("items are done in their order, and one that fails leaves the others be")
    func mixed() throws {
        let key = try Fixture(.xaes256GCM).open()
        var input: [UInt8] = []
        var ranges: [Range<Int>] = []
        for number in UInt8(0)..<5 {
            var ciphertext = try key.encrypt([number, number], associatedData: [])
            if number == 2 { ciphertext[30] ^= 1 }
            ranges.append(input.count..<input.count + ciphertext.count)
            input += ciphertext
        }
        var batch = Batch()
        for range in ranges { batch.append(.decrypt(key, range, associatedData: 0..<0)) }
        var output = [UInt8](repeating: 0, count: batch.outputLength)
        try output.withUnsafeMutableBytes { output in
            try input.withUnsafeBytes { try batch.run(input: $0, output: output) }
        }
        for number in 0..<5 {
            switch batch.outcome(at: number) {
            case .done(let done):
                #expect(number != 2)
                #expect(Array(output[done.output]) == [UInt8(number), UInt8(number)])
            case .failed(let error):
                #expect(number == 2)
                #expect(error == CoreError(.authenticationFailed))
            }
        }
    }

    @Test("a range outside the input makes the whole batch malformed")
    func outside() throws {
        let key = try Fixture(.aes256GCM).open()
        var batch = Batch()
        batch.append(.encrypt(key, 0..<100, associatedData: 0..<0))
        var output = [UInt8](repeating: 1, count: batch.outputLength)
        #expect(throws: CoreError.self) {
            try output.withUnsafeMutableBytes { output in
                try [UInt8](repeating: 0, count: 99).withUnsafeBytes { try batch.run(input: $0, output: output) }
            }
        }
    }
}
