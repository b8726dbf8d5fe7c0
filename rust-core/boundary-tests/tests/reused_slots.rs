//! Handles whose slot another object has taken since. A test of its own process: others would take the slots.

use std::ptr;
use strongroom_boundary_tests::handle::{call_with, handle_parameters, GIVERS};
use strongroom_boundary_tests::{given, invoke, World};
use strongroom_core::Error;
use strongroom_ffi::*;

/// More than a table has shards: one object in each, and the freed slot is among them.
const ONCE_ROUND: usize = 64;

#[test]
fn a_stale_handle_whose_slot_is_taken_again_is_stale_for_every_function() {
    let mut world = World::new();
    let mut live = [0; GIVERS.len()];
    let mut stale = [0; GIVERS.len()];
    for (place, (ty, _, make)) in GIVERS.into_iter().enumerate() {
        let released = world.make(make);
        release(ty, released);
        // The same slot, and a later generation.
        let taken = (0..ONCE_ROUND)
            .map(|_| world.make(make))
            .find(|bits| bits >> 32 == released >> 32);
        live[place] = taken.expect("the slot is given again");
        stale[place] = released;
        assert!(live[place] > released);
    }
    for (name, index, kind) in handle_parameters() {
        let bits = stale[kind as usize - 1];
        let status = call_with(&mut world, name, index, bits);
        assert_eq!(status, Error::StaleHandle.code(), "{name} {index}");
    }
    // What took the slots has the one reference that it began with: no stale handle took or gave one.
    for ((ty, kind, _), bits) in GIVERS.into_iter().zip(live) {
        let (_, handle) = given(&format!("{ty} *"), bits).unwrap();
        let retain = format!("sr_{kind}_retain");
        assert_eq!(invoke(&retain, &[handle], ptr::null_mut()), SR_OK);
        release(ty, bits);
        release(ty, bits);
        let gone = invoke(&retain, &[handle], ptr::null_mut());
        assert_eq!(gone, Error::StaleHandle.code(), "{kind}");
    }
}

fn release(ty: &str, bits: u64) {
    let (release, handle) = given(&format!("{ty} *"), bits).unwrap();
    assert_eq!(invoke(release, &[handle], ptr::null_mut()), SR_OK);
}
