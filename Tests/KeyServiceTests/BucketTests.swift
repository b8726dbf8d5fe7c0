// Buckets by the second: what time gives back, and how long a refused caller is told to wait.

import TestKit
import Testing

@testable import KeyService

@Suite(.givesHandlesBack) struct BucketTests {
    @Test("the wait that a bucket names is enough, and one second less is not")
    func waits() {
        let kinds: [(full: Int64, perSecond: Int64)] = [(1, 1), (10, 3), (7, 2), (30, 7), (40, 60)]
        for kind in kinds {
            for level in 0..<kind.full {
                for amount in (level + 1)...kind.full {
                    var bucket = Bucket(full: kind.full, at: 0)
                    let (isTaken, isTooMuch) = (bucket.take(kind.full - level), bucket.take(amount))
                    #expect(isTaken && !isTooMuch)
                    let seconds = bucket.seconds(until: amount, perSecond: kind.perSecond)
                    var (early, late) = (bucket, bucket)
                    early.fill(to: kind.full, perSecond: kind.perSecond, at: seconds - 1)
                    late.fill(to: kind.full, perSecond: kind.perSecond, at: seconds)
                    let (isEarly, isEnough) = (early.take(amount), late.take(amount))
                    #expect(isEnough && !isEarly, "\(amount) at \(level) of \(kind)")
                }
            }
        }
    }

    @Test("a bucket gains what its seconds give, and no more than it holds")
    func levels() {
        for perSecond in 1...7 {
            for seconds in 0...12 {
                var bucket = Bucket(full: 20, at: 100)
                let isTaken = bucket.take(20)
                bucket.fill(to: 20, perSecond: Int64(perSecond), at: 100 + Int64(seconds))
                #expect(isTaken && bucket.level == Int64(min(20, perSecond * seconds)))
                // A clock that goes back gives nothing.
                bucket.fill(to: 20, perSecond: Int64(perSecond), at: 50)
                #expect(bucket.level == Int64(min(20, perSecond * seconds)))
            }
        }
    }
}
