// Commits one planted fault of the core, over the C ABI: `planted KIND`. A sanitizer has to end the process with a report; where
// none does, it says that it came to its end and exits with 0.

import Glibc

@main
struct Planted {
    static func main() {
        guard CommandLine.arguments.count == 2, let kind = UInt32(CommandLine.arguments[1]) else { exit(64) }
        var error = sr_error_t()
        guard sr_start(1 << 20, &error) == 0 else { exit(65) }
        if kind == race {
            // The second thread begins where the first does: a race without overlap is none.
            var threads: [pthread_t] = []
            for _ in 0..<2 {
                var thread = pthread_t()
                pthread_create(&thread, nil, commitRace, nil)
                threads.append(thread)
            }
            for thread in threads { pthread_join(thread, nil) }
        } else {
            commit(kind)
        }
        print("nothing was noticed")
    }
}

private let race: UInt32 = 3

private func commitRace(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    commit(race)
    return nil
}

/// The buffer is Swift's, and as long as it says.
private func commit(_ kind: UInt32) {
    let room = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    defer { room.deallocate() }
    var length = 0
    var error = sr_error_t()
    let status = withUnsafeMutablePointer(to: &length) {
        sr_test_fault(kind, sr_buffer_t(data: room, capacity: 64, length: $0), &error)
    }
    guard status == 0 else { exit(66) }
}
