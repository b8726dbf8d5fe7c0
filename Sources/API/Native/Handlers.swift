// Every operation of the document with the function that does it, where it runs, and how long its body may be.

internal import HTTPServer

/// How one operation is handled.
struct Handling: Sendable {
    let handler: @Sendable (NativeAPI) -> (Call) throws(CallError) -> Response
    /// It waits for the store: it is called on a worker only. The others wait for nothing, or ask for a worker themselves.
    let blocks: Bool
    /// Bytes.
    let bodyLimit: Int
}

extension NativeAPI {
    static let handlers: [String: Handling] = [
        "createKey": control(createKey),
        "listKeys": control(listKeys),
        "getKey": control(getKey),
        "updateKey": control(updateKey),
        "deleteKey": control(deleteKey),
        "cancelKeyDeletion": control(cancelKeyDeletion),
        "rotateKey": control(rotateKey),
        "updateKeyVersion": control(updateKeyVersion),
        "encrypt": data(encrypt),
        "decrypt": data(decrypt),
        "reencrypt": data(reencrypt),
        "createDataKey": data(createDataKey),
        "encryptBatch": data(encryptBatch),
        "decryptBatch": data(decryptBatch),
        "reencryptBatch": data(reencryptBatch),
        "createDataKeyBatch": data(createDataKeyBatch),
        "sign": data(sign),
        "signBatch": slowData(signBatch),
        "verify": data(verify),
        "verifyBatch": slowData(verifyBatch),
        "mac": data(mac),
        "macBatch": data(macBatch),
        "verifyMac": data(verifyMac),
        "verifyMacBatch": data(verifyMacBatch),
        "wrap": data(wrap),
        "wrapBatch": data(wrapBatch),
        "unwrap": data(unwrap),
        "unwrapBatch": data(unwrapBatch),
        "agree": data(agree),
        "agreeBatch": slowData(agreeBatch),
        "derive": data(derive),
        "deriveBatch": data(deriveBatch),
        "hash": data(hash),
        "getPublicKey": control(getPublicKey),
        "getImportKey": control(getImportKey),
        "importKey": control(importKey),
        "exportKey": control(exportKey),
        "backUpKey": control(backUpKey),
        "restoreKey": slowData(restoreKey),
        "random": service(random),
        "getSealState": service(getSealState),
        "unseal": control(unseal),
        "sealService": control(sealService),
        "getStatus": service(getStatus),
        "getDiagnostics": service(getDiagnostics),
        "getLiveness": service(getLiveness),
        "getReadiness": control(getReadiness),
        "getMetrics": service(getMetrics),
        "getOpenAPIDocument": service(getOpenAPIDocument),
        "getPage": service(getPage),
        "getPageFile": service(getPageFile),
    ]

    private typealias Handler = @Sendable (NativeAPI) -> (Call) throws(CallError) -> Response

    /// Reads or writes the store.
    private static func control(_ handler: @escaping Handler) -> Handling {
        Handling(handler: handler, blocks: true, bodyLimit: 65_536)
    }

    /// Carries the data of applications: 32 MiB a request.
    private static func data(_ handler: @escaping Handler) -> Handling {
        Handling(handler: handler, blocks: false, bodyLimit: 32 << 20)
    }

    /// The same, for what takes long in the core: so many signatures would hold up an event loop for tens of milliseconds.
    private static func slowData(_ handler: @escaping Handler) -> Handling {
        Handling(handler: handler, blocks: true, bodyLimit: 32 << 20)
    }

    private static func service(_ handler: @escaping Handler) -> Handling {
        Handling(handler: handler, blocks: false, bodyLimit: 4096)
    }
}
