// Memory is shared out so that all of it together stays within the limit.

import SystemLimits
import Testing

@Suite struct MemoryPlanTests {
    private func plan(
        _ mebibytes: Int, connections: Int = 12_000, tls: Bool = false, given: Int? = nil
    ) -> MemoryPlan {
        MemoryPlan(
            limit: MemoryLimit(bytes: mebibytes << 20, source: .controlGroup), secretMemory: 1 << 20,
            connections: connections, usesTLS: tls, requestMemory: given)
    }

    @Test("base, connections and requests fit into every limit from 128 MiB on", arguments: [false, true])
    func fits(tls: Bool) {
        for mebibytes in [128, 192, 256, 384, 512, 1024, 4096, 65_536] {
            let plan = plan(mebibytes, tls: tls)
            #expect(plan.fits)
            let total = MemoryPlan.base + (1 << 20) + plan.connections * (tls ? 29_696 : 9_216) + plan.requestMemory
            #expect(total <= mebibytes << 20, "\(mebibytes)")
            #expect(plan.connections >= 64)
        }
    }

    @Test("a documented container of 256 MiB takes 60 MiB of requests at least")
    func container() {
        for tls in [false, true] {
            #expect(plan(256, tls: tls).requestMemory >= 60 << 20)
            #expect(plan(256, tls: tls).connections >= 1800)
        }
    }

    @Test("with much memory requests get 512 MiB, and every connection is let in")
    func large() {
        #expect(plan(65_536, tls: true).requestMemory == 512 << 20)
        #expect(plan(65_536, tls: true).connections == 12_000)
    }

    @Test("an option is obeyed, and said not to fit where it does not")
    func given() {
        #expect(plan(256, given: 32 << 20).requestMemory == 32 << 20)
        #expect(plan(256, given: 32 << 20).fits)
        #expect(plan(256, given: 1 << 30).requestMemory == 1 << 30)
        #expect(!plan(256, given: 1 << 30).fits)
    }

    @Test("a limit that is too small leaves the least there can be, and is said not to fit")
    func tooSmall() {
        let plan = plan(64)
        #expect(plan.requestMemory == MemoryPlan.smallest)
        #expect(plan.connections == 64)
        #expect(!plan.fits)
    }
}
