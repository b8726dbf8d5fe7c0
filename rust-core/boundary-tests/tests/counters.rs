//! Nothing is left behind: live handles and secret memory after everything was released, and after every failure. One
//! test, because the counters are the process's.

use std::ptr;
use strongroom_boundary_tests::{invoke, parameters, start, Value, World};
use strongroom_core::Error;
use strongroom_ffi::*;

fn live(kind: u32) -> u64 {
    let mut live = u64::MAX;
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_live_handles(kind, &mut live, ptr::null_mut()) };
    assert_eq!(status, SR_OK);
    live
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
    start();
    let before = secret_bytes();
    assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (0, 0));
    for _ in 0..20 {
        let mut world = World::new();
        assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (1, 1));
        // A failure of any function, whatever parameter it is about, leaves no object behind.
        for (name, index, ty) in parameters().filter(|(name, ..)| *name != "sr_start") {
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
        assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (1, 1));
        world.make("sr_key_retain");
        world.make("sr_key_release");
        assert_eq!(live(SR_KIND_KEY), 1);
    }
    assert_eq!((live(SR_KIND_ROOT), live(SR_KIND_KEY)), (0, 0));
    assert_eq!(secret_bytes(), before);
}
