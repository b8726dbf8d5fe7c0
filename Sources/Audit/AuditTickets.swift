// Which records of the trail are on disk and which are lost. Each record that is put in line has a ticket, numbered from 1.

/// The tickets that were given out, and how those ended whose end is known. Tickets end in the order of their numbers.
struct AuditTickets {
    enum End {
        case onDisk
        case lost
    }

    /// The newest ticket; 0 before there is one.
    private(set) var newest: Int64 = 0
    /// The end of all up to this one is known.
    private var ended: Int64 = 0
    /// Of the ended ones, those that were lost: one range an outage, the oldest first.
    private var lost: [ClosedRange<Int64>] = []

    /// Outages that are remembered. What waited for a record of an older one was told long ago.
    static let maximumOutages = 64

    /// How many have not ended.
    var waiting: Int64 { newest - ended }

    mutating func issue() -> Int64 {
        newest += 1
        return newest
    }

    /// All up to `ticket` are on disk.
    mutating func keep(through ticket: Int64) { ended = max(ended, ticket) }

    /// All that have not ended are lost.
    mutating func loseWaiting() {
        guard waiting > 0 else { return }
        // One outage has one range, however often writing was tried meanwhile.
        if let last = lost.last, last.upperBound == ended {
            lost[lost.count - 1] = last.lowerBound...newest
        } else {
            lost.append((ended + 1)...newest)
        }
        if lost.count > Self.maximumOutages { lost.removeFirst() }
        ended = newest
    }

    /// How a ticket ended; nil while it waits.
    func end(of ticket: Int64) -> End? {
        guard ticket <= ended else { return nil }
        return lost.contains { $0.contains(ticket) } ? .lost : .onDisk
    }
}
