// How an installation is to be unsealed, as an operator chooses it, and the unseal keys that come of it.

internal import ArgumentParser
internal import Bytes
internal import CoreBridge
internal import Glibc

enum UnsealBy: String, ExpressibleByArgument, CaseIterable {
    case file, passphrase, shares
}

/// The options of `init` and `rekey`.
struct UnsealOptions: ParsableArguments {
    @Option(
        help: """
            file: a key file, read at each start. passphrase: asked for at each start. shares: people hold one each, and some of \
            them give theirs at each start. (default: file)
            """)
    var unsealBy: UnsealBy = .file

    @Option(help: "How many shares there are, 2 to 32.")
    var shares = 5

    @Option(help: "How many of them unseal, 2 or more.")
    var threshold = 3

    @Option(help: "What scrypt costs, as a power of two: 17 takes 128 MiB and half a second, 18 twice as much.")
    var scryptCost = 17

    @Option(help: "A file with the new passphrase, or - for standard input. (default: it is asked for)")
    var newPassphraseFile: String?

    func validate() throws {
        guard UnsealKey.shareCounts.contains(shares), (2...shares).contains(threshold) else {
            throw ValidationError("there must be 2 to 32 shares, and a threshold of 2 to as many")
        }
        guard UnsealKey.scryptCosts.contains(scryptCost) else { throw ValidationError("the cost must be 14 to 20") }
    }

    /// The new unseal key, and where it is in shares, their texts, to be given out once.
    func makeKey(file: () throws(CoreError) -> UnsealKey) throws -> (key: UnsealKey, shares: ByteBuffer?) {
        switch unsealBy {
        case .file: return (try file(), nil)
        case .passphrase:
            let passphrase = try newPassphrase()
            return (try UnsealKey.create(passphrase: passphrase.bytes, cost: scryptCost), nil)
        case .shares:
            let length = shares * UnsealKey.shareLength
            let texts = ByteBuffer(minimumCapacity: length)
            var key: UnsealKey?
            try texts.append(room: length) { room throws(CoreError) in
                key = try UnsealKey.split(threshold: threshold, count: shares, into: room)
                return length
            }
            guard let key else { throw CoreError(.internalError) }
            return (key, texts)
        }
    }

    private func newPassphrase() throws -> ByteBuffer {
        let first = try SecretInput.line("New passphrase", file: newPassphraseFile)
        let lengths = UnsealKey.passphraseLengths
        guard lengths.contains(first.count) else {
            throw ValidationError("a passphrase has \(lengths.lowerBound) to \(lengths.upperBound) bytes")
        }
        if newPassphraseFile == nil {
            let again = try SecretInput.line("The same again", file: nil)
            guard first.bytes.elementsEqual(again.bytes) else { throw ValidationError("the two are not the same") }
        }
        return first
    }

    /// Prints shares on standard output, a line each, this once.
    static func giveOut(_ shares: ByteBuffer, threshold: Int) {
        let count = shares.count / UnsealKey.shareLength
        printError(
            """
            \(count) shares, shown this once and kept nowhere. Give each to another person; any \(threshold) of them unseal, and \
            with fewer everything is lost.

            """)
        let line = ByteBuffer(minimumCapacity: UnsealKey.shareLength + 1)
        for index in 0..<count {
            let start = index * UnsealKey.shareLength
            line.append(UnsafeRawBufferPointer(rebasing: shares.bytes[start..<start + UnsealKey.shareLength]))
            line.append("\n")
            _ = write(STDOUT_FILENO, line.bytes.baseAddress, line.count)
            line.wipe()
        }
    }
}

/// The unseal key of an installation, with what the operator gives.
struct UnsealInput: ParsableArguments {
    @Option(
        help: """
            A file with the passphrase, or with shares, a line each; - for standard input. (default: they are asked for)
            """)
    var secretsFile: String?

    func key(of wrapped: WrappedRoot, keyFile: KeyFile) throws -> UnsealKey {
        switch try wrapped.method() {
        case .file: return try keyFile.open(wrapped)
        case .passphrase:
            let passphrase = try SecretInput.line("Passphrase", file: secretsFile)
            return try UnsealKey.open(passphrase: passphrase.bytes, of: wrapped)
        case .shares(let threshold, _):
            let shares = try CollectedShares(for: wrapped)
            for share in try SecretInput.lines("Share", file: secretsFile, count: threshold) {
                _ = try shares.add(share.bytes)
            }
            return try UnsealKey.of(shares)
        }
    }
}

func printError(_ text: String) {
    _ = write(STDERR_FILENO, text + "\n", text.utf8.count + 1)
}
