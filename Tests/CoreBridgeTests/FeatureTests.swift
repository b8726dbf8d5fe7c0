// Features: the library that is shipped has none, and asking for one says which.

import CoreBridge
import TestKit
import Testing

@Suite(.givesHandlesBack) struct FeatureTests {
    @Test("a build without a feature refuses it by its name", arguments: Feature.allCases)
    func lacking(feature: Feature) throws {
        let core = TestCore.shared
        #expect(Core.features == [])
        #expect(!core.mayUse(feature))
        for ask in [{ try core.allow([feature]) }, { try core.require(feature) }] {
            let error = #expect(throws: CoreError(.featureNotBuilt)) { try ask() }
            #expect(error?.features == [feature])
            #expect(error?.origin == .core)
        }
        try core.allow([])
    }

    @Test("only errors about features name one")
    func names() {
        #expect(CoreError(.featureNotAllowed, numbers: (2, 0)).features == [.legacyAlgorithms])
        #expect(CoreError(.featureNotBuilt, numbers: (5, 0)).features == [.export, .faultInjection])
        for code in CoreError.Code.allCases where code != .featureNotBuilt && code != .featureNotAllowed {
            #expect(CoreError(code, numbers: (7, 0)).features == [], "\(code)")
        }
    }
}
