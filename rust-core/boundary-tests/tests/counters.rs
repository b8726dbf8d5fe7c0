//! Nothing is left behind: live handles, secret memory and heap after everything was released, and after every failure.
//! One test, because the counters are the process's.

use std::ptr;
use strongroom_boundary_tests::{functions, invoke, parameters, start, Value, World};
use strongroom_core::Error;
use strongroom_ffi::*;

fn live(kind: u32) -> u64 {
    let mut live = u64::MAX;
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_live_handles(kind, &mut live, ptr::null_mut()) };
    assert_eq!(status, SR_OK);
    live
}

fn live_bytes() -> (u64, u64) {
    let mut bytes = [u64::MAX; 2];
    for (kind, bytes) in [SR_KIND_ROOT, SR_KIND_KEY].into_iter().zip(&mut bytes) {
        // SAFETY: each pointer is NULL or to a live value.
        let status = unsafe { sr_live_bytes(kind, bytes, ptr::null_mut()) };
        assert_eq!(status, SR_OK);
    }
    (bytes[0], bytes[1])
}

/// Bytes of the C heap in use, which Rust's and OpenSSL's allocations both come from.
fn heap_bytes() -> usize {
    // SAFETY: it takes nothing.
    unsafe { libc::mallinfo2() }.uordblks
}

fn secret_bytes() -> u64 {
    let mut memory = sr_secret_memory_t {
        capacity: 0,
        used: 0,
        protection: 0,
        reserved: 0,
    };
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_secret_memory(&mut memory, ptr::null_mut()) };
    assert_eq!(status, SR_OK);
    memory.used
}

#[test]
fn live_handles_and_secret_memory_come_back_to_where_they_were() {
    if std::env::var_os(TUNABLES).is_none() {
        return again_without_caches();
    }
    start();
    // What is taken at first use and kept (slots of each shard, OpenSSL's tables) is taken in the first rounds.
    for number in 0..40 {
        round(number % 20 == 0);
    }
    let before = (secret_bytes(), heap_bytes());
    assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (0, 0));
    assert_eq!(live_bytes(), (0, 0));
    for number in 0..100 {
        round(number % 20 == 0);
    }
    assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (0, 0));
    assert_eq!(live_bytes(), (0, 0));
    assert_eq!((secret_bytes(), heap_bytes()), before);
}

const TUNABLES: &str = "GLIBC_TUNABLES";

/// Runs this test in a process whose heap keeps nothing back a thread: what it kept would count as in use, and differs from
/// round to round with the lengths of random numbers.
fn again_without_caches() {
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .env(TUNABLES, "glibc.malloc.tcache_count=0")
        .status();
    assert!(status.unwrap().success());
}

/// Every function, well and badly used; those for which an RSA key has to be made only in some rounds.
fn round(with_rsa: bool) {
    let mut world = World::new();
    let chosen = |name: &str| {
        name != "sr_start" && (with_rsa || !name.ends_with("_oaep") && name != "sr_key_import")
    };
    assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (1, 1));
    let (root, key) = live_bytes();
    // A root's three keys and a key's material and subkey, in granules of 32 bytes.
    assert!(root >= 96 && key >= 32 && (root + key) % 32 == 0);
    // The keys that the world makes when they are needed, and what is kept for them.
    for function in functions().filter(|function| chosen(function.name)) {
        world.values(function.name);
    }
    let keys = live(SR_KIND_KEY);
    let (root, key) = live_bytes();
    for function in functions().filter(|function| chosen(function.name)) {
        if function.name == "sr_key_export" {
            continue; // Refused in a build without it.
        }
        world.make(function.name);
        if function.name.ends_with("_open_file") || function.name.ends_with("_create_file") {
            let root = Value::Root(world.outputs.object[0]);
            assert_eq!(invoke("sr_root_release", &[root], ptr::null_mut()), SR_OK);
        }
        if ["sr_key_open", "sr_key_subkey"].contains(&function.name) {
            let key = Value::Key(world.outputs.object[0]);
            assert_eq!(invoke("sr_key_release", &[key], ptr::null_mut()), SR_OK);
        }
        // The counts are taken and given in turn: retain stands before release.
    }
    // Both were retained and released once; the world's own counts are left.
    assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (1, keys));
    assert_eq!(live_bytes(), (root, key));
    // A failure of any function, whatever parameter it is about, leaves no object behind.
    for (name, index, ty) in parameters().filter(|(name, ..)| chosen(name)) {
        let mut values = world.values(name);
        values[index] = match (values[index], ty) {
            (Value::Bytes(..), _) => Value::Bytes(ptr::null(), 1),
            (Value::Buffer(data, _, length), _) => Value::Buffer(data, 0, length),
            (Value::Root(_), _) => Value::Root(0),
            (Value::Key(_), _) => Value::Key(0),
            (Value::Pointer(_), _) => Value::Pointer(ptr::null_mut()),
            _ => continue,
        };
        assert_ne!(
            invoke(name, &values, ptr::null_mut()),
            SR_OK,
            "{name} {index}"
        );
    }
    // One that fails late, after its root was made.
    let values = world.values("sr_root_create_file");
    std::fs::write(world.folder.join("root.key"), "in the way").unwrap();
    let status = invoke("sr_root_create_file", &values, ptr::null_mut());
    assert_eq!(status, Error::RootKeyFileExists.code());
    assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (1, keys));
    drop(world);
    assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (0, 0));
    assert_eq!(live_bytes(), (0, 0));
}
