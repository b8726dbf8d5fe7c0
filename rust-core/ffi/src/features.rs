//! What the library was built with, and what of that the caller's configuration allows.

use crate::constants::{
    SR_FEATURE_EXPORT, SR_FEATURE_FAULT_INJECTION, SR_FEATURE_LEGACY_ALGORITHMS,
};
use crate::export::export;
use crate::state::Library;
use crate::status::Failure;
use strongroom_core::Error;
use strongroom_sync::atomic::{AtomicU64, Ordering};

const BUILT: u64 = bit(cfg!(feature = "export"), SR_FEATURE_EXPORT)
    | bit(
        cfg!(feature = "legacy-algorithms"),
        SR_FEATURE_LEGACY_ALGORITHMS,
    )
    | bit(
        cfg!(feature = "fault-injection"),
        SR_FEATURE_FAULT_INJECTION,
    );

const KNOWN: u64 = SR_FEATURE_EXPORT | SR_FEATURE_LEGACY_ALGORITHMS | SR_FEATURE_FAULT_INJECTION;

const fn bit(built: bool, feature: u64) -> u64 {
    if built {
        feature
    } else {
        0
    }
}

/// The features that may be used: none until the caller says otherwise.
#[derive(Default)]
pub(crate) struct Allowed(AtomicU64);

export! {
    values {
        /// The features that the library was built with.
        3 fn sr_features() -> u64 {
            BUILT
        }
    }

    functions {
        /// Says which features may be used, in place of those that were allowed before.
        80 Started fn sr_features_allow(library; features: u64) {
            check_built(features)?;
            #[cfg(feature = "fault-injection")]
            crate::fault::arm(features & SR_FEATURE_FAULT_INJECTION != 0)?;
            library.allowed.0.store(features, Ordering::Relaxed);
            Ok(())
        }

        /// Whether all of some features may be used.
        81 Started fn sr_features_require(library; features: u64) {
            require(library, features)
        }
    }
}

/// What each function that needs a feature asks first.
///
/// Errors: `InvalidArgument`, `FeatureNotBuilt`, `FeatureNotAllowed` (the number is the features that lack).
pub(crate) fn require(library: &Library, features: u64) -> Result<(), Failure> {
    check_built(features)?;
    match features & !library.allowed.0.load(Ordering::Relaxed) {
        0 => Ok(()),
        lacking => Err(Failure::with_number(Error::FeatureNotAllowed, lacking)),
    }
}

/// Errors: `InvalidArgument` (a bit that is no feature), `FeatureNotBuilt`.
fn check_built(features: u64) -> Result<(), Failure> {
    if features & !KNOWN != 0 {
        return Err(Failure::at(1, Error::InvalidArgument));
    }
    match features & !BUILT {
        0 => Ok(()),
        lacking => Err(Failure::with_number(Error::FeatureNotBuilt, lacking)),
    }
}
