//! Every function with every kind of wrong handle.

use std::ptr;
use strongroom_boundary_tests::handle::{call_with, handle_parameters, GIVERS};
use strongroom_boundary_tests::{given, invoke, start, World};
use strongroom_core::Error;
use strongroom_ffi::*;

#[test]
fn zero_forged_and_foreign_handles_are_refused_by_every_function() {
    let mut world = World::new();
    assert_eq!(handle_parameters().count(), 54);
    let unseal_key = world.make("sr_unseal_key_open_file");
    let shares = world.make("sr_shares_collect");
    for (name, index, kind) in handle_parameters() {
        let (own, foreign) = match kind {
            SR_KIND_ROOT => (world.root.bits, world.key.bits),
            SR_KIND_KEY => (world.key.bits, world.root.bits),
            SR_KIND_UNSEAL_KEY => (unseal_key, world.root.bits),
            _ => (shares, world.root.bits),
        };
        for (bits, expected) in [
            (0, Error::InvalidHandle),
            (u64::MAX, Error::InvalidHandle),
            (own | 0xFF << 56, Error::InvalidHandle),
            (own & !(0xFF << 56), Error::InvalidHandle),
            (own & !0xFFFF_FFFF, Error::InvalidHandle),
            (own + 1, Error::InvalidHandle),
            (own | 0xFF_FFFF << 32, Error::InvalidHandle),
            (foreign, Error::WrongKind),
        ] {
            let status = call_with(&mut world, name, index, bits);
            assert_eq!(status, expected.code(), "{name} {index} {bits:#x}");
        }
    }
}

#[test]
fn released_handles_are_stale_for_every_function() {
    let mut world = World::new();
    let released = GIVERS.map(|(ty, _, make)| {
        let bits = world.make(make);
        let (release, handle) = given(&format!("{ty} *"), bits).unwrap();
        assert_eq!(invoke(release, &[handle], ptr::null_mut()), SR_OK);
        bits
    });
    for (name, index, kind) in handle_parameters() {
        let status = call_with(&mut world, name, index, released[kind as usize - 1]);
        assert_eq!(status, Error::StaleHandle.code(), "{name} {index}");
    }
}

#[test]
fn each_retain_asks_for_one_release_more() {
    let mut world = World::new();
    for (ty, kind, make) in GIVERS {
        let bits = world.make(make);
        let (_, handle) = given(&format!("{ty} *"), bits).unwrap();
        let call = |what: &str| invoke(&format!("sr_{kind}_{what}"), &[handle], ptr::null_mut());
        assert_eq!(call("retain"), SR_OK);
        assert_eq!(call("release"), SR_OK);
        assert_eq!(call("retain"), SR_OK);
        assert_eq!((call("release"), call("release")), (SR_OK, SR_OK));
        assert_eq!(call("release"), Error::StaleHandle.code());
        assert_eq!(call("retain"), Error::StaleHandle.code());
    }
}

/// No number that was never given is a handle. (That one of these is given by chance has odds of one in 2^40.)
#[test]
fn random_numbers_are_handles_to_no_function() {
    start();
    let mut world = World::new();
    for round in 0..200 {
        for (name, index, kind) in handle_parameters() {
            let mut random = [0u8; 8];
            let mut length = 0;
            let out = sr_buffer_t {
                data: random.as_mut_ptr(),
                capacity: 8,
                length: &mut length,
            };
            // SAFETY: the buffer is ours.
            assert_eq!(unsafe { sr_random(out, ptr::null_mut()) }, SR_OK);
            let mut bits = u64::from_ne_bytes(random);
            if round % 2 == 0 {
                bits = bits >> 8 | u64::from(kind) << 56;
            }
            let status = call_with(&mut world, name, index, bits);
            assert!((200..=202).contains(&status), "{name} {bits:#x} {status}");
        }
    }
}
