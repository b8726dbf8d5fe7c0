// Every operation of the document with the function that does it, where it runs, and how long its body may be.

internal import HTTPServer
internal import KeyService

/// How one operation is handled.
struct Handling: Sendable {
    let handler: @Sendable (NativeAPI) -> (Call) throws(CallError) -> Response
    /// Where it is called. Nil for the event loop: what waits for nothing, or asks for a worker itself.
    let lane: Lane?
    /// Bytes.
    let bodyLimit: Int
    /// How many more times its body's length a request takes, the answer among it.
    var workCopies = 0
    /// Whether it changes anything that is kept: what does not can be done in vain.
    let changesState: Bool
    /// Nanoseconds that a byte of the body costs, where it is done on the event loop.
    var perByte = Cost.perByte(.encrypt)
    /// What the caller's role has to grant, on the path's key where there is one; nil for what any token may, or none needs.
    let permission: Permission?
    /// Whether a key or role is meant that only the body names, or what the path names: the handler then holds the request to what
    /// is granted for that, by `Call.authorise`.
    var isNamedLater = false
    /// What its requests' preconditions are held against.
    var preconditions = PreconditionTarget.untagged

    /// The same, with preconditions on something else.
    func conditional(on target: PreconditionTarget) -> Handling {
        var handling = self
        handling.preconditions = target
        return handling
    }

    /// The same, with `isNamedLater`.
    var namedLater: Handling {
        var handling = self
        handling.isNamedLater = true
        return handling
    }
}

extension NativeAPI {
    static let handlers: [String: Handling] = [
        "createKey": control(createKey, .create).namedLater.conditional(on: .made),
        "listKeys": listing(listKeys, .read),
        "getKey": control(getKey, .read).conditional(on: .handled),
        "updateKey": control(updateKey, .update).conditional(on: .handled),
        "deleteKey": control(deleteKey, .destroy).conditional(on: .handled),
        "cancelKeyDeletion": control(cancelKeyDeletion, .update).conditional(on: .handled),
        "rotateKey": control(rotateKey, .rotate).conditional(on: .handled),
        "updateKeyVersion": control(updateKeyVersion, .update).conditional(on: .handled),
        "encrypt": data(encrypt, .encrypt),
        "decrypt": data(decrypt, .decrypt),
        "reencrypt": data(reencrypt, .reencrypt),
        "createDataKey": data(createDataKey, .dataKey),
        "encryptBatch": batch(encryptBatch, .encrypt),
        "decryptBatch": batch(decryptBatch, .decrypt),
        "reencryptBatch": batch(reencryptBatch, .reencrypt),
        "createDataKeyBatch": batch(createDataKeyBatch, .dataKey),
        "sign": data(sign, .sign, .sign),
        "signBatch": slowBatch(signBatch, .sign),
        "verify": data(verify, .verify, .verify),
        "verifyBatch": slowBatch(verifyBatch, .verify),
        "mac": data(mac, .mac, .mac),
        "macBatch": batch(macBatch, .mac, .mac),
        "verifyMac": data(verifyMac, .verifyMAC, .mac),
        "verifyMacBatch": batch(verifyMacBatch, .verifyMAC, .mac),
        "wrap": data(wrap, .wrap, .wrap),
        "wrapBatch": slowBatch(wrapBatch, .wrap),
        "unwrap": data(unwrap, .unwrap, .wrap),
        "unwrapBatch": slowBatch(unwrapBatch, .unwrap),
        "agree": data(agree, .agree),
        "agreeBatch": slowBatch(agreeBatch, .agree),
        "derive": data(derive, .derive),
        "deriveBatch": slowBatch(deriveBatch, .derive),
        "hash": data(hash, .hash, .mac).conditional(on: .untagged),
        "getPublicKey": control(getPublicKey, .publicKey).conditional(on: .handled),
        "getImportKey": transfer(getImportKey, .importKey, changesState: true),
        "importKey": transfer(importKey, .importKey, changesState: true).conditional(on: .made),
        "exportKey": transfer(exportKey, .export).conditional(on: .key),
        "backUpKey": transfer(backUpKey, .backup).conditional(on: .key),
        "restoreKey": slowData(restoreKey, .restore, changesState: true).namedLater.conditional(on: .made),
        "random": service(random, .random),
        "getSealState": service(getSealState, nil),
        "unseal": entrance(unseal),
        "sealService": control(sealService, .seal),
        "loginByJWT": entrance(loginByJWT).conditional(on: .made),
        "loginByCertificate": entrance(loginByCertificate).conditional(on: .made),
        "loginByPeer": entrance(loginByPeer).conditional(on: .made),
        "getStatus": control(getStatus, .status, changesState: false),
        "listRoles": listing(listRoles, .roles),
        "createRole": control(createRole, .roles).conditional(on: .made),
        "getRole": control(getRole, .roles).conditional(on: .handled),
        "replaceRole": control(replaceRole, .roles).conditional(on: .handled),
        "deleteRole": control(deleteRole, .roles).conditional(on: .handled),
        "createToken": control(createToken, .tokens).namedLater.conditional(on: .made),
        "listTokens": listing(listTokens, .tokens),
        "revokeToken": control(revokeToken, .tokens).namedLater,
        "getOwnToken": control(getOwnToken, nil),
        "renewOwnToken": control(renewOwnToken, nil),
        "revokeOwnToken": control(revokeOwnToken, nil),
        "listApprovals": listing(listApprovals, nil),
        "getApproval": control(getApproval, nil),
        "decideApproval": control(decideApproval, .approve).namedLater,
        "listAuditRecords": listing(listAuditRecords, .audit),
        "getDiagnostics": control(getDiagnostics, .diagnostics, changesState: false),
        "getLiveness": service(getLiveness, nil),
        "getReadiness": service(getReadiness, nil),
        "getMetrics": listing(getMetrics, nil),
        "getOpenAPIDocument": service(getOpenAPIDocument, nil),
        "getPage": service(getPage, nil),
        "getPageFile": service(getPageFile, nil),
    ]

    /// The longest body of a request whose memory is at most `bytes`: a batch's, which takes most.
    public static func largestBody(within bytes: Int) -> Int { min(dataLimit, bytes / (1 + batchCopies)) }

    private static let dataLimit = 32 << 20
    private static let batchCopies = 2

    private typealias Handler = @Sendable (NativeAPI) -> (Call) throws(CallError) -> Response

    /// Reads or writes the store.
    private static func control(
        _ handler: @escaping Handler, _ permission: Permission?, changesState: Bool = true
    ) -> Handling {
        Handling(
            handler: handler, lane: .control, bodyLimit: 65_536, changesState: changesState, permission: permission)
    }

    /// Tells much: of the store, of the trail, or of what was counted.
    private static func listing(_ handler: @escaping Handler, _ permission: Permission?) -> Handling {
        Handling(handler: handler, lane: .data, bodyLimit: 4096, changesState: false, permission: permission)
    }

    /// Computes with private keys beside reading and writing the store.
    private static func transfer(
        _ handler: @escaping Handler, _ permission: Permission?, changesState: Bool = false
    ) -> Handling {
        Handling(handler: handler, lane: .data, bodyLimit: 65_536, changesState: changesState, permission: permission)
    }

    /// What anybody may try: it asks for a worker itself, so that refusing costs none.
    private static func entrance(_ handler: @escaping Handler) -> Handling {
        Handling(handler: handler, lane: nil, bodyLimit: 65_536, changesState: true, permission: nil)
    }

    /// Carries the data of applications: 32 MiB a request.
    private static func data(
        _ handler: @escaping Handler, _ permission: Permission?, _ work: Work = .encrypt
    ) -> Handling {
        Handling(
            handler: handler, lane: nil, bodyLimit: dataLimit, workCopies: 1, changesState: false,
            perByte: Cost.perByte(work),
            permission: permission, preconditions: .key)
    }

    /// The same, for what takes long in the core.
    private static func slowData(
        _ handler: @escaping Handler, _ permission: Permission?, changesState: Bool = false
    ) -> Handling {
        Handling(
            handler: handler, lane: .data, bodyLimit: dataLimit, workCopies: 1, changesState: changesState,
            permission: permission, preconditions: .key)
    }

    /// Many of them at once: what they give lies beside the body until the answer is written.
    private static func batch(
        _ handler: @escaping Handler, _ permission: Permission?, _ work: Work = .encrypt
    ) -> Handling {
        Handling(
            handler: handler, lane: nil, bodyLimit: dataLimit, workCopies: batchCopies, changesState: false,
            perByte: Cost.perByte(work), permission: permission, preconditions: .key)
    }

    private static func slowBatch(_ handler: @escaping Handler, _ permission: Permission?) -> Handling {
        Handling(
            handler: handler, lane: .data, bodyLimit: dataLimit, workCopies: batchCopies, changesState: false,
            permission: permission, preconditions: .key)
    }

    private static func service(_ handler: @escaping Handler, _ permission: Permission?) -> Handling {
        Handling(handler: handler, lane: nil, bodyLimit: 4096, changesState: false, permission: permission)
    }
}
