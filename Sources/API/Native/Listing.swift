// Pages of listings from which what the caller may not see is left out.

internal import JSON
internal import Storage

/// A page, and where the next one begins.
struct Page<Record> {
    let records: ArraySlice<Record>
    /// The name after which there may be more; nil where there is no more.
    let next: String?

    /// Up to `limit` records. Others take the place of those that may not be seen; where there are too many of such in a row, the
    /// page ends short of its limit.
    /// - Parameters:
    ///   - read: a page of the store, past a name.
    ///   - name: by which records are sorted.
    init(
        limit: Int, after: String?, read: (_ after: String?, _ limit: Int) throws(CallError) -> [Record],
        name: (Record) -> String, isVisible: (Record) -> Bool
    ) throws(CallError) {
        var found: [Record] = []
        var after = after
        var mayBeMore = true
        // One more than the page tells whether there is another.
        var size = min(limit + 1, KeyQuery.maximumLimit)
        var reads = 0
        while found.count <= limit, mayBeMore, reads < Self.maximumReads {
            let page = try read(after, size)
            found += page.filter(isVisible)
            mayBeMore = page.count == size
            after = page.last.map(name) ?? after
            size = KeyQuery.maximumLimit
            reads += 1
        }
        records = found.prefix(limit)
        next = found.count > limit ? records.last.map(name) : mayBeMore ? after : nil
    }

    /// The store gives a thousand at once.
    private static var maximumReads: Int { 10 }
}

extension JSONWriter {
    /// Where the next page of a listing begins, if there is one.
    mutating func next(of page: Page<some Any>) {
        guard let next = page.next else { return }
        name("next")
        string(next)
    }
}
