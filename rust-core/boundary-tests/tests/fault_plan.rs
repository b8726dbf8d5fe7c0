//! The plan of failures, by which tests of the server bring about what they cannot otherwise. One test, because the plan is
//! the process's. Needs `--features fault-injection`.

#![cfg(feature = "fault-injection")]

use std::ptr;
use strongroom_boundary_tests::{invoke, World};
use strongroom_core::Error;
use strongroom_ffi::*;

fn allow(features: u64) -> u32 {
    // SAFETY: NULL is allowed.
    unsafe { sr_features_allow(features, ptr::null_mut()) }
}

#[test]
fn a_plan_befalls_the_calls_that_it_names_once_it_is_allowed() {
    let mut world = World::new();
    let mut call = |name: &str| {
        let values = world.values(name);
        invoke(name, &values, ptr::null_mut())
    };
    std::env::set_var("STRONGROOM_FAULTS", "26:600:2,27:panic:1:2,22:each:1:100");
    assert_eq!(call("sr_key_encrypt"), SR_OK);
    assert_eq!(call("sr_key_encrypt"), SR_OK, "it was not allowed");
    // SAFETY: NULL is allowed.
    let required = unsafe { sr_features_require(SR_FEATURE_FAULT_INJECTION, ptr::null_mut()) };
    assert_eq!(required, Error::FeatureNotAllowed.code());
    assert_eq!(allow(SR_FEATURE_FAULT_INJECTION), SR_OK);
    let codes = [(); 3].map(|()| call("sr_key_encrypt"));
    assert_eq!(codes, [SR_OK, Error::SecretMemoryExhausted.code(), SR_OK]);
    for error in Error::ALL.iter().filter(|error| **error != Error::Panic) {
        assert_eq!(call("sr_key_open"), error.code());
    }
    // A panic with the key at work poisons it.
    assert_eq!(call("sr_key_decrypt"), Error::Panic.code());
    assert_eq!(call("sr_key_decrypt"), Error::HandlePoisoned.code());
    assert_eq!(allow(0), SR_OK);
    for bad in [
        "26",
        "26:600",
        "26:601:0",
        "26:no:1",
        "x:600:1",
        "26:999:1",
        "26:600:1:x",
        "",
    ] {
        std::env::set_var("STRONGROOM_FAULTS", bad);
        let status = allow(SR_FEATURE_FAULT_INJECTION);
        assert_eq!(status, Error::InvalidArgument.code(), "{bad}");
    }
}
