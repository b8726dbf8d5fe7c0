// A request's body after it has been checked: what handlers read. That a member's type and bounds are right is settled;
// accessors answer nil only where the member is absent or the schema has another type for it.

internal import Bytes
public import JSON

/// The members of a checked body, or of an object in it. Pointers that it gives are valid while it, or anything made from
/// it, lives and the body's buffer is not changed. One thread at a time.
public struct CheckedBody {
    private enum Form {
        /// No body, or an object without a schema of its own.
        case absent
        case flat(FlatObject, row: Int)
        case batch(FlatObject)
        case tree(TreeBody, JSONValue)
        /// Not JSON: taken as it is.
        case opaque(ByteBuffer)
    }

    private let form: Form

    static var absent: CheckedBody { CheckedBody(form: .absent) }

    /// Decodes all base64 in the body's place.
    init(_ object: FlatObject) {
        object.decodeBase64()
        form = object.shape.batch == nil ? .flat(object, row: 0) : .batch(object)
    }

    init(_ tree: TreeBody) {
        form = .tree(tree, tree.document.root)
    }

    init(opaque body: ByteBuffer) {
        form = .opaque(body)
    }

    private init(form: Form) {
        self.form = form
    }

    /// The one region in which everything lies that `base64` gives, for this body and all objects in it, at offsets that
    /// pointer differences tell. Of a body that is not JSON, the body.
    public var storage: UnsafeRawBufferPointer {
        switch form {
        case .absent: UnsafeRawBufferPointer(start: nil, count: 0)
        case .flat(let object, _), .batch(let object): object.body.bytes
        case .tree(let tree, _): tree.decoded.bytes
        case .opaque(let body): body.bytes
        }
    }

    public func has(_ name: StaticString) -> Bool {
        switch form {
        case .absent, .opaque: false
        case .flat(let object, let row):
            object.shape.index(of: name).map { object.presence(row: row) & (1 &<< UInt64($0)) != 0 } ?? false
        case .batch(let object): Self.isBatch(object, name)
        case .tree(_, let value): value.member(name) != nil
        }
    }

    /// A string's UTF-8, for strings that are not base64.
    public func bytes(_ name: StaticString) -> UnsafeRawBufferPointer? {
        switch form {
        case .absent, .opaque, .batch: nil
        case .flat(let object, let row): object.shape.index(of: name).flatMap { object.text($0, row: row) }
        case .tree(let tree, let value):
            value.member(name).flatMap { $0.kind == .string && tree.base64($0) == nil ? $0.stringBytes : nil }
        }
    }

    public func string(_ name: StaticString) -> String? {
        bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What a base64 member stands for. Never without an address, however short.
    public func base64(_ name: StaticString) -> UnsafeRawBufferPointer? {
        switch form {
        case .absent, .opaque, .batch: nil
        case .flat(let object, let row): object.shape.index(of: name).flatMap { object.base64($0, row: row) }
        case .tree(let tree, let value): value.member(name).flatMap { tree.base64($0) }
        }
    }

    /// What a string member stands for from `offset` on, where it is base64 after a prefix of its own. It lies in `storage`;
    /// what the text before `offset` says stays readable. Nil where it is absent or not base64.
    public func base64(in name: StaticString, from offset: Int) -> UnsafeRawBufferPointer? {
        switch form {
        case .absent, .opaque, .batch: nil
        case .flat(let object, let row):
            object.shape.index(of: name).flatMap { object.base64($0, row: row, from: offset) }
        case .tree(let tree, let value): value.member(name).flatMap { tree.base64($0, from: offset) }
        }
    }

    public func integer(_ name: StaticString) -> Int? {
        switch form {
        case .absent, .opaque, .batch: nil
        case .flat(let object, let row): object.shape.index(of: name).flatMap { object.integer($0, row: row) }
        case .tree(_, let value): value.member(name)?.integer
        }
    }

    public func boolean(_ name: StaticString) -> Bool? {
        switch form {
        case .absent, .opaque, .batch: nil
        case .flat(let object, let row): object.shape.index(of: name).flatMap { object.boolean($0, row: row) }
        case .tree(_, let value): value.member(name)?.boolean
        }
    }

    /// An object or array, to be walked. Nil for the array of a batch, which `items` gives.
    public func object(_ name: StaticString) -> JSONValue? {
        guard case .tree(_, let value) = form, let member = value.member(name) else { return nil }
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
        switch form {
        case .absent, .opaque, .flat: return nil
        case .batch(let object):
            return Self.isBatch(object, name) ? Items(body: self, array: nil, count: object.rows) : nil
        case .tree(_, let value):
            guard let array = value.member(name), array.kind == .array else { return nil }
            return Items(body: self, array: array, count: array.count)
        }
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
            switch body.form {
            case .batch(let object): return CheckedBody(form: .flat(object, row: index))
            case .tree(let tree, _):
                guard let element = array?.element(at: index) else { return .absent }
                return CheckedBody(form: .tree(tree, element))
            case .absent, .flat, .opaque: return .absent
            }
        }
    }

    private static func isBatch(_ object: FlatObject, _ name: StaticString) -> Bool {
        object.shape.batch.map { name.withUTF8Buffer($0.name.utf8.elementsEqual) } ?? false
    }
}
