// A passphrase that a test has in line.

import KeyService
import Network
import TestKit
import Threading

final class TestAttempt: PassphraseAttempt {
    let peer: Peer
    private let passphrase: [UInt8]
    private let state = Locked(State())
    private let lock = Lock()
    private let changed = Condition()

    private struct State {
        var isAbandoned = false
        var isHeld = false
        var isTried = false
        var result: Result<SealState, UnsealError>?
    }

    /// - Parameter isHeld: the passphrase is not given until `letGo`, and keeps those behind it waiting.
    init(_ passphrase: String, from peer: Peer, isHeld: Bool = false) {
        self.peer = peer
        self.passphrase = Array(passphrase.utf8)
        state.withLock { $0.isHeld = isHeld }
    }

    /// Whether it has had its turn.
    var isTried: Bool { state.withLock { $0.isTried } }
    var result: Result<SealState, UnsealError>? { state.withLock { $0.result } }

    func abandon() { change { $0.isAbandoned = true } }
    func letGo() { change { $0.isHeld = false } }

    /// Waits until it has ended.
    func wait() -> Result<SealState, UnsealError> {
        lock.withLock {
            while true {
                if let result = state.withLock({ $0.result }) { return result }
                changed.wait(lock)
            }
        }
    }

    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    func withPassphrase(_ body: (UnsafeRawBufferPointer) -> Void) {
        change { $0.isTried = true }
        lock.withLock {
            while state.withLock({ $0.isHeld }) { changed.wait(lock) }
        }
        passphrase.withUnsafeBytes(body)
    }

    func ended(_ result: Result<SealState, UnsealError>) { change { $0.result = result } }

    private func change(_ body: (inout State) -> Void) {
        lock.withLock {
            state.withLock { body(&$0) }
            changed.broadcast()
        }
    }
}
