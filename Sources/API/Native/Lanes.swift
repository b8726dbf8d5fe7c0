// Where requests are done: on the event loop what is over in a moment, everything else in a lane by what it waits for or costs.

public import HTTPServer
internal import KeyService

extension Lane {
    /// What waits for the store, and little else: keys, tokens and roles are read and changed here, and keys opened.
    static let control = Lane(0)
    /// Computing that is over, or can be stopped and gone on with, within 50 ms or so.
    static let data = Lane(1)
    /// Computing that takes longer and cannot be stopped: making RSA keys, bodies of many megabytes.
    static let long = Lane(2)
    /// What needs no token: unsealing and logging in, which may wait for other hosts.
    static let entry = Lane(3)

    /// Where work of a cost is done; nil for the event loop.
    init?(for cost: Cost) {
        guard cost > Self.longestOnLoop else { return nil }
        self = cost > Self.longestOfData ? .long : .data
    }

    /// What one request may hold up the others of its event loop.
    static let longestOnLoop = Cost.microseconds(300)
    /// One part of a batch is as long.
    static let longestPart = Cost.milliseconds(25)
    private static let longestOfData = Cost.milliseconds(50)

    /// Whether a thread of this lane may do the work of another: of one for shorter work.
    func mayDo(_ other: Lane) -> Bool { index >= other.index }
}

extension NativeAPI {
    /// The lanes that the API needs. One token never has all threads of a lane, where there are several, nor more than a
    /// quarter of its queue.
    /// - Parameters:
    ///   - workers: threads for the store.
    ///   - dataWorkers: threads that compute for a moment; with one more than processors, two tokens cannot fill them.
    ///   - longWorkers: threads for work that takes long.
    ///   - queue: how many requests may wait in each lane.
    public static func lanes(
        workers: Int = 4, dataWorkers: Int = 3, longWorkers: Int = 2, queue: Int = 256
    ) -> [LaneConfiguration] {
        func lane(_ name: String, _ threads: Int, niceness: Int = 0, longest: Int = 1_000) -> LaneConfiguration {
            LaneConfiguration(
                name: name, threads: threads, queue: queue, ownerThreads: max(threads - 1, 1),
                ownerQueue: max(queue / 4, 1), niceness: niceness, endsWithClient: niceness > 0, longestWork: longest)
        }
        return [
            lane("control", workers), lane("data", dataWorkers, niceness: 10),
            lane("long", longWorkers, niceness: 10, longest: 10_000),
            lane("entry", 2),
        ]
    }
}
