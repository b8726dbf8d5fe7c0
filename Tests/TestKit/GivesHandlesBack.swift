// A trait for every suite that opens handles: when the last of those that run at the same time has ended, the core has
// everything back.

internal import CoreBridge
public import Testing
internal import Threading

/// Suites run beside each other in one process, and the core's counters are the process's: so it is looked at whenever no
/// suite with the trait is running, which is after the last one at the latest. Tests/LintTests sees that none is left out.
public struct GivesHandlesBack: SuiteTrait, TestScoping {
    private static let running = Locked(0)

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        Self.running.withLock { $0 += 1 }
        do {
            try await function()
        } catch {
            try Self.ended()
            throw error
        }
        try Self.ended()
    }

    private static func ended() throws {
        // The lock is held while the counters are read: no suite begins meanwhile.
        let live: LiveHandles? = try running.withLock { running in
            running -= 1
            return running == 0 ? try TestCore.shared.liveHandles() : nil
        }
        guard let live, !live.none else { return }
        Issue.record("not given back: \(live)")
    }
}

extension Trait where Self == GivesHandlesBack {
    /// The suite gives every handle back that it opens.
    public static var givesHandlesBack: Self { Self() }
}
