// The memory of this very process, searched for what should not be there any more.

import Bytes
import Glibc
import TestKit

/// A text that nobody else has, kept in a way that a search does not take for it.
struct Canary {
    /// A byte that is rare, so that a search is short: `~`.
    private static let first: UInt8 = 0x7E
    private let hidden = ([first] + (0..<23).map { _ in UInt8.random(in: 0x61...0x7A) }).map { $0 | 0x80 }

    /// Sends `before`, the text and `after`. The sender keeps no copy of it.
    func send(_ before: String = "", on connection: TestConnection, then after: String = "") throws {
        let message = ByteBuffer()
        message.append(before)
        message.append(room: hidden.count) { room in
            room.baseAddress.map { write(to: $0) }
            return hidden.count
        }
        message.append(after)
        var sent = 0
        while sent < message.count {
            let count = Glibc.send(
                connection.descriptor, message.start + sent, message.count - sent, 0x4000)
            guard count > 0 || errno == EAGAIN || errno == EINTR else { throw TestError("send", code: errno) }
            sent += max(count, 0)
        }
    }

    func write(to memory: UnsafeMutableRawPointer) {
        for (index, byte) in hidden.enumerated() {
            memory.storeBytes(of: byte & 0x7F, toByteOffset: index, as: UInt8.self)
        }
    }

    /// How often it is in what this process can write to.
    func copies() throws -> Int {
        // What it is searched with is no copy: the text itself, and what is being looked at.
        let needle = ByteBuffer(minimumCapacity: hidden.count)
        needle.append(room: hidden.count) { room in
            room.baseAddress.map { write(to: $0) }
            return hidden.count
        }
        let room = ByteBuffer(minimumCapacity: 1 << 20)
        let own = [needle, room].map {
            UInt(bitPattern: $0.start)..<UInt(bitPattern: $0.start + $0.capacity)
        }
        let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        guard memory >= 0 else { throw TestError("open", code: errno) }
        defer { close(memory) }
        var found = 0
        for mapping in try Self.mappings() {
            var position = mapping.lowerBound
            while position < mapping.upperBound {
                let wanted = min(Int(mapping.upperBound - position), room.capacity)
                room.wipe()
                room.append(room: wanted) { max(pread(memory, $0.baseAddress, wanted, off_t(position)), 0) }
                guard room.count >= needle.count else { break }
                var offset = 0
                while let hit = memchr(room.start + offset, Int32(Self.first), room.count - offset) {
                    offset = UnsafeRawPointer(hit) - UnsafeRawPointer(room.start)
                    let isWhole =
                        room.count - offset >= needle.count && memcmp(hit, needle.start, needle.count) == 0
                    let address = position + UInt(offset)
                    if isWhole, !own.contains(where: { $0.contains(address) }) { found += 1 }
                    offset += 1
                }
                // What ends in the next part is found there.
                position += UInt(room.count == room.capacity ? room.count - needle.count + 1 : room.count)
            }
        }
        return found
    }

    /// All that this process can read and write.
    private static func mappings() throws -> [Range<UInt>] {
        guard let maps = ByteBuffer.ofFile("/proc/self/maps", limit: 16 << 20) else { throw TestError("no maps") }
        return String(decoding: maps.bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return fields[1].hasPrefix("rw") && ends.count == 2 ? ends[0]..<ends[1] : nil
        }
    }
}
