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

    @Option(
        help: """
            A file with a threshold of the new shares, or - for standard input: they are read back, and tried, before anything is \
            changed. (default: asked for where the shares are shown on a terminal)
            """)
    var confirmFile: String?

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

    /// Prints shares on standard output, a line each, this once. Throws unless all are written, and those that are typed back open
    /// `wrapped`.
    func giveOut(_ texts: ByteBuffer, of wrapped: WrappedRoot) throws {
        guard !StandardStreams.outputKeepsNothing else {
            throw WriteError("standard output is a device that keeps nothing; the shares need a file or a terminal")
        }
        printError(
            """
            \(shares) shares, shown this once and kept nowhere. Give each to another person; any \(threshold) of them unseal, and \
            with fewer everything is lost.

            """)
        let lines = ByteBuffer(minimumCapacity: texts.count + shares)
        for index in 0..<shares {
            let start = index * UnsealKey.shareLength
            lines.append(UnsafeRawBufferPointer(rebasing: texts.bytes[start..<start + UnsealKey.shareLength]))
            lines.append("\n")
        }
        try Output.write(lines)
        guard confirmFile != nil || isatty(STDOUT_FILENO) == 1 else { return }
        try confirm(wrapped)
    }

    /// Reads a threshold of the new shares back, and opens the root key with them.
    private func confirm(_ wrapped: WrappedRoot) throws {
        let collected = try CollectedShares(for: wrapped)
        if let confirmFile {
            for share in try SecretInput.lines("Share", file: confirmFile, count: threshold) {
                _ = try collected.add(share.bytes)
            }
        } else {
            printError("Type \(threshold) of them, as their holders have them. Nothing is changed before.")
            try askFor(collected)
        }
        try wrapped.open(with: try UnsealKey.of(collected)).close()
    }

    private func askFor(_ collected: CollectedShares) throws {
        var have = 0
        var mistakes = 0
        while have < threshold {
            let share = try SecretInput.line("Share \(have + 1) of \(threshold)", file: nil)
            do { have = try collected.add(share.bytes).have } catch {
                mistakes += 1
                guard mistakes < 5 else { throw error }
                printError("That is not one of these shares. Type it again.")
            }
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

/// Writes lines for people on standard error; never a secret.
func printError(_ text: String) {
    let text = shownText(text, keepingLines: true) + "\n"
    _ = write(STDERR_FILENO, text, text.utf8.count)
}
