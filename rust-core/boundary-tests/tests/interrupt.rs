//! Making RSA keys is given up when the process is to end. One test, because what is interrupted is the process's.

use std::thread;
use std::time::{Duration, Instant};
use strongroom_boundary_tests::{dirty_error, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

fn interrupt(interrupted: u32) -> u32 {
    // SAFETY: the error struct is live.
    unsafe { sr_interrupt(interrupted, &mut dirty_error()) }
}

/// The status of making one key.
fn generate(root: u64, algorithm: u32) -> u32 {
    let spec = sr_key_spec_t {
        key_id: KEY_ID,
        version: 1,
        algorithm,
        usages: SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT,
        flags: 0,
        created_at: 1,
    };
    let mut sealed = [0; SR_SEALED_KEY_MAX_BYTES];
    let mut length = 0;
    let room = sr_buffer_t {
        data: sealed.as_mut_ptr(),
        capacity: sealed.len(),
        length: &mut length,
    };
    // SAFETY: each pointer is to a live value.
    unsafe { sr_key_generate(sr_root_t { bits: root }, &spec, room, &mut dirty_error()) }
}

#[test]
fn rsa_keys_are_given_up_while_they_are_made_and_others_are_not() {
    let world = World::new();
    let root = world.root.bits;
    let interrupted = Error::Interrupted.code();
    // It is made again and again, so that the call comes while one is made.
    let making = thread::spawn(move || loop {
        let status = generate(root, SR_ALGORITHM_RSA_4096);
        if status != SR_OK {
            return (status, Instant::now());
        }
    });
    thread::sleep(Duration::from_millis(50));
    let called = Instant::now();
    assert_eq!(interrupt(1), SR_OK);
    let (status, ended) = making.join().unwrap();
    assert_eq!(status, interrupted);
    assert!(ended.duration_since(called) < Duration::from_secs(2));

    assert_eq!(generate(root, SR_ALGORITHM_RSA_2048), interrupted);
    assert_eq!(generate(root, SR_ALGORITHM_AES_256_GCM), SR_OK);
    assert_eq!(interrupt(2), Error::InvalidArgument.code());
    assert_eq!(generate(root, SR_ALGORITHM_RSA_2048), interrupted);
    assert_eq!(interrupt(0), SR_OK);
    assert_eq!(generate(root, SR_ALGORITHM_RSA_2048), SR_OK);
}
