//! Nothing is left behind: live handles, secret memory and heap after everything was released, and after every failure.
//! One test, because the counters are the process's.

use std::ptr;
use strongroom_boundary_tests::{functions, given, invoke, parameters, start, Value, World};
use strongroom_core::Error;
use strongroom_ffi::*;

fn live(kind: u32) -> u64 {
    let mut live = u64::MAX;
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_live_handles(kind, &mut live, ptr::null_mut()) };
    assert_eq!(status, SR_OK);
    live
}

/// Live handles of each kind.
fn all_live() -> [u64; 4] {
    KINDS.map(live)
}

const KINDS: [u32; 4] = [
    SR_KIND_ROOT,
    SR_KIND_KEY,
    SR_KIND_UNSEAL_KEY,
    SR_KIND_SHARES,
];

fn live_bytes() -> [u64; 4] {
    let mut bytes = [u64::MAX; 4];
    for (kind, bytes) in KINDS.into_iter().zip(&mut bytes) {
        // SAFETY: each pointer is NULL or to a live value.
        let status = unsafe { sr_live_bytes(kind, bytes, ptr::null_mut()) };
        assert_eq!(status, SR_OK);
    }
    bytes
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
        key_bytes: 0,
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
    assert_eq!((all_live(), live_bytes()), ([0; 4], [0; 4]));
    for number in 0..100 {
        round(number % 20 == 0);
    }
    assert_eq!((all_live(), live_bytes()), ([0; 4], [0; 4]));
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

/// Every function, well and badly used; those that take long only in some rounds.
fn round(with_slow: bool) {
    let mut world = World::new();
    let chosen = |name: &str| {
        let takes_long =
            name.ends_with("_oaep") || name.ends_with("_passphrase") || name == "sr_key_import";
        name != "sr_start" && (with_slow || !takes_long)
    };
    assert_eq!(all_live(), [1, 1, 0, 0]);
    let [root, key, ..] = live_bytes();
    // A root's keys and a key's material and subkey, in granules of 16 bytes.
    assert!(root >= 96 && key >= 32 && (root + key) % 16 == 0);
    // The keys that the world makes when they are needed, and what is kept for them.
    for function in functions().filter(|function| chosen(function.name)) {
        world.values(function.name);
    }
    let (live, bytes) = (all_live(), live_bytes());
    assert!(live.iter().all(|&live| live > 0));
    for function in functions().filter(|function| chosen(function.name)) {
        if function.name == "sr_key_export" {
            continue; // Refused in a build without it.
        }
        world.make(function.name);
        for (ty, _) in function.parameters {
            if let Some((release, handle)) = given(ty, world.outputs.object[0]) {
                assert_eq!(invoke(release, &[handle], ptr::null_mut()), SR_OK);
            }
        }
        // The counts are taken and given in turn: retain stands before release.
    }
    // Each was retained and released once; the world's own counts are left.
    assert_eq!((all_live(), live_bytes()), (live, bytes));
    // A failure of any function, whatever parameter it is about, leaves no object behind.
    for (name, index, ty) in parameters().filter(|(name, ..)| chosen(name)) {
        let mut values = world.values(name);
        values[index] = match (values[index], ty) {
            (Value::Bytes(..), _) => Value::Bytes(ptr::null(), 1),
            (Value::Buffer(data, _, length), _) => Value::Buffer(data, 0, length),
            (Value::Root(_), _) => Value::Root(0),
            (Value::Key(_), _) => Value::Key(0),
            (Value::UnsealKey(_), _) => Value::UnsealKey(0),
            (Value::Shares(_), _) => Value::Shares(0),
            (Value::Pointer(_), _) => Value::Pointer(ptr::null_mut()),
            _ => continue,
        };
        assert_ne!(
            invoke(name, &values, ptr::null_mut()),
            SR_OK,
            "{name} {index}"
        );
    }
    // Some that fail late, after their object was made.
    for (name, file) in [
        ("sr_root_create_file", "root.key"),
        ("sr_unseal_key_create_file", "unseal.key"),
    ] {
        let values = world.values(name);
        std::fs::write(world.folder.join(file), "in the way").unwrap();
        let status = invoke(name, &values, ptr::null_mut());
        assert_eq!(status, Error::RootKeyFileExists.code());
        assert_eq!(all_live(), live);
    }
    drop(world);
    assert_eq!((all_live(), live_bytes()), ([0; 4], [0; 4]));
}
