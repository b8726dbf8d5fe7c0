// After a panic of the core: what it left unusable is let go of.

public import CoreBridge

extension KeyService {
    /// Looks at a failure of the core's for one that lasts. A key that was at work in a panic refuses for as long as it is open,
    /// so every key is opened anew; the next request finds them sound. Any thread.
    public func recover(from error: CoreError) {
        switch error.code {
        case .panic, .handlePoisoned: pool.drain()
        default: break
        }
    }
}
