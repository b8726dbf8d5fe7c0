// How a connection comes to an event loop: at once, or when its proxy has said whose it is; and how idle ones are closed to
// let others in.

internal import CMicrohttpd
internal import Glibc
internal import Network
internal import Synchronization

extension EventLoop {
    /// A connection as the acceptor hands it over.
    struct Arrival {
        let descriptor: Int32
        let address: SocketAddress
        /// It begins with a header of the PROXY protocol, and no source was counted for it.
        let isProxied: Bool
    }

    func take(_ arrival: Arrival, into daemon: OpaquePointer) {
        if arrival.isProxied {
            proxied.add(arrival.descriptor, of: arrival.address, now: monotonicMilliseconds())
        } else {
            add(arrival.descriptor, arrival.address, to: daemon)
        }
    }

    /// Reads headers that have arrived. True where one is awaited no more.
    func serviceProxied(_ daemon: OpaquePointer, now: UInt64) -> Bool {
        let outcomes = proxied.service(now: now)
        for outcome in outcomes {
            settings.admission.endHeader()
            switch outcome {
            case .known(let descriptor, let address):
                if settings.admission.enter(address.source) {
                    add(descriptor, address, to: daemon)
                } else {
                    drop(descriptor)
                }
            case .refused(let descriptor):
                settings.admission.headersRefused.wrappingAdd(1, ordering: .relaxed)
                drop(descriptor)
            }
        }
        return !outcomes.isEmpty
    }

    func dropProxied() {
        for descriptor in proxied.removeAll() {
            settings.admission.endHeader()
            drop(descriptor)
        }
    }

    /// Closes idle connections of a source, a few at a time; those that have waited longest do not matter more than others.
    func evict(_ source: Peer.Source) {
        var left = 16
        connections.visit { record in
            guard left > 0, record.pointee.state == .waiting, record.pointee.request == nil,
                record.pointee.deadline != 0, record.pointee.peer.source == source,
                !hasUnread(record.pointee.descriptor)
            else { return }
            left -= 1
            record.pointee.deadline = 0
            settings.admission.evicted.wrappingAdd(1, ordering: .relaxed)
            shutdown(record.pointee.descriptor, Int32(SHUT_RDWR))
        }
    }

    /// Gives libmicrohttpd a connection whose source has been counted.
    private func add(_ descriptor: Int32, _ address: SocketAddress, to daemon: OpaquePointer) {
        isConnectionKnown = false
        // Closes the descriptor where it fails. `connectionCallback` counts the connection out where it was called.
        let result = address.withAddress { MHD_add_connection(daemon, descriptor, $0, $1) }
        if result != .YES, !isConnectionKnown {
            settings.admission.leave(address.source)
            counters.open.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    private func drop(_ descriptor: Int32) {
        close(descriptor)
        counters.open.wrappingSubtract(1, ordering: .relaxed)
    }
}
