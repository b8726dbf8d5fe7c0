//! Calls an exported function by its name, with values that only have to have the right types.

use std::ffi::c_void;
use strongroom_ffi::*;

/// A value for a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    Root(u64),
    Key(u64),
    UnsealKey(u64),
    Shares(u64),
    Bytes(*const u8, usize),
    Buffer(*mut u8, usize, *mut usize),
    U32(u32),
    U64(u64),
    Size(usize),
    Pointer(*mut c_void),
}

/// Calls `name`. Panics where there is no such function or a value has the wrong type: that is a mistake of the test.
pub fn invoke(name: &str, values: &[Value], error: *mut sr_error_t) -> u32 {
    let function = FUNCTIONS.iter().find(|(known, _)| *known == name);
    function
        .unwrap_or_else(|| panic!("no way to call {name}"))
        .1
        .invoke(values, error)
}

/// The handle that a function gives through one of its parameters, as a value, and the function that takes it back.
pub fn given(ty: &str, bits: u64) -> Option<(&'static str, Value)> {
    match ty {
        "sr_root_t *" => Some(("sr_root_release", Value::Root(bits))),
        "sr_key_t *" => Some(("sr_key_release", Value::Key(bits))),
        "sr_unseal_key_t *" => Some(("sr_unseal_key_release", Value::UnsealKey(bits))),
        "sr_shares_t *" => Some(("sr_shares_release", Value::Shares(bits))),
        _ => None,
    }
}

trait Invoke: Sync {
    fn invoke(&self, values: &[Value], error: *mut sr_error_t) -> u32;
}

trait FromValue {
    fn from_value(value: Value) -> Self;
}

macro_rules! from_value {
    ($($ty:ty: $pattern:pat => $result:expr;)*) => {
        $(impl FromValue for $ty {
            fn from_value(value: Value) -> Self {
                match value {
                    $pattern => $result,
                    other => panic!("{other:?} is no {}", stringify!($ty)),
                }
            }
        })*
    };
}

from_value! {
    u32: Value::U32(value) => value;
    u64: Value::U64(value) => value;
    usize: Value::Size(value) => value;
    sr_root_t: Value::Root(bits) => sr_root_t { bits };
    sr_key_t: Value::Key(bits) => sr_key_t { bits };
    sr_unseal_key_t: Value::UnsealKey(bits) => sr_unseal_key_t { bits };
    sr_shares_t: Value::Shares(bits) => sr_shares_t { bits };
    sr_bytes_t: Value::Bytes(data, length) => sr_bytes_t { data, length };
    sr_buffer_t: Value::Buffer(data, capacity, length) => sr_buffer_t { data, capacity, length };
}

impl<T> FromValue for *mut T {
    fn from_value(value: Value) -> Self {
        match value {
            Value::Pointer(pointer) => pointer.cast(),
            other => panic!("{other:?} is no pointer"),
        }
    }
}

impl<T> FromValue for *const T {
    fn from_value(value: Value) -> Self {
        <*mut T>::from_value(value)
    }
}

macro_rules! callable {
    ($($name:ident $index:tt),*) => {
        impl<$($name: FromValue),*> Invoke for unsafe extern "C" fn($($name,)* *mut sr_error_t) -> u32 {
            fn invoke(&self, values: &[Value], error: *mut sr_error_t) -> u32 {
                assert_eq!(values.len(), 0 $(+ { let _ = $index; 1 })*);
                // SAFETY: the tests pass memory of their own, or what the library has to refuse unseen.
                unsafe { self($($name::from_value(values[$index]),)* error) }
            }
        }
    };
}

callable!(A 0);
callable!(A 0, B 1);
callable!(A 0, B 1, C 2);
callable!(A 0, B 1, C 2, D 3);
callable!(A 0, B 1, C 2, D 3, E 4);
callable!(A 0, B 1, C 2, D 3, E 4, F 5);
callable!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);

const FUNCTIONS: &[(&str, &dyn Invoke)] = &[
    ("sr_start", &(sr_start as unsafe extern "C" fn(_, _) -> _)),
    (
        "sr_secret_memory",
        &(sr_secret_memory as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_live_handles",
        &(sr_live_handles as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_live_bytes",
        &(sr_live_bytes as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_interrupt",
        &(sr_interrupt as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_features_allow",
        &(sr_features_allow as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_features_require",
        &(sr_features_require as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_diagnostics_keep",
        &(sr_diagnostics_keep as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_diagnostics_read",
        &(sr_diagnostics_read as unsafe extern "C" fn(_, _, _) -> _),
    ),
    ("sr_random", &(sr_random as unsafe extern "C" fn(_, _) -> _)),
    (
        "sr_root_create_file",
        &(sr_root_create_file as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_root_open_file",
        &(sr_root_open_file as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_root_retain",
        &(sr_root_retain as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_root_release",
        &(sr_root_release as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_root_identity",
        &(sr_root_identity as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_root_token_mac",
        &(sr_root_token_mac as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_root_record_mac",
        &(sr_root_record_mac as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_root_audit_macs",
        &(sr_root_audit_macs as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_generate",
        &(sr_key_generate as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_key_rotate",
        &(sr_key_rotate as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_open",
        &(sr_key_open as unsafe extern "C" fn(_, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_describe",
        &(sr_key_describe as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_key_retain",
        &(sr_key_retain as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_key_release",
        &(sr_key_release as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_key_encrypt",
        &(sr_key_encrypt as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_decrypt",
        &(sr_key_decrypt as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_reencrypt",
        &(sr_key_reencrypt as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_data_key",
        &(sr_key_data_key as unsafe extern "C" fn(_, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_batch",
        &(sr_key_batch as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_algorithm_available",
        &(sr_algorithm_available as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_hash",
        &(sr_hash as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_key_sign",
        &(sr_key_sign as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_verify",
        &(sr_key_verify as unsafe extern "C" fn(_, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_mac",
        &(sr_key_mac as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_verify_mac",
        &(sr_key_verify_mac as unsafe extern "C" fn(_, _, _, _, _, _) -> _),
    ),
    (
        "sr_jws_verify",
        &(sr_jws_verify as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_subkey",
        &(sr_key_subkey as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_key_reserve_uses",
        &(sr_key_reserve_uses as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_key_derive",
        &(sr_key_derive as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_agree",
        &(sr_key_agree as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_encrypt_oaep",
        &(sr_key_encrypt_oaep as unsafe extern "C" fn(_, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_decrypt_oaep",
        &(sr_key_decrypt_oaep as unsafe extern "C" fn(_, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_wrap",
        &(sr_key_wrap as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_unwrap",
        &(sr_key_unwrap as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_public_key",
        &(sr_key_public_key as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_key_generate_sized",
        &(sr_key_generate_sized as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_import",
        &(sr_key_import as unsafe extern "C" fn(_, _, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_export",
        &(sr_key_export as unsafe extern "C" fn(_, _, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_data_key_pair",
        &(sr_key_data_key_pair as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_back_up",
        &(sr_key_back_up as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_backup_read",
        &(sr_backup_read as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_backup_restore",
        &(sr_backup_restore as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _),
    ),
    (
        "sr_key_open_pem_file",
        &(sr_key_open_pem_file as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_unseal_key_create_file",
        &(sr_unseal_key_create_file as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_unseal_key_open_file",
        &(sr_unseal_key_open_file as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_unseal_key_retain",
        &(sr_unseal_key_retain as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_unseal_key_release",
        &(sr_unseal_key_release as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_unseal_key_create_passphrase",
        &(sr_unseal_key_create_passphrase as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_unseal_key_open_passphrase",
        &(sr_unseal_key_open_passphrase as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_unseal_key_create_shares",
        &(sr_unseal_key_create_shares as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_unseal_key_from_shares",
        &(sr_unseal_key_from_shares as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_shares_collect",
        &(sr_shares_collect as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_shares_retain",
        &(sr_shares_retain as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_shares_release",
        &(sr_shares_release as unsafe extern "C" fn(_, _) -> _),
    ),
    (
        "sr_shares_add",
        &(sr_shares_add as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_root_method",
        &(sr_root_method as unsafe extern "C" fn(_, _, _) -> _),
    ),
    (
        "sr_root_create",
        &(sr_root_create as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_root_open",
        &(sr_root_open as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_root_adopt_file",
        &(sr_root_adopt_file as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_root_rotate",
        &(sr_root_rotate as unsafe extern "C" fn(_, _, _, _) -> _),
    ),
    (
        "sr_root_rewrap",
        &(sr_root_rewrap as unsafe extern "C" fn(_, _, _, _, _) -> _),
    ),
    (
        "sr_key_reseal",
        &(sr_key_reseal as unsafe extern "C" fn(_, _, _, _, _, _, _) -> _),
    ),
];
