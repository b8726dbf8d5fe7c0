// Sealing and unsealing. Unsealing needs no token: the passphrase or the shares show who may. Each source is limited instead.

internal import CoreBridge
internal import Network
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
        let peer = call.exchange.peer
        var state: SealState?
        do throws(UnsealError) {
            if let share = body.bytes("share") {
                state = try seal.add(share: share, from: peer, waiting: call.waiting)
            } else {
                try seal.tryPassphrase(WaitingPassphrase(call.request, peer: peer, api: self))
            }
        } catch {
            throw CallError(error)
        }
        guard let state else { throw .parked }
        return try answer(state)
    }

    /// Answers a request whose passphrase was tried.
    fileprivate func answer(_ request: Request, _ result: Result<SealState, UnsealError>) {
        request.answer(
            respond(to: request) { () throws(CallError) in
                let state: SealState
                do throws(UnsealError) { state = try result.get() } catch { throw CallError(error) }
                return try answer(state)
            })
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

/// A request with a passphrase, which holds no thread while it waits for its turn.
private final class WaitingPassphrase: PassphraseAttempt {
    let peer: Peer
    private let request: Request
    private let api: NativeAPI

    init(_ request: Request, peer: Peer, api: NativeAPI) {
        self.request = request
        self.peer = peer
        self.api = api
    }

    var isAbandoned: Bool { request.isAbandoned }

    func withPassphrase(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard let bytes = (request.attachment as? Exchange)?.body?.bytes("passphrase") else { return }
        body(bytes)
    }

    func ended(_ result: Result<SealState, UnsealError>) { api.answer(request, result) }
}

extension CallError {
    init(_ error: UnsealError) {
        switch error {
        case .wouldBlock: self = .needsWorker(.entry)
        case .alreadyUnsealed: self.init(ProblemCode.alreadyUnsealed)
        case .tooManyAttempts(let seconds): self = .problem(Problem(.tooManyAttempts, retryAfter: seconds))
        case .stopping: self.init(ProblemCode.overloaded)
        case .core(let error): self.init(ServiceError.core(error))
        case .storage(let error): self.init(ServiceError.storage(error))
        case .audit: self.init(ProblemCode.auditUnavailable)
        case .schedule: self.init(ProblemCode.overloaded)
        }
    }
}
