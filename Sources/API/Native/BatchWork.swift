// A batch on its way. All items are looked at first, so that a batch that asks for too much is refused with nothing done. Then
// they are run and answered in parts. Between parts the request holds no keys, waits for its owner's next turn, and ends where
// nobody waits for it any more.

internal import Bytes
internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

/// An item of a batch that is ready to run, the key whose version answers for it, and what it costs.
struct PreparedItem {
    let item: BatchItem
    let key: KeyInUse
    let cost: Cost

    /// - Parameters:
    ///   - bytes: that are worked on.
    ///   - more: what it costs beside the work with `key`.
    init(_ item: BatchItem, with key: KeyInUse, _ work: Work, bytes: Int = 0, and more: Cost = .zero) {
        self.item = item
        self.key = key
        cost = .of(work, with: key.handle.algorithm, bytes: bytes) + more
    }
}

/// What an item gave, to be written as the members of its answer.
struct ItemResult {
    let done: Batch.Done
    let key: KeyInUse
    /// The batch's output.
    let output: UnsafeRawBufferPointer

    /// What the operation gives.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[done.output]) }
    var dataKey: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[done.dataKey]) }
    var publicKey: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[done.publicKey]) }
}

/// How far a batch is. One thread at a time, as the request that it is for.
final class BatchWork {
    /// What is known of an item that was looked at.
    enum Look {
        case cost(Cost)
        /// Why it is not run.
        case refused(ProblemCode)
    }

    /// By the item's place in the body.
    private(set) var looks: [Look] = []
    private(set) var total = Cost.zero
    private(set) var highest = Cost.zero
    /// Bytes that all items give.
    private(set) var outputLength = 0
    /// Items up to here are answered.
    private(set) var answered = 0
    /// The part that comes next, as far as it is prepared: up to an item of the body.
    private(set) var partEnd = 0
    private(set) var part: BatchPart
    private let mostKeyBytes: Int
    /// Nil before the first part was run.
    private var writer: JSONWriter?

    /// - Parameter mostKeyBytes: secret memory that the keys of a part may take.
    init(mostKeyBytes: Int) {
        self.mostKeyBytes = mostKeyBytes
        part = BatchPart(mostKeyBytes: mostKeyBytes)
    }

    /// Notes what an item costs, and keeps it if it belongs to the next part.
    func look(at prepared: PreparedItem) {
        looks.append(.cost(prepared.cost))
        total += prepared.cost
        highest = max(highest, prepared.cost)
        outputLength += prepared.item.outputLength
        if partEnd == looks.count - 1 { _ = take(prepared) }
    }

    func refuse(_ code: ProblemCode) {
        looks.append(.refused(code))
        if partEnd == looks.count - 1 { partEnd += 1 }
    }

    /// Adds an item to the part. False where that is full.
    func take(_ prepared: PreparedItem) -> Bool {
        guard part.add(prepared) else { return false }
        partEnd += 1
        return true
    }

    /// The same, for one that is not run.
    func pass(_ code: ProblemCode) {
        looks[partEnd] = .refused(code)
        partEnd += 1
    }

    /// Lets go of a part that has not been answered. It is prepared again when its turn comes.
    func putBack() {
        guard partEnd > answered else { return }
        partEnd = answered
        part = BatchPart(mostKeyBytes: mostKeyBytes)
    }

    /// Bytes of the answer, or somewhat more.
    var answerCapacity: Int { 64 + looks.count * 96 + Base64.encodedLength(of: outputLength) }

    /// Has what the part's items gave be written, and lets go of them.
    func answerPart(_ write: (inout JSONWriter, Look, _ place: Int) -> Void) {
        var writer = writer ?? begin()
        var place = 0
        for index in answered..<partEnd {
            write(&writer, looks[index], place)
            if case .cost = looks[index] { place += 1 }
        }
        self.writer = writer
        answered = partEnd
        part = BatchPart(mostKeyBytes: mostKeyBytes)
    }

    /// The whole answer.
    func end() -> ByteBuffer {
        var writer = writer ?? begin()
        writer.endArray()
        writer.endObject()
        writer.buffer.append(UInt8(ascii: "\n"))
        return writer.buffer
    }

    private func begin() -> JSONWriter {
        var writer = JSONWriter(ByteBuffer(minimumCapacity: answerCapacity))
        writer.beginObject()
        writer.name("items")
        writer.beginArray()
        return writer
    }
}

/// Items that are run in one turn.
final class BatchPart {
    var batch = Batch()
    private(set) var keys: [KeyInUse] = []
    private var cost = Cost.zero
    private var keysHeld = 0
    private var keyBytesHeld = 0
    let output = ByteBuffer()

    /// Open keys that one request holds, roughly, and bytes that they take: secret memory that nobody else gets meanwhile.
    private static let mostKeys = 64
    private let mostKeyBytes: Int

    init(mostKeyBytes: Int) {
        self.mostKeyBytes = mostKeyBytes
    }

    /// False where it is full. It takes one item at least.
    func add(_ item: PreparedItem) -> Bool {
        let isAnother = keys.last?.version != item.key.version || item.key.isDerived
        let (another, bytes) = isAnother ? (1, item.key.handle.secretBytes) : (0, 0)
        guard
            keys.isEmpty
                || cost + item.cost <= Lane.longestPart && keysHeld + another <= Self.mostKeys
                    && keyBytesHeld + bytes <= mostKeyBytes
        else { return false }
        batch.append(item.item)
        keys.append(item.key)
        cost += item.cost
        keysHeld += another
        keyBytesHeld += bytes
        return true
    }
}

extension NativeAPI {
    typealias Preparation = (CheckedBody, UnsafeRawBufferPointer) throws(CallError) -> PreparedItem

    /// Has `prepare` make an item of each object of the body, runs them all, and has `answer` write what each gave.
    /// - Parameter prepare: given an item's object, and the region that the batch's input is. An item of a later part is
    ///   prepared twice.
    func batch(
        _ call: Call, _ prepare: Preparation, answer: (inout JSONWriter, ItemResult) -> Void
    ) throws(CallError) -> Response {
        let work = call.exchange.batch ?? BatchWork(mostKeyBytes: mostKeyBytesOfRequest)
        // On an event loop a batch is done at once, or begun again elsewhere.
        if call.waiting == .allowed { call.exchange.batch = work }
        // Whatever ends this turn, nobody has to wait for the keys of a request that waits itself.
        defer { work.putBack() }
        let items = try call.required(try call.body.items("items"))
        try look(at: items, work, call, prepare)
        try call.reserve(work.outputLength + work.answerCapacity)
        while work.answered < items.count {
            try complete(work, items, call, prepare)
            try run(work.part, call)
            write(work, answer)
            if call.waiting == .allowed, work.answered < items.count { throw .unfinished }
        }
        call.exchange.batch = nil
        return Response(status: 200, contentType: "application/json", body: work.end())
    }

    /// Finds out what all items cost, and refuses what is too much.
    private func look(
        at items: CheckedBody.Items, _ work: BatchWork, _ call: Call, _ prepare: Preparation
    ) throws(CallError) {
        let storage = try call.body.storage
        let began = ContinuousClock.now
        for index in work.looks.count..<items.count {
            // Keys that are opened on the way take their time too.
            if call.waiting == .allowed, index & 15 == 15, ContinuousClock.now - began > Self.longestLook {
                throw .unfinished
            }
            do throws(CallError) {
                work.look(at: try prepare(items[index], storage))
            } catch .problem(let problem) where problem.belongsToItem || problem.code.belongsToItem {
                work.refuse(problem.code)
            }
            guard work.total <= .limit else { throw CallError(.tooCostly) }
            if call.waiting == .forbidden, work.total > Lane.longestOnLoop { throw .needsWorker(.data) }
        }
        if call.waiting == .allowed, work.total > Lane.longestOnLoop { try call.needs(.data) }
        try call.needs(work.highest)
    }

    private static let longestLook = Duration.milliseconds(25)

    /// Prepares the items of a part after the first.
    private func complete(
        _ work: BatchWork, _ items: CheckedBody.Items, _ call: Call, _ prepare: Preparation
    ) throws(CallError) {
        guard work.partEnd == work.answered else { return }
        let storage = try call.body.storage
        while work.partEnd < items.count {
            if case .refused(let code) = work.looks[work.partEnd] {
                work.pass(code)
                continue
            }
            do throws(CallError) {
                guard work.take(try prepare(items[work.partEnd], storage)) else { return }
            } catch .problem(let problem) where problem.belongsToItem || problem.code.belongsToItem {
                work.pass(problem.code)
            }
        }
    }

    private func run(_ part: BatchPart, _ call: Call) throws(CallError) {
        guard part.batch.count > 0 else { return }
        let input = try call.body.storage
        part.output.wipe()
        try core { () throws(CoreError) in
            try part.output.append(room: part.batch.outputLength) { room throws(CoreError) in
                // What preparing has decoded lies in the input too by now.
                try part.batch.run(input: input, output: room)
                return room.count
            }
        }
        for (index, key) in part.keys.enumerated() {
            guard case .failed(let error) = part.batch.outcome(at: index), error.code == .usesNotReserved else {
                continue
            }
            throw .needsUses(key)
        }
    }

    private func write(_ work: BatchWork, _ answer: (inout JSONWriter, ItemResult) -> Void) {
        let part = work.part
        work.answerPart { writer, look, place in
            if case .refused(let code) = look { return code.writeAsItem(&writer) }
            switch part.batch.outcome(at: place) {
            case .failed(let error):
                recover(from: error)
                ProblemCode(error.code).writeAsItem(&writer)
            case .done(let done):
                writer.beginObject()
                answer(&writer, ItemResult(done: done, key: part.keys[place], output: part.output.bytes))
                writer.endObject()
            }
        }
    }
}
