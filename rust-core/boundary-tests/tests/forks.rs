//! A forked child: it has no library, whatever it calls, and its parent goes on.

use std::ptr;
use strongroom_boundary_tests::{functions, invoke, World};
use strongroom_core::Error;
use strongroom_ffi::*;

#[test]
fn every_function_is_refused_in_a_forked_child_and_works_on_in_its_parent() {
    let mut world = World::new();
    let calls: Vec<_> = functions()
        .map(|function| (function.name, world.values(function.name)))
        .collect();
    // SAFETY: the child calls the library, which refuses before it takes a lock, and leaves.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            let refused = |(name, values): &(&str, Vec<_>)| {
                invoke(name, values, ptr::null_mut()) == Error::Forked.code()
            };
            let values = sr_abi_version() != 0 && sr_abi_fingerprint() != 0 && sr_features() < 8;
            libc::_exit(i32::from(!(values && calls.iter().all(refused))));
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &mut status, 0), child);
        assert!(
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
            "{status:#x}"
        );
    }
    world.make("sr_key_encrypt");
}
