// Which records are on disk and which are lost, by the numbers of their tickets.

import TestKit
import Testing

@testable import Audit

@Suite(.givesHandlesBack) struct TicketTests {
    private func ends(_ tickets: AuditTickets, _ range: ClosedRange<Int64>) -> [AuditTickets.End?] {
        range.map { tickets.end(of: $0) }
    }

    @Test("tickets end in the order of their numbers")
    func order() {
        var tickets = AuditTickets()
        #expect((1...4).map { _ in tickets.issue() } == [1, 2, 3, 4])
        #expect(tickets.waiting == 4)
        tickets.keep(through: 2)
        #expect(ends(tickets, 1...4) == [.onDisk, .onDisk, nil, nil])
        // What was told cannot be taken back.
        tickets.keep(through: 1)
        #expect(tickets.waiting == 2)
        tickets.loseWaiting()
        #expect(ends(tickets, 1...4) == [.onDisk, .onDisk, .lost, .lost])
        #expect(tickets.waiting == 0)
    }

    @Test("records before and after an outage are on disk")
    func outage() {
        var tickets = AuditTickets()
        for _ in 1...2 { _ = tickets.issue() }
        tickets.keep(through: 2)
        for _ in 3...4 { _ = tickets.issue() }
        tickets.loseWaiting()
        _ = tickets.issue()
        tickets.keep(through: 5)
        #expect(ends(tickets, 1...5) == [.onDisk, .onDisk, .lost, .lost, .onDisk])
        #expect(tickets.end(of: 6) == nil)
    }

    @Test("losing nothing changes nothing")
    func nothing() {
        var tickets = AuditTickets()
        tickets.loseWaiting()
        #expect(tickets.issue() == 1)
        tickets.keep(through: 1)
        tickets.loseWaiting()
        #expect(tickets.end(of: 1) == .onDisk)
    }

    @Test("attempts that fail one after the other are one outage, however many")
    func attempts() {
        var tickets = AuditTickets()
        for _ in 1...1000 {
            _ = tickets.issue()
            tickets.loseWaiting()
        }
        #expect(tickets.end(of: 1) == .lost && tickets.end(of: 1000) == .lost)
    }

    @Test("the newest 64 outages are remembered")
    func oldOutages() {
        var tickets = AuditTickets()
        for _ in 0...AuditTickets.maximumOutages {
            _ = tickets.issue()
            tickets.loseWaiting()
            tickets.keep(through: tickets.issue())
        }
        #expect(tickets.end(of: 1) == .onDisk, "forgotten")
        for ticket in 2...tickets.newest { #expect(tickets.end(of: ticket) == (ticket % 2 == 1 ? .lost : .onDisk)) }
    }
}
