// Giving back what only the start needed.

internal import Glibc

enum StartMemory {
    /// Lets the system drop the pages of program text that were read so far. What serving needs comes back from the page
    /// cache as it is used; what only starting needed (compiling the document, scanning type metadata) does not count as
    /// resident any more.
    static func release() {
        guard let maps = fopen("/proc/self/maps", "re") else { return }
        defer { fclose(maps) }
        var line = [CChar](repeating: 0, count: 4352)
        while fgets(&line, Int32(line.count), maps) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let fields = text.split(separator: " ", maxSplits: 2)
            // Executable and private to no one: never written, so dropping it loses nothing. Read-only data is left alone:
            // some of it was relocated.
            guard fields.count > 1, fields[1] == "r-xp", text.contains("/") else { continue }
            let range = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard range.count == 2, range[0] < range[1] else { continue }
            madvise(UnsafeMutableRawPointer(bitPattern: range[0]), Int(range[1] - range[0]), MADV_DONTNEED)
        }
    }
}
