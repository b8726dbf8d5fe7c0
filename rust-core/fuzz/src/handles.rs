//! Scripts of calls on handles of keys: what each answers is what a model of counts says.

use crate::input::Input;
use std::ptr;
use strongroom_boundary_tests::{bytes, invoke, Value, World, KEY_ID};
use strongroom_core::Error;
use strongroom_ffi::*;

/// A handle that was given once, and how many references it has left.
struct Model {
    bits: u64,
    references: u32,
}

impl Model {
    fn status(&self) -> u32 {
        if self.references > 0 {
            SR_OK
        } else {
            Error::StaleHandle.code()
        }
    }
}

pub fn run(world: &mut World, mut input: Input) {
    let before = live();
    let mut models: Vec<Model> = Vec::new();
    while let Some(operation) = input.byte() {
        if operation % 8 == 0 || models.is_empty() {
            if models.len() < 64 {
                models.push(open(world));
            }
            continue;
        }
        let count = models.len();
        let model = &mut models[input.small() % count];
        let handle = [Value::Key(model.bits)];
        match operation % 8 {
            1 => {
                assert_eq!(
                    invoke("sr_key_retain", &handle, ptr::null_mut()),
                    model.status()
                );
                model.references += u32::from(model.references > 0);
            }
            2 => {
                assert_eq!(
                    invoke("sr_key_release", &handle, ptr::null_mut()),
                    model.status()
                );
                model.references = model.references.saturating_sub(1);
            }
            3 => assert_eq!(describe(model.bits), model.status()),
            4 => round_trip(model, input.take(40)),
            5 => {
                let forged = input.number();
                let live = models.iter().any(|m| m.bits == forged && m.references > 0);
                assert_eq!(describe(forged) == SR_OK, live || forged == world.key.bits);
            }
            6 => {
                let wrong = [Value::Root(model.bits)];
                let status = invoke("sr_root_retain", &wrong, ptr::null_mut());
                assert_eq!(status, Error::WrongKind.code());
            }
            _ => {
                let alive = models.iter().filter(|m| m.references > 0).count() as u64;
                assert_eq!(live(), before + alive);
            }
        }
    }
    for model in &models {
        for _ in 0..model.references {
            let handle = [Value::Key(model.bits)];
            assert_eq!(invoke("sr_key_release", &handle, ptr::null_mut()), SR_OK);
        }
        assert_eq!(describe(model.bits), Error::StaleHandle.code());
    }
    assert_eq!(live(), before);
}

fn open(world: &World) -> Model {
    let mut key = sr_key_t { bits: 0 };
    let (sealed, id) = (bytes(&world.sealed), bytes(&KEY_ID));
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_key_open(world.root, sealed, id, 1, &mut key, ptr::null_mut()) };
    assert_eq!(status, SR_OK);
    Model {
        bits: key.bits,
        references: 1,
    }
}

fn describe(bits: u64) -> u32 {
    let mut room = [0u64; 6];
    let values = [Value::Key(bits), Value::Pointer((&raw mut room).cast())];
    invoke("sr_key_describe", &values, ptr::null_mut())
}

fn round_trip(model: &Model, message: &[u8]) {
    let key = sr_key_t { bits: model.bits };
    let (mut ciphertext, mut plaintext) = ([0u8; 128], [0u8; 128]);
    let (mut sealed_length, mut length) = (0, 0);
    let sealed = sr_buffer_t {
        data: ciphertext.as_mut_ptr(),
        capacity: 128,
        length: &mut sealed_length,
    };
    let opened = sr_buffer_t {
        data: plaintext.as_mut_ptr(),
        capacity: 128,
        length: &mut length,
    };
    // SAFETY: each pointer is NULL or to a live value.
    let status =
        unsafe { sr_key_encrypt(key, bytes(message), bytes(&[]), sealed, ptr::null_mut()) };
    assert_eq!(status, model.status());
    let sealed = bytes(&ciphertext[..sealed_length]);
    // SAFETY: as above.
    let status = unsafe { sr_key_decrypt(key, sealed, bytes(&[]), opened, ptr::null_mut()) };
    assert_eq!(status, model.status());
    assert!(status != SR_OK || &plaintext[..length] == message);
}

fn live() -> u64 {
    let mut count = 0u64;
    // SAFETY: each pointer is NULL or to a live value.
    let status = unsafe { sr_live_handles(SR_KIND_KEY, &mut count, ptr::null_mut()) };
    assert_eq!(status, SR_OK);
    count
}
