import Storage
import StorageAuthentication
import StorageSQLite
import Testing

@Suite struct ListingTests {
    let folder: TemporaryFolder
    let store: AuthenticatedStore<SQLiteStore>

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.open()
    }

    private func names(_ query: KeyQuery) throws -> [String] { try store.keys(query).map(\.name) }

    @Test("keys are listed in byte order of their names, with their labels")
    func order() throws {
        for name in ["b", "a.b", "a-b", "a_b", "a", "a0", "ab"] {
            _ = try store.create(sampleKey(name, labels: ["n": name]))
        }
        let keys = try store.keys(KeyQuery())
        #expect(keys.map(\.name) == ["a", "a-b", "a.b", "a0", "a_b", "ab", "b"])
        #expect(keys.map { $0.labels["n"] } == keys.map(\.name))
    }

    @Test("a prefix is taken literally", arguments: ["%", "_", "*", "?", "[", "orders%", "'"])
    func wildcards(prefix: String) throws {
        _ = try store.create(sampleKey("orders"))
        #expect(try names(KeyQuery(prefix: prefix)).isEmpty)
    }

    @Test("a prefix selects the names that begin with it, up to the last letter of the alphabet")
    func prefix() throws {
        for name in ["orders", "orders-1", "orderszz", "order", "ordert", "z"] { _ = try store.create(sampleKey(name)) }
        #expect(try names(KeyQuery(prefix: "orders")) == ["orders", "orders-1", "orderszz"])
        #expect(try names(KeyQuery(prefix: "z")) == ["z"])
        #expect(try names(KeyQuery(prefix: "orders\0")).isEmpty)
    }

    @Test("a label selects keys with exactly that value")
    func label() throws {
        _ = try store.create(sampleKey("a", labels: ["team": "payments"]))
        _ = try store.create(sampleKey("b", labels: ["team": "payment"]))
        _ = try store.create(sampleKey("c", labels: ["owner": "payments"]))
        _ = try store.create(sampleKey("d", labels: ["team": "payments", "owner": "x"]))
        let payments = KeyQuery.Label(name: "team", value: "payments")
        #expect(try names(KeyQuery(label: payments)) == ["a", "d"])
        #expect(try names(KeyQuery(prefix: "d", label: payments)) == ["d"])
        #expect(try names(KeyQuery(label: payments, after: "a", limit: 1)) == ["d"])
    }

    @Test("pages follow each other without a gap or a repeat, while keys come and go", arguments: [1, 3, 7, 50])
    func paging(limit: Int) throws {
        let all = (0..<40).map { "key-\($0 < 10 ? "0" : "")\($0)" }
        for name in all.shuffled() { _ = try store.create(sampleKey(name)) }
        var seen: [String] = []
        var after: String?
        // No more pages than keys, so that a page that does not get on cannot go on forever.
        for _ in 0...40 {
            let page = try names(KeyQuery(prefix: "key-", after: after, limit: limit))
            #expect(page.count <= limit)
            guard let last = page.last else { break }
            seen += page
            after = last
            // What was seen goes, and something comes before it: neither may shift what follows.
            let gone = try #require(try store.key(named: last))
            try store.deleteKey(keyID: gone.key.id, expectedRevision: 1)
            if seen.count < 40 { _ = try store.create(sampleKey("key--\(seen.count)")) }
        }
        #expect(seen == all)
    }

    @Test("a limit below nothing gives nothing, and none gives more than 1000")
    func limits() throws {
        _ = try store.create(sampleKey("a"))
        #expect(try names(KeyQuery(limit: 0)).isEmpty)
        #expect(try names(KeyQuery(limit: -5)).isEmpty)
        #expect(try names(KeyQuery(limit: .max)) == ["a"])
        #expect(KeyQuery.maximumLimit == 1000)
    }
}
