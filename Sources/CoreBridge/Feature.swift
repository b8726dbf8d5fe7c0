// What is risky, and so built in only where it is wanted, and used only where the configuration allows it.

internal import CStrongroomCore

public enum Feature: String, CaseIterable, Sendable {
    /// Key material may leave the core, wrapped.
    case export
    /// PKCS#1 v1.5 encryption and SHA-1.
    case legacyAlgorithms = "legacy-algorithms"
    /// Failures on purpose; for tests alone.
    case faultInjection = "fault-injection"

    var bit: UInt64 {
        switch self {
        case .export: SR_FEATURE_EXPORT
        case .legacyAlgorithms: SR_FEATURE_LEGACY_ALGORITHMS
        case .faultInjection: SR_FEATURE_FAULT_INJECTION
        }
    }

    /// The features of a set of bits, in their order.
    static func set(_ bits: UInt64) -> [Feature] { allCases.filter { bits & $0.bit != 0 } }
}

extension Core {
    /// What the library was built with.
    public static var features: [Feature] { Feature.set(sr_features()) }

    /// Says which features may be used, in place of those that were allowed before. Fails with `featureNotBuilt`, and changes
    /// nothing, where the build lacks one; the error's `features` has those.
    public func allow(_ features: [Feature]) throws(CoreError) {
        let bits = features.reduce(0) { $0 | $1.bit }
        try callCoreForDetails { sr_features_allow(bits, $0) }
    }

    /// Fails with `featureNotBuilt` or `featureNotAllowed` where the feature may not be used.
    public func require(_ feature: Feature) throws(CoreError) {
        try callCoreForDetails { sr_features_require(feature.bit, $0) }
    }

    /// Whether the feature is built in and allowed.
    public func mayUse(_ feature: Feature) -> Bool {
        do { try require(feature) } catch { return false }
        return true
    }
}

extension CoreError {
    /// The features whose lack this error tells of; none where it tells of something else.
    public var features: [Feature] {
        switch code {
        case .featureNotBuilt, .featureNotAllowed: Feature.set(numbers.0)
        default: []
        }
    }
}
