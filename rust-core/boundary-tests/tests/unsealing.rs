//! From a key file, a passphrase or shares to an open root key, and on to another, as a caller does it.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use strongroom_boundary_tests::{bytes, dirty_error, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

const PASSPHRASE: &[u8] = b"correct horse battery staple";

/// What `call` writes to room for `capacity` bytes.
fn written(
    capacity: usize,
    call: impl FnOnce(sr_buffer_t, *mut sr_error_t) -> u32,
) -> Result<Vec<u8>, u32> {
    let mut room = vec![0; capacity];
    let mut length = 0;
    let buffer = sr_buffer_t {
        data: room.as_mut_ptr(),
        capacity,
        length: &mut length,
    };
    let mut error = dirty_error();
    let status = call(buffer, &mut error);
    assert_eq!(error.code, status);
    if status != SR_OK {
        return Err(status);
    }
    room.truncate(length);
    Ok(room)
}

/// Room for a wrapped root key.
fn wrapped(call: impl FnOnce(sr_buffer_t, *mut sr_error_t) -> u32) -> Result<Vec<u8>, u32> {
    written(SR_WRAPPED_ROOT_MAX_BYTES, call)
}

fn identity(root: sr_root_t) -> Vec<u8> {
    // SAFETY: the buffer is live.
    written(16, |out, error| unsafe {
        sr_root_identity(root, out, error)
    })
    .unwrap()
}

fn token_mac(root: sr_root_t) -> Vec<u8> {
    // SAFETY: as above.
    written(32, |out, error| unsafe {
        sr_root_token_mac(root, bytes(b"a token"), out, error)
    })
    .unwrap()
}

fn create(key: sr_unseal_key_t) -> (Vec<u8>, sr_root_t) {
    let mut root = sr_root_t { bits: 0 };
    // SAFETY: as above.
    let made = wrapped(|out, error| unsafe { sr_root_create(key, out, &mut root, error) });
    (made.unwrap(), root)
}

fn open(key: sr_unseal_key_t, wrapped: &[u8]) -> Result<sr_root_t, u32> {
    let mut root = sr_root_t { bits: 0 };
    // SAFETY: each pointer is NULL or to a live value.
    match unsafe { sr_root_open(key, bytes(wrapped), &mut root, ptr::null_mut()) } {
        SR_OK => Ok(root),
        status => Err(status),
    }
}

fn key_file(path: &Path) -> sr_unseal_key_t {
    let path = bytes(path.as_os_str().as_bytes());
    let mut key = sr_unseal_key_t { bits: 0 };
    // SAFETY: as above.
    unsafe {
        if sr_unseal_key_open_file(path, &mut key, ptr::null_mut()) != SR_OK {
            let made = sr_unseal_key_create_file(path, &mut key, ptr::null_mut());
            assert_eq!(made, SR_OK);
        }
    }
    key
}

fn release(keys: &[sr_unseal_key_t], roots: &[sr_root_t]) {
    // SAFETY: NULL is allowed.
    unsafe {
        for key in keys {
            assert_eq!(sr_unseal_key_release(*key, ptr::null_mut()), SR_OK);
        }
        for root in roots {
            assert_eq!(sr_root_release(*root, ptr::null_mut()), SR_OK);
        }
    }
}

fn method(wrapped: &[u8]) -> [u32; 4] {
    let mut found = sr_root_method_t {
        method: 0,
        threshold: 0,
        count: 0,
        cost: 0,
    };
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_root_method(bytes(wrapped), &mut found, ptr::null_mut()) };
    assert_eq!(status, SR_OK);
    [found.method, found.threshold, found.count, found.cost]
}

#[test]
fn a_key_file_opens_what_was_wrapped_under_it_and_another_does_not() {
    let world = World::new();
    let file = key_file(&world.folder.join("one"));
    let other = key_file(&world.folder.join("two"));
    let (sealed, root) = create(file);
    assert_eq!(method(&sealed), [SR_UNSEAL_FILE, 0, 0, 0]);
    let again = key_file(&world.folder.join("one"));
    let opened = open(again, &sealed).unwrap();
    assert_eq!(identity(opened), identity(root));
    assert_eq!(
        open(other, &sealed).err(),
        Some(Error::UnsealKeyWrong.code())
    );
    release(&[file, other, again], &[root, opened]);
}

#[test]
fn a_passphrase_leads_to_the_root_key_it_was_given_for() {
    let world = World::new();
    let mut key = sr_unseal_key_t { bits: 0 };
    let cost = SR_SCRYPT_COST_MIN;
    // SAFETY: each pointer is NULL or to a live value.
    let made = unsafe {
        sr_unseal_key_create_passphrase(bytes(PASSPHRASE), cost, &mut key, ptr::null_mut())
    };
    assert_eq!(made, SR_OK);
    let (sealed, root) = create(key);
    assert_eq!(method(&sealed), [SR_UNSEAL_PASSPHRASE, 0, 0, cost]);
    let unlock = |passphrase: &[u8]| {
        let mut key = sr_unseal_key_t { bits: 0 };
        let (sealed, passphrase) = (bytes(&sealed), bytes(passphrase));
        // SAFETY: as above.
        let status =
            unsafe { sr_unseal_key_open_passphrase(sealed, passphrase, &mut key, ptr::null_mut()) };
        (status, key)
    };
    let (status, again) = unlock(PASSPHRASE);
    assert_eq!(status, SR_OK);
    let opened = open(again, &sealed).unwrap();
    assert_eq!(identity(opened), identity(root));
    assert_eq!(
        unlock(b"correct horse battery stable").0,
        Error::UnsealKeyWrong.code()
    );
    release(&[key, again], &[root, opened]);
    drop(world);
}

#[test]
fn enough_shares_lead_to_the_root_key_and_each_says_how_far_it_is() {
    let world = World::new();
    let mut key = sr_unseal_key_t { bits: 0 };
    // SAFETY: each pointer is to a live value.
    let texts = written(5 * SR_SHARE_TEXT_BYTES, |out, error| unsafe {
        sr_unseal_key_create_shares(3, 5, out, &mut key, error)
    })
    .unwrap();
    let texts: Vec<&[u8]> = texts.chunks(SR_SHARE_TEXT_BYTES).collect();
    let (sealed, root) = create(key);
    assert_eq!(method(&sealed), [SR_UNSEAL_SHARES, 3, 5, 0]);
    let mut shares = sr_shares_t { bits: 0 };
    let mut whole = sr_unseal_key_t { bits: 0 };
    // SAFETY: each pointer is NULL or to a live value.
    unsafe {
        let made = sr_shares_collect(bytes(&sealed), &mut shares, ptr::null_mut());
        assert_eq!(made, SR_OK);
        for (have, index) in [(1, 5), (2, 2), (2, 5), (3, 4)] {
            let early = sr_unseal_key_from_shares(shares, &mut whole, ptr::null_mut());
            assert_eq!(early, Error::SharesMissing.code());
            let mut progress = sr_share_progress_t {
                index: 0,
                have: 0,
                threshold: 0,
                reserved: 9,
            };
            let share = bytes(texts[index as usize - 1]);
            assert_eq!(
                sr_shares_add(shares, share, &mut progress, ptr::null_mut()),
                SR_OK
            );
            let found = [
                progress.index,
                progress.have,
                progress.threshold,
                progress.reserved,
            ];
            assert_eq!(found, [index, have, 3, 0]);
        }
        let made = sr_unseal_key_from_shares(shares, &mut whole, ptr::null_mut());
        assert_eq!(made, SR_OK);
        assert_eq!(sr_shares_release(shares, ptr::null_mut()), SR_OK);
    }
    let opened = open(whole, &sealed).unwrap();
    assert_eq!(identity(opened), identity(root));
    release(&[key, whole], &[root, opened]);
    drop(world);
}

#[test]
fn a_rotated_root_key_takes_the_keys_over_and_the_old_one_opens_them_no_more() {
    let world = World::new();
    let file = key_file(&world.folder.join("one"));
    let (sealed, root) = create(file);
    // SAFETY: each pointer is to a live value.
    let next = wrapped(|out, error| unsafe { sr_root_rotate(file, bytes(&sealed), out, error) });
    let next = open(file, &next.unwrap()).unwrap();
    assert_ne!(identity(next), identity(root));
    assert_eq!(token_mac(next), token_mac(root));
    let id = bytes(&KEY_ID);
    let reseal = |from, sealed: &[u8], version| {
        // SAFETY: as above.
        written(sealed.len(), |out, error| unsafe {
            sr_key_reseal(from, next, bytes(sealed), id, version, out, error)
        })
    };
    let resealed = reseal(world.root, &world.sealed, 1).unwrap();
    let not_this = Err(Error::SealedBlobNotThisKey.code());
    assert_eq!(reseal(world.root, &world.sealed, 2), not_this);
    let not_authentic = Error::SealedBlobNotAuthentic.code();
    assert_eq!(reseal(root, &world.sealed, 1), Err(not_authentic));
    for (root, expected) in [(next, SR_OK), (world.root, not_authentic)] {
        let mut key = sr_key_t { bits: 0 };
        // SAFETY: each pointer is NULL or to a live value.
        unsafe {
            let status = sr_key_open(root, bytes(&resealed), id, 1, &mut key, ptr::null_mut());
            assert_eq!(status, expected);
            if status == SR_OK {
                assert_eq!(sr_key_release(key, ptr::null_mut()), SR_OK);
            }
        }
    }
    release(&[file], &[root, next]);
}

#[test]
fn a_root_key_goes_from_one_key_file_to_another() {
    let world = World::new();
    let (from, to) = (
        key_file(&world.folder.join("one")),
        key_file(&world.folder.join("two")),
    );
    let (sealed, root) = create(from);
    // SAFETY: each pointer is to a live value.
    let moved =
        wrapped(|out, error| unsafe { sr_root_rewrap(from, to, bytes(&sealed), out, error) })
            .unwrap();
    let opened = open(to, &moved).unwrap();
    assert_eq!(identity(opened), identity(root));
    assert_eq!(open(from, &moved).err(), Some(Error::UnsealKeyWrong.code()));
    release(&[from, to], &[root, opened]);
}

#[test]
fn the_root_key_of_a_file_is_adopted_as_it_is() {
    let world = World::new();
    let path = world.folder.join("root.key");
    let text = path.as_os_str().as_bytes();
    let file = key_file(&path);
    let mut root = sr_root_t { bits: 0 };
    // SAFETY: each pointer is to a live value.
    let sealed = wrapped(|out, error| unsafe {
        sr_root_adopt_file(file, bytes(text), out, &mut root, error)
    })
    .unwrap();
    assert_eq!(identity(root), identity(world.root));
    assert_eq!(token_mac(root), token_mac(world.root));
    let opened = open(file, &sealed).unwrap();
    assert_eq!(identity(opened), identity(root));
    release(&[file], &[root, opened]);
}

#[test]
fn a_passphrase_a_cost_or_numbers_of_shares_out_of_bounds_are_blamed_by_their_place() {
    let world = World::new();
    let mut key = sr_unseal_key_t { bits: 0 };
    let (short, cost) = (&PASSPHRASE[..11], SR_SCRYPT_COST_MIN);
    for (passphrase, cost, expected, blamed) in [
        (short, cost, Error::LengthOutOfRange, 1),
        (PASSPHRASE, cost - 1, Error::InvalidArgument, 2),
        (PASSPHRASE, 256 + cost, Error::InvalidArgument, 2),
    ] {
        let mut error = dirty_error();
        // SAFETY: each pointer is to a live value.
        let status = unsafe {
            sr_unseal_key_create_passphrase(bytes(passphrase), cost, &mut key, &mut error)
        };
        assert_eq!((status, error.argument), (expected.code(), blamed));
    }
    for (threshold, count) in [(1, 2), (3, 2), (2, 33), (2, 256), (256, 2)] {
        // SAFETY: as above.
        let refused = written(300 * SR_SHARE_TEXT_BYTES, |out, error| unsafe {
            sr_unseal_key_create_shares(threshold, count, out, &mut key, error)
        });
        assert_eq!(refused, Err(Error::InvalidArgument.code()));
    }
    drop(world);
}
