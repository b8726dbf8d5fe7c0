// What an application gives the server: decisions about requests. The server knows nothing of what they mean.

internal import Network

/// Answers requests. Called from the event loops and the workers, from many threads at once.
public protocol RequestHandler: Sendable {
    /// The head of a request has arrived: refuse it before its body is read, or say how much body to take. Called once
    /// a request, on its event loop, and must not block.
    func begin(_ request: Request) -> HeadDecision

    /// The whole request has arrived. On an event loop this must not block: `.needsWorker` asks for another call, on a
    /// thread of the lane. There, `.needsWorker` of another lane has the request go on to that one; of the same lane it is
    /// not a valid answer (the server answers 500).
    func respond(to request: Request, on thread: ServingThread) -> Outcome

    /// Whose a request is: its memory is counted for its owner, and owners take turns where requests wait for a worker.
    /// Asked for once, after `begin`, for requests that take much or wait. Must not block.
    func owner(of request: Request) -> RequestOwner

    /// What to answer where the server itself refuses. On an event loop or a worker; must not block.
    func response(to refusal: Refusal, of request: Request) -> Response

    /// The answer of a request with `isHeld` is ready to be sent: true holds it until `Request.release`, which another thread may
    /// call before this has returned. Must not block.
    func hold(_ request: Request) -> Bool

    /// The answer was handed to the system, or the connection was lost (`status` 0). On the event loop, once for every
    /// request that any of the above was called for; the request's body has been wiped.
    func finished(_ request: Request, status: Int, responseBytes: Int, microseconds: Int)
}

/// Whom a request is counted for.
public struct RequestOwner: Sendable, Hashable {
    /// The same for all requests of one client.
    public let number: Int
    /// All who are not known have a quarter of the memory together, so that others find some whatever they send.
    public let isKnown: Bool

    public init(number: Int, isKnown: Bool) {
        self.number = number
        self.isKnown = isKnown
    }
}

public enum HeadDecision {
    case refuse(Response)
    /// `workCopies`: how many more times the body's length the work on it takes, the answer among it.
    case readBody(maximumBytes: Int, workCopies: Int = 0)
}

public enum Outcome {
    case answer(Response)
    /// Call again on a thread of this lane, in the turn of the request's `owner`.
    case needsWorker(Lane)
    /// On a worker: some of the work is done. Call again, in the owner's next turn, where somebody still waits for it.
    case unfinished
    /// The handler has kept the request, and gives its answer later with `Request.answer`. No thread waits for it.
    case parked
}

public enum ServingThread: Sendable, Hashable {
    case eventLoop
    case worker(Lane)

    /// Whether the thread may wait.
    @inline(__always)
    public var isWorker: Bool { if case .worker = self { true } else { false } }
}

public enum Refusal: Sendable, Equatable {
    /// The body is longer than `HeadDecision.readBody` allowed: 413.
    case bodyTooLarge
    /// The lane's queue is full, or the memory for requests is: 503 with Retry-After.
    case overloaded
    /// The client alone takes as much memory as one client may: 429 with Retry-After.
    case overShare
    /// As many requests of the same owner wait as may: 429 with Retry-After.
    case tooManyWaiting
    /// The client left before the work was done.
    case clientGone
    /// The server stops, and will not do it any more: 503.
    case stopping
    /// The request line or its headers cannot be read as they stand (a NUL or a space in the target), or could be read
    /// in two ways (two lengths): 400. Method, path and headers may be incomplete.
    case malformedHead
    /// The chunks of a body are not framed as RFC 9112, 7.1, has it, or end too early: 400.
    case malformedBody
    /// The head leaves no room in the connection's memory (`ServerConfiguration.connectionMemory`): 431.
    case headTooLarge
    /// The handler did not give an answer where it had to, or one that cannot be sent: 500.
    case noAnswer
    /// A held answer may not be sent (`Request.release`).
    case answerLost
}

extension RequestHandler {
    /// For handlers that hold nothing.
    public func hold(_ request: Request) -> Bool { false }

    /// By where it comes from.
    public func owner(of request: Request) -> RequestOwner {
        RequestOwner(number: request.peer.source.hashValue, isKnown: true)
    }
}
