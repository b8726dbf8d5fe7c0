// What the flat scanner needs to know of a request: the members it may have, and the plain bounds on each.

internal import Glibc

/// A flat object's members, or those of the objects in an object's only array. Immutable; any thread.
// SAFETY: the memory behind the pointers is written in `init` and freed in `deinit` only.
public final class FlatShape: @unchecked Sendable {
    public enum Kind: Sendable {
        case string, base64, integer, boolean
    }

    public struct Property: Sendable {
        public var name: String
        public var kind: Kind
        public var isRequired: Bool
        /// Of a string or base64 its length as text, of an integer its value, both inclusive.
        public var minimum: Int
        public var maximum: Int

        public init(
            name: String, kind: Kind, isRequired: Bool = false, minimum: Int = .min, maximum: Int = .max
        ) {
            self.name = name
            self.kind = kind
            self.isRequired = isRequired
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// The array that holds the objects, where the shape is of a batch: `{"<name>": [{…}, {…}]}`.
    public struct Batch: Sendable {
        public var name: String
        public var minimumItems: Int
        public var maximumItems: Int

        public init(name: String, minimumItems: Int = 0, maximumItems: Int = .max) {
            self.name = name
            self.minimumItems = minimumItems
            self.maximumItems = maximumItems
        }
    }

    public let properties: [Property]
    public let batch: Batch?

    /// As `Property`, in a form that is read without reference counting.
    struct Entry {
        let name: UnsafeRawBufferPointer
        let kind: Kind
        let minimum: Int
        let maximum: Int
    }

    let entries: UnsafeBufferPointer<Entry>
    let batchName: UnsafeRawBufferPointer
    let required: UInt64

    /// Nil where there are more than 64 properties, or a name appears twice or needs escaping in JSON.
    public init?(properties: [Property], batch: Batch? = nil) {
        let names = properties.map(\.name) + (batch.map { [$0.name] } ?? [])
        guard properties.count <= 64, Set(properties.map(\.name)).count == properties.count,
            names.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C } })
        else { return nil }
        self.properties = properties
        self.batch = batch
        var required: UInt64 = 0
        let entries = UnsafeMutableBufferPointer<Entry>.allocate(capacity: properties.count)
        for (index, property) in properties.enumerated() {
            let entry = Entry(
                name: Self.copy(property.name), kind: property.kind, minimum: property.minimum,
                maximum: property.maximum)
            entries.initializeElement(at: index, to: entry)
            if property.isRequired { required |= 1 << UInt64(index) }
        }
        self.entries = UnsafeBufferPointer(entries)
        self.required = required
        batchName = Self.copy(batch?.name ?? "")
    }

    deinit {
        for entry in entries { entry.name.deallocate() }
        entries.deallocate()
        batchName.deallocate()
    }

    /// The position in `properties` of a member's name.
    public func index(of name: StaticString) -> Int? {
        Self.index(of: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), in: entries)
    }

    static func index(of name: UnsafeRawBufferPointer, in entries: UnsafeBufferPointer<Entry>) -> Int? {
        for index in 0..<entries.count where same(entries[index].name, name) { return index }
        return nil
    }

    static func same(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let one = left.baseAddress, let other = right.baseAddress else { return true }
        return memcmp(one, other, left.count) == 0
    }

    private static func copy(_ name: String) -> UnsafeRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: name.utf8.count, alignment: 1)
        bytes.copyBytes(from: name.utf8)
        return UnsafeRawBufferPointer(bytes)
    }
}
