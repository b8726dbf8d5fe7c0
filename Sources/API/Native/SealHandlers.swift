// Sealing and unsealing. Who may unseal shows it by what he gives, so that unsealing needs no token; it is limited hard instead.

internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func getSealState(_ call: Call) throws(CallError) -> Response {
        try answer(seal.status)
    }

    func unseal(_ call: Call) throws(CallError) -> Response {
        let body = try call.body
        let state: SealState
        do throws(UnsealError) {
            if let share = body.bytes("share") {
                state = try seal.add(share: share)
            } else if let passphrase = body.bytes("passphrase") {
                state = try seal.open(passphrase: passphrase)
            } else {
                throw .core(CoreError(.internalError))
            }
        } catch {
            throw CallError(error)
        }
        return try answer(state)
    }

    func sealService(_ call: Call) throws(CallError) -> Response {
        // There is nothing to record it with afterwards.
        try call.keepRecord(status: 200)
        _ = seal.close()
        return try answer(seal.status)
    }

    private func answer(_ state: SealState) throws(CallError) -> Response {
        try Call.json { writer throws(CallError) in
            writer.beginObject()
            writer.name("sealed")
            writer.boolean(state.isSealed)
            writer.name("method")
            switch state.method {
            case .file: writer.string("file")
            case .passphrase: writer.string("passphrase")
            case .shares(let threshold, let count):
                writer.string("shares")
                writer.name("shares")
                writer.beginObject()
                writer.name("given")
                writer.integer(state.sharesGiven)
                writer.name("threshold")
                writer.integer(threshold)
                writer.name("count")
                writer.integer(count)
                writer.endObject()
            }
            writer.endObject()
        }
    }
}

extension CallError {
    init(_ error: UnsealError) {
        switch error {
        case .alreadyUnsealed: self.init(ProblemCode.alreadyUnsealed)
        case .tooManyAttempts: self.init(ProblemCode.tooManyAttempts)
        case .core(let error): self.init(ServiceError.core(error))
        case .storage(let error): self.init(ServiceError.storage(error))
        case .audit: self.init(ProblemCode.auditUnavailable)
        case .schedule: self.init(ProblemCode.overloaded)
        }
    }
}
