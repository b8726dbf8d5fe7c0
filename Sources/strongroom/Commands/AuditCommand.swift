// `strongroom audit`: the audit trail, looked at with the service and without.

internal import ArgumentParser
internal import Audit
internal import Bytes
internal import CoreBridge
internal import Glibc
internal import KeyService
internal import Storage

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "List, verify or write out the audit trail.",
        discussion: "`verify` and `export` want no service on the data folder, or a copy of it.",
        subcommands: [AuditList.self, Verify.self, Export.self])

    struct Trail: ParsableArguments {
        @OptionGroup var folder: DataFolderOptions
        @OptionGroup var input: UnsealInput

        @Option(help: "The folder of the audit trail. (default: audit in the data folder)")
        var auditFolder: String?

        var path: String { auditFolder ?? folder.data + "/audit" }

        func open(_ body: (any Store, RootKey) throws -> Void) throws {
            try folder.open { store, _ in
                guard let installation = try store.installation() else { throw RootRotation.Failure.notInitialised }
                let wrapped = WrappedRoot(bytes: installation.wrappedRoot)
                let root = try wrapped.open(with: input.key(of: wrapped, keyFile: folder.keyFile))
                defer { root.close() }
                do {
                    try StoredRecords.authenticate(store, with: root, identity: installation.rootIdentity) { _ in }
                } catch UnsealError.core(let error) {
                    throw error
                }
                do { try body(store, root) } catch let failure as AuditFailure {
                    throw DataFolderOptions.Failure(description: "\(path): \(AuditText.describe(failure))")
                }
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify that no record was changed, taken away, put in or moved.",
            discussion: """
                Exits with 0 where the trail is sound, with 2 where it is not. A trail that was put back to an earlier state \
                together with the database is found by an anchor from elsewhere: the service logs one every 10 seconds in which \
                there were records.
                """)

        @OptionGroup var trail: Trail

        @Option(help: "The number that the trail begins with, where earlier files were put elsewhere.")
        var from: Int64 = 1

        @Option(help: "A record that has to be there, as the log has it: SEQUENCE:MAC. May be given again.")
        var anchor: [String] = []

        func validate() throws {
            guard from >= 1 else { throw ValidationError("records are numbered from 1") }
            guard anchor.allSatisfy({ AuditText.anchor($0) != nil }) else {
                throw ValidationError("an anchor reads SEQUENCE:MAC, with 64 hexadecimal digits")
            }
        }

        func run() throws {
            try trail.open { store, root in
                let progress = Progress("Verified")
                let found = try AuditVerification.run(
                    folder: trail.path, root: root, from: from, anchors: anchor.compactMap(AuditText.anchor),
                    anchor: AuditLog.anchor(of: store)
                ) { progress.show(Int($0)) }
                progress.end()
                for sequence in found.uncompared {
                    print("the anchor \(sequence) was compared with nothing: its record was put elsewhere")
                }
                for finding in found.findings { print(AuditText.describe(finding)) }
                let range = found.first.map { "\($0) to \(found.last?.sequence ?? $0)" } ?? "none"
                print("\(found.records) records (\(range)) in \(found.files) files")
                if let last = found.last { print("ends with \(AuditText.describe(last))") }
                guard found.isSound else {
                    print("NOT SOUND: \(found.findings.count) findings")
                    throw ExitCode(2)
                }
                print("sound")
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write records to standard output, a line of JSON each.",
            discussion: """
                Each is held to its MAC before it is written. Records that are not there are named on standard error.
                """)

        @OptionGroup var trail: Trail

        @Option(help: "Begin after the record of this number.")
        var after: Int64 = 0

        func run() throws {
            try trail.open { _, root in
                var after = after
                let end = try AuditPage.last(folder: trail.path)
                guard after <= end else {
                    throw DataFolderOptions.Failure(
                        description: "the trail ends with record \(end), before --after \(after)")
                }
                while true {
                    let page = try AuditPage.read(
                        folder: trail.path, root: root, after: after, limit: 1000, last: .max)
                    if let first = page.first, first > after + 1 {
                        printError(AuditText.describe(.missing((after + 1)...(first - 1))))
                    }
                    guard try write(page.records) else { return }
                    if page.isLast { return }
                    after = page.last
                }
            }
        }

        /// False where nobody reads any more.
        private func write(_ records: [[UInt8]]) throws -> Bool {
            let lines = ByteBuffer()
            for record in records {
                record.withUnsafeBytes { lines.append($0) }
                lines.append("\n")
            }
            var rest = lines.bytes
            while !rest.isEmpty {
                let count = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
                if count < 0, errno == EPIPE { return false }
                if count < 0, errno != EINTR { throw AuditFailure.file(errno: errno) }
                rest = UnsafeRawBufferPointer(rebasing: rest[max(count, 0)...])
            }
            return true
        }
    }
}
