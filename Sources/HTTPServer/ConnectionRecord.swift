// What an event loop remembers of each connection beside what libmicrohttpd does: since when it waits for what. The
// library's own timeout starts again with every byte, so a client that sends one now and then would never meet it.

internal import Glibc
internal import Network
internal import TLS

/// One connection; a node of its loop's list. Its loop's thread alone touches it.
struct ConnectionRecord {
    enum State: UInt8 {
        /// No request line yet: idle, or a head is trickling in.
        case waiting
        /// A request is arriving.
        case receiving
        /// A worker has the request; the connection is suspended.
        case working
        /// The answer is being sent.
        case answering
    }

    let descriptor: Int32
    /// Who is at the other end.
    let peer: Peer
    /// What its TLS session uses: kept until that is over.
    let certificate: TLSCertificate?
    var state = State.waiting
    /// Bytes of the body have arrived since the last sweep.
    var progressed = true
    /// The last sweep found bytes that nobody had read for a while.
    var suspect = false
    /// Looked for the end of what the client sends since the state last changed.
    var peeked = false
    /// The reference to the request in hand that libmicrohttpd carries; nil between requests.
    var request: UnsafeMutableRawPointer?
    /// The client may still be sending when the connection is closed: see `Lingering`.
    var linger = false
    /// The start of libmicrohttpd's memory for the connection, where every request begins.
    var memory: UnsafeRawPointer?
    /// Bytes received that belong to no request so far; less than none while a body of a known length arrives.
    var unread = 0
    var chunks = ChunkFraming()
    /// In milliseconds of the monotonic clock; 0 is never.
    var deadline: UInt64
    fileprivate var previous: Pointer?
    fileprivate var next: Pointer?

    typealias Pointer = UnsafeMutablePointer<ConnectionRecord>
}

/// The connections of one loop.
struct ConnectionList {
    private var head: ConnectionRecord.Pointer?
    private var byDescriptor: [ConnectionRecord.Pointer?] = []
    private(set) var count = 0

    /// The connection that a descriptor belongs to.
    subscript(descriptor: Int32) -> ConnectionRecord.Pointer? {
        let index = Int(descriptor)
        return byDescriptor.indices.contains(index) ? byDescriptor[index] : nil
    }

    mutating func insert(
        descriptor: Int32, peer: Peer, certificate: TLSCertificate?, deadline: UInt64
    ) -> ConnectionRecord.Pointer {
        let record = ConnectionRecord.Pointer.allocate(capacity: 1)
        record.initialize(
            to: ConnectionRecord(
                descriptor: descriptor, peer: peer, certificate: certificate, deadline: deadline, previous: nil,
                next: head))
        head?.pointee.previous = record
        head = record
        let index = Int(descriptor)
        if index >= byDescriptor.count {
            byDescriptor.append(contentsOf: repeatElement(nil, count: index + 1 - byDescriptor.count))
        }
        byDescriptor[index] = record
        count += 1
        return record
    }

    /// Takes it off the list and frees it.
    mutating func remove(_ record: ConnectionRecord.Pointer) {
        if let previous = record.pointee.previous {
            previous.pointee.next = record.pointee.next
        } else {
            head = record.pointee.next
        }
        record.pointee.next?.pointee.previous = record.pointee.previous
        byDescriptor[Int(record.pointee.descriptor)] = nil
        record.deinitialize(count: 1)
        record.deallocate()
        count -= 1
    }

    /// Calls `body` for each; it must not insert or remove.
    func visit(_ body: (ConnectionRecord.Pointer) -> Void) {
        var position = head
        while let record = position {
            body(record)
            position = record.pointee.next
        }
    }
}
