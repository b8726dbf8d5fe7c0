// The audit trail in words, for the log and for `strongroom audit`.

internal import Audit
internal import Glibc

enum AuditText {
    static func describe(_ finding: AuditFinding) -> String {
        switch finding {
        case .missing(let range) where range.count == 1: "record \(range.lowerBound) is missing"
        case .missing(let range): "records \(range.lowerBound) to \(range.upperBound) are missing"
        case .misplaced(let sequence): "record \(sequence) stands where another belongs"
        case .altered(let sequence): "record \(sequence) was altered"
        case .malformed(let sequence): "what follows record \(sequence) is no record"
        case .forked(let sequence): "record \(sequence) is not the one that was written down elsewhere"
        case .unchecked(let sequence): "record \(sequence) could not be checked: what it follows is not there"
        case .anchorMissing: "the store's note of where the trail ended is missing or was altered"
        case .anchorBehind(let sequence):
            """
            the store knows the trail up to record \(sequence), and had known of a later one: it was put back to an earlier \
            state
            """
        case .anchorWasBroken(let sequence):
            "record \(sequence) says that the store's note was missing or put back when the service started"
        case .torn(let sequence): "the record after \(sequence) is not whole"
        }
    }

    static func describe(_ failure: AuditFailure) -> String {
        switch failure {
        case .file(let code): String(cString: strerror(code))
        case .openToOthers(let mode):
            "the folder is another user's, or open to others (mode \(String(mode, radix: 8)))"
        case .notPlain: "something in the folder has a record file's name and is not a plain file"
        case .core: "the core cannot authenticate records"
        case .malformed: "the file has something that is no record"
        case .altered: "a record was altered"
        }
    }

    /// `SEQUENCE:MAC`, the MAC in hexadecimal digits.
    static func describe(_ head: AuditHead) -> String {
        "\(head.sequence):\(hexadecimal(head.mac))"
    }

    /// Nil where it is none.
    static func anchor(_ text: String) -> AuditHead? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = Int64(parts[0]), sequence > 0, parts[1].utf8.count == 64 else {
            return nil
        }
        var mac: [UInt8] = []
        var digits = parts[1][...]
        while !digits.isEmpty {
            guard let byte = UInt8(digits.prefix(2), radix: 16) else { return nil }
            mac.append(byte)
            digits = digits.dropFirst(2)
        }
        return AuditHead(sequence: sequence, mac: mac)
    }
}
