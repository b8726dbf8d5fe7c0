// What an item of a batch can do: each operation on data, with ranges of the batch's input in the place of bytes.

internal import CStrongroomCore

/// One item of a batch. Ranges count from the start of the batch's input.
public struct BatchItem {
    let operation: UInt32
    let key: KeyHandle
    var target: KeyHandle?
    var number: UInt32 = 0
    var scheme: SignatureScheme?
    /// The bytes that the operation takes, and the room that it gets, in the order of the core's function.
    var inputs = (0..<0, 0..<0, 0..<0)
    var rooms = (0, 0, 0)

    /// Bytes of output that it needs.
    public var outputLength: Int {
        [rooms.1, rooms.2].reduce(rooms.0) { sum, room in
            let (longer, overflows) = sum.addingReportingOverflow(room)
            return overflows ? .max : longer
        }
    }

    private init(_ operation: UInt32, _ key: KeyHandle) {
        self.operation = operation
        self.key = key
    }

    public static func encrypt(_ key: KeyHandle, _ plaintext: Range<Int>, associatedData: Range<Int>) -> Self {
        var item = Self(SR_BATCH_ENCRYPT, key)
        item.inputs = (plaintext, associatedData, 0..<0)
        item.rooms.0 = room(plaintext, longerBy: key.ciphertextOverhead)
        return item
    }

    public static func decrypt(_ key: KeyHandle, _ ciphertext: Range<Int>, associatedData: Range<Int>) -> Self {
        var item = Self(SR_BATCH_DECRYPT, key)
        item.inputs = (ciphertext, associatedData, 0..<0)
        item.rooms.0 = ciphertext.count
        return item
    }

    /// Keys of RSA too, as `KeyHandle.reencrypt` takes them.
    public static func reencrypt(
        _ key: KeyHandle, _ ciphertext: Range<Int>, associatedData: Range<Int>, to target: KeyHandle,
        newAssociatedData: Range<Int>
    ) -> Self {
        var item = Self(SR_BATCH_REENCRYPT, key)
        item.target = target
        item.inputs = (ciphertext, associatedData, newAssociatedData)
        item.rooms.0 =
            target.algorithm.isRSA
            ? KeyHandle.maximumModulus : room(ciphertext, longerBy: target.ciphertextOverhead)
        return item
    }

    /// - Parameter plaintext: whether the data key is wanted in the clear too.
    public static func dataKey(_ key: KeyHandle, bytes: Int, associatedData: Range<Int>, plaintext: Bool) -> Self {
        var item = Self(SR_BATCH_DATA_KEY, key)
        item.number = UInt32(clamping: bytes)
        item.inputs.0 = associatedData
        item.rooms.0 = plaintext ? bytes : 0
        item.rooms.1 = room(0..<max(bytes, 0), longerBy: key.ciphertextOverhead)
        return item
    }

    /// - Parameter privateKey: whether the private key is wanted in the clear too.
    public static func dataKeyPair(
        _ key: KeyHandle, _ algorithm: Algorithm, associatedData: Range<Int>, privateKey: Bool
    ) -> Self {
        var item = Self(SR_BATCH_DATA_KEY_PAIR, key)
        item.number = algorithm.rawValue
        item.inputs.0 = associatedData
        let longest = KeyHandle.maximumPrivateKey
        item.rooms = (privateKey ? longest : 0, longest + key.ciphertextOverhead, Int(SR_PUBLIC_KEY_MAX_BYTES))
        return item
    }

    public static func sign(_ key: KeyHandle, _ input: Range<Int>, scheme: SignatureScheme) -> Self {
        var item = Self(SR_BATCH_SIGN, key)
        item.scheme = scheme
        item.inputs.0 = input
        item.rooms.0 = key.algorithm.signatureBytes
        return item
    }

    public static func verify(
        _ key: KeyHandle, _ signature: Range<Int>, of input: Range<Int>, scheme: SignatureScheme
    ) -> Self {
        var item = Self(SR_BATCH_VERIFY, key)
        item.scheme = scheme
        item.inputs = (input, signature, 0..<0)
        return item
    }

    /// - Parameter hash: of HMAC; nil for the algorithm's own.
    public static func mac(_ key: KeyHandle, _ message: Range<Int>, hash: Hash?) -> Self {
        var item = Self(SR_BATCH_MAC, key)
        item.number = hash?.rawValue ?? 0
        item.inputs.0 = message
        item.rooms.0 = KeyHandle.maximumMAC
        return item
    }

    public static func verifyMAC(_ key: KeyHandle, _ mac: Range<Int>, of message: Range<Int>, hash: Hash?) -> Self {
        var item = Self(SR_BATCH_VERIFY_MAC, key)
        item.number = hash?.rawValue ?? 0
        item.inputs = (message, mac, 0..<0)
        return item
    }

    public static func derive(_ key: KeyHandle, bytes: Int, salt: Range<Int>, info: Range<Int>) -> Self {
        var item = Self(SR_BATCH_DERIVE, key)
        item.inputs = (salt, info, 0..<0)
        item.rooms.0 = bytes
        return item
    }

    public static func agree(
        _ key: KeyHandle, with publicKey: Range<Int>, bytes: Int, hash: Hash, salt: Range<Int>, info: Range<Int>
    ) -> Self {
        var item = Self(SR_BATCH_AGREE, key)
        item.number = hash.rawValue
        item.inputs = (publicKey, salt, info)
        item.rooms.0 = bytes
        return item
    }

    public static func encryptOAEP(
        _ key: KeyHandle, _ plaintext: Range<Int>, hash: Hash, label: Range<Int>
    ) -> Self {
        var item = Self(SR_BATCH_ENCRYPT_OAEP, key)
        item.number = hash.rawValue
        item.inputs = (label, plaintext, 0..<0)
        item.rooms.0 = KeyHandle.maximumModulus
        return item
    }

    public static func decryptOAEP(
        _ key: KeyHandle, _ ciphertext: Range<Int>, hash: Hash, label: Range<Int>
    ) -> Self {
        var item = Self(SR_BATCH_DECRYPT_OAEP, key)
        item.number = hash.rawValue
        item.inputs = (label, ciphertext, 0..<0)
        item.rooms.0 = KeyHandle.maximumModulus
        return item
    }

    public static func wrap(_ key: KeyHandle, _ material: Range<Int>, scheme: WrapScheme) -> Self {
        var item = Self(SR_BATCH_WRAP, key)
        item.number = scheme.rawValue
        item.inputs.0 = material
        item.rooms.0 = room(material, longerBy: 15)
        return item
    }

    public static func unwrap(_ key: KeyHandle, _ wrapped: Range<Int>, scheme: WrapScheme) -> Self {
        var item = Self(SR_BATCH_UNWRAP, key)
        item.number = scheme.rawValue
        item.inputs.0 = wrapped
        item.rooms.0 = wrapped.count
        return item
    }

    /// A range may be as long as anything: what does not fit is refused as the batch's, before it is run.
    private static func room(_ input: Range<Int>, longerBy overhead: Int) -> Int {
        let (sum, overflow) = input.count.addingReportingOverflow(overhead)
        return overflow ? .max : sum
    }
}
