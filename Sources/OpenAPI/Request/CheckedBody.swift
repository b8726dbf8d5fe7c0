// A request's body after it has been checked: what handlers read. That a member's type and bounds are right is settled;
// accessors answer nil only where the member is absent or the schema has another type for it.

internal import Bytes
public import JSON

/// The members of a checked body, or of an object in it. Pointers that it gives are valid while it, or anything made from
/// it, lives and the body's buffer is not changed. One thread at a time.
public struct CheckedBody {
    private enum Form {
        /// No body, or an object without a schema of its own; or one that is read flat.
        case absent
        case tree(TreeBody, JSONValue)
        /// Not JSON: taken as it is.
        case opaque(ByteBuffer)
    }

    // Beside the form, not in it: taking an object out of an enumeration counts a reference each time.
    /// What the flat scanner read, where it did.
    private let flat: FlatObject?
    /// The object's row in it; -1 for a batch as a whole.
    private let row: Int
    private let form: Form

    static var absent: CheckedBody { CheckedBody(form: .absent) }

    /// Decodes all base64 in the body's place.
    init(_ object: FlatObject) {
        object.decodeBase64()
        self.init(object, row: object.shape.batch == nil ? 0 : -1)
    }

    init(_ tree: TreeBody) {
        self.init(form: .tree(tree, tree.document.root))
    }

    init(opaque body: ByteBuffer) {
        self.init(form: .opaque(body))
    }

    private init(_ object: FlatObject, row: Int) {
        flat = object
        self.row = row
        form = .absent
    }

    private init(form: Form) {
        flat = nil
        row = -1
        self.form = form
    }

    /// The one region in which everything lies that `base64` gives, for this body and all objects in it, at offsets that
    /// pointer differences tell. Of a body that is not JSON, the body.
    public var storage: UnsafeRawBufferPointer {
        if let flat { return flat.body.bytes }
        return switch form {
        case .absent: UnsafeRawBufferPointer(start: nil, count: 0)
        case .tree(let tree, _): tree.decoded.bytes
        case .opaque(let body): body.bytes
        }
    }

    public func has(_ name: StaticString) -> Bool {
        if let flat {
            if row < 0 { return Self.isBatch(flat, name) }
            return flat.shape.index(of: name).map { flat.presence(row: row) & (1 &<< UInt64($0)) != 0 } ?? false
        }
        return member(name) != nil
    }

    /// A string's UTF-8, for strings that are not base64.
    public func bytes(_ name: StaticString) -> UnsafeRawBufferPointer? {
        if let flat { return flat.shape.index(of: name).flatMap { flat.text($0, row: row) } }
        guard case .tree(let tree, _) = form, let member = member(name) else { return nil }
        return member.kind == .string && tree.base64(member) == nil ? member.stringBytes : nil
    }

    public func string(_ name: StaticString) -> String? {
        bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What a base64 member stands for. Never without an address, however short.
    public func base64(_ name: StaticString) -> UnsafeRawBufferPointer? {
        if let flat { return flat.shape.index(of: name).flatMap { flat.base64($0, row: row) } }
        guard case .tree(let tree, _) = form else { return nil }
        return member(name).flatMap { tree.base64($0) }
    }

    /// What a string member stands for from `offset` on, where it is base64 after a prefix of its own. It lies in `storage`;
    /// what the text before `offset` says stays readable. Nil where it is absent or not base64.
    public func base64(in name: StaticString, from offset: Int) -> UnsafeRawBufferPointer? {
        if let flat { return flat.shape.index(of: name).flatMap { flat.base64($0, row: row, from: offset) } }
        guard case .tree(let tree, _) = form else { return nil }
        return member(name).flatMap { tree.base64($0, from: offset) }
    }

    public func integer(_ name: StaticString) -> Int? {
        if let flat { return flat.shape.index(of: name).flatMap { flat.integer($0, row: row) } }
        return member(name)?.integer
    }

    public func boolean(_ name: StaticString) -> Bool? {
        if let flat { return flat.shape.index(of: name).flatMap { flat.boolean($0, row: row) } }
        return member(name)?.boolean
    }

    /// A member of a body that was read as a tree.
    private func member(_ name: StaticString) -> JSONValue? {
        guard case .tree(_, let value) = form else { return nil }
        return value.member(name)
    }

    /// An object or array, to be walked. Nil for the array of a batch, which `items` gives.
    public func object(_ name: StaticString) -> JSONValue? {
        guard let member = member(name) else { return nil }
        return member.kind == .object || member.kind == .array ? member : nil
    }

    /// An object in this one, read in the same way.
    public func nested(_ name: StaticString) -> CheckedBody? {
        guard case .tree(let tree, let value) = form, let member = value.member(name), member.kind == .object else {
            return nil
        }
        return CheckedBody(form: .tree(tree, member))
    }

    /// The objects of an array. Nil where there is no such array.
    public func items(_ name: StaticString) -> Items? {
        if let flat {
            return row < 0 && Self.isBatch(flat, name) ? Items(body: self, array: nil, count: flat.rows) : nil
        }
        guard let array = member(name), array.kind == .array else { return nil }
        return Items(body: self, array: array, count: array.count)
    }

    public func forEachItem<Failure: Error>(
        _ name: StaticString, _ body: (_ index: Int, _ item: CheckedBody) throws(Failure) -> Void
    ) throws(Failure) {
        guard let items = items(name) else { return }
        for index in 0..<items.count { try body(index, items[index]) }
    }

    /// The elements of an array, each as a body of its own. Elements that are no objects have no members.
    public struct Items {
        private let body: CheckedBody
        private let array: JSONValue?
        public let count: Int

        fileprivate init(body: CheckedBody, array: JSONValue?, count: Int) {
            self.body = body
            self.array = array
            self.count = count
        }

        /// Without members for an index out of range.
        public subscript(index: Int) -> CheckedBody {
            if let flat = body.flat {
                return (0..<flat.rows).contains(index) ? CheckedBody(flat, row: index) : .absent
            }
            guard case .tree(let tree, _) = body.form, let element = array?.element(at: index) else { return .absent }
            return CheckedBody(form: .tree(tree, element))
        }
    }

    private static func isBatch(_ object: FlatObject, _ name: StaticString) -> Bool {
        object.shape.batch.map { name.withUTF8Buffer($0.name.utf8.elementsEqual) } ?? false
    }
}
