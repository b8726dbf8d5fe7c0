// What limits how often something happens: a token bucket, as traffic shaping has it.

/// A level that use lowers and time raises again, up to full. A clock that goes back gives nothing, and takes nothing: time counts on
/// from where it is then.
struct Bucket: Sendable {
    private(set) var level: Int64
    private var at: Int64

    init(full: Int64, at time: Int64) {
        level = full
        at = time
    }

    /// Raises the level by `perSecond` (above 0) for each second since this was last called.
    mutating func fill(to full: Int64, perSecond: Int64, at time: Int64) {
        let passed = max(time - at, 0)
        level = passed > (full - level) / perSecond ? full : level + passed * perSecond
        at = time
    }

    /// Whether there was as much, which is then taken.
    mutating func take(_ amount: Int64) -> Bool {
        guard level >= amount else { return false }
        level -= amount
        return true
    }

    /// Puts back what was taken for something that did not happen.
    mutating func giveBack(_ amount: Int64, full: Int64) { level = min(level + amount, full) }

    /// Whole seconds, at least 1, until there is as much, where there is less now.
    func seconds(until amount: Int64, perSecond: Int64) -> Int64 {
        max((amount - level + perSecond - 1) / perSecond, 1)
    }
}
