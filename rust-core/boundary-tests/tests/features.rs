//! Features: what the library was built with, and what of that may be used. One test, because what is allowed is the
//! process's.

use strongroom_boundary_tests::{dirty_error, start};
use strongroom_core::Error;
use strongroom_ffi::*;

fn allow(features: u64) -> (u32, u64) {
    let mut error = dirty_error();
    // SAFETY: the error struct is live.
    let status = unsafe { sr_features_allow(features, &mut error) };
    (status, error.numbers[0])
}

fn require(features: u64) -> (u32, u64) {
    let mut error = dirty_error();
    // SAFETY: the error struct is live.
    let status = unsafe { sr_features_require(features, &mut error) };
    (status, error.numbers[0])
}

#[test]
fn a_feature_is_used_where_it_is_built_in_and_allowed_and_its_lack_is_told_by_its_bit() {
    start();
    let not_built = Error::FeatureNotBuilt.code();
    let all = SR_FEATURE_EXPORT | SR_FEATURE_LEGACY_ALGORITHMS | SR_FEATURE_FAULT_INJECTION;
    let built = sr_features();
    assert_eq!(built & !all, 0);
    assert_eq!(require(0), (SR_OK, 0));
    for feature in [
        SR_FEATURE_EXPORT,
        SR_FEATURE_LEGACY_ALGORITHMS,
        SR_FEATURE_FAULT_INJECTION,
    ] {
        if built & feature == 0 {
            assert_eq!(allow(feature), (not_built, feature));
            assert_eq!(allow(feature | built), (not_built, feature));
            assert_eq!(require(feature), (not_built, feature));
        } else {
            assert_eq!(require(feature), (Error::FeatureNotAllowed.code(), feature));
            assert_eq!(allow(feature), (SR_OK, 0));
            assert_eq!(require(feature), (SR_OK, 0));
            assert_eq!(allow(0), (SR_OK, 0));
            assert_eq!(require(feature), (Error::FeatureNotAllowed.code(), feature));
        }
    }
    // A refusal leaves what was allowed as it was.
    assert_eq!(allow(built), (SR_OK, 0));
    let none = (Error::InvalidArgument.code(), 0);
    assert_eq!((allow(1 << 63), require(1 << 63 | built)), (none, none));
    assert_eq!(require(built), (SR_OK, 0));
}
