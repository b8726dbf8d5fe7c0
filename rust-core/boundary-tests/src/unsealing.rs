//! What the functions about unsealing are tried with: an unseal key of a file, shares of another, and root keys wrapped under
//! them.

use crate::invoke::Value;
use crate::world::{bytes, World, KEY_ID};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use strongroom_ffi::*;

const PASSPHRASE: &[u8] = b"correct horse battery staple";

/// Functions about wrapped root keys.
const UNSEALING: [&str; 7] = [
    "sr_root_method",
    "sr_root_create",
    "sr_root_open",
    "sr_root_adopt_file",
    "sr_root_rotate",
    "sr_root_rewrap",
    "sr_key_reseal",
];

/// An unseal key of a file, shares of another of which all were given, and root keys wrapped under both.
pub(crate) struct Unsealing {
    key: sr_unseal_key_t,
    shares: sr_shares_t,
    path: Vec<u8>,
    wrapped: Vec<u8>,
    in_shares: Vec<u8>,
    by_passphrase: Vec<u8>,
    texts: Vec<u8>,
}

impl Unsealing {
    /// Whether a function is about unsealing.
    pub(crate) fn knows(name: &str) -> bool {
        name.contains("_unseal_key_") || name.starts_with("sr_shares_") || UNSEALING.contains(&name)
    }

    /// Good values for a function, with these outputs.
    pub(crate) fn values(&mut self, name: &str, first: Value, object: Value) -> Vec<Value> {
        if name == "sr_unseal_key_open_passphrase" && self.by_passphrase.is_empty() {
            self.by_passphrase = wrap_by_passphrase();
        }
        let input = |bytes: &[u8]| Value::Bytes(bytes.as_ptr(), bytes.len());
        let key = Value::UnsealKey(self.key.bits);
        let shares = Value::Shares(self.shares.bits);
        let wrapped = input(&self.wrapped);
        match name {
            "sr_unseal_key_create_file" => {
                let _ = std::fs::remove_file(Path::new(OsStr::from_bytes(&self.path)));
                vec![input(&self.path), object]
            }
            "sr_unseal_key_open_file" => vec![input(&self.path), object],
            "sr_unseal_key_retain" | "sr_unseal_key_release" => vec![key],
            "sr_unseal_key_create_passphrase" => {
                vec![input(PASSPHRASE), Value::U32(SR_SCRYPT_COST_MIN), object]
            }
            "sr_unseal_key_open_passphrase" => {
                vec![input(&self.by_passphrase), input(PASSPHRASE), object]
            }
            "sr_unseal_key_create_shares" => vec![Value::U32(2), Value::U32(3), first, object],
            "sr_unseal_key_from_shares" => vec![shares, object],
            "sr_shares_collect" => vec![input(&self.in_shares), object],
            "sr_shares_retain" | "sr_shares_release" => vec![shares],
            "sr_shares_add" => vec![shares, input(&self.texts[..SR_SHARE_TEXT_BYTES]), object],
            "sr_root_method" => vec![wrapped, object],
            "sr_root_create" => vec![key, first, object],
            "sr_root_open" => vec![key, wrapped, object],
            "sr_root_adopt_file" => vec![key, input(&self.path), first, object],
            "sr_root_rotate" => vec![key, wrapped, first],
            "sr_root_rewrap" => vec![key, key, wrapped, first],
            other => panic!("no values for {other}"),
        }
    }

    pub(crate) fn new(folder: &Path) -> Self {
        let path = folder
            .join("unseal.key")
            .into_os_string()
            .into_encoded_bytes();
        let mut key = sr_unseal_key_t { bits: 0 };
        let mut in_shares = sr_unseal_key_t { bits: 0 };
        let mut shares = sr_shares_t { bits: 0 };
        let mut texts = vec![0; 2 * SR_SHARE_TEXT_BYTES];
        let mut length = 0;
        let room = sr_buffer_t {
            data: texts.as_mut_ptr(),
            capacity: texts.len(),
            length: &mut length,
        };
        let mut progress = sr_share_progress_t {
            index: 0,
            have: 0,
            threshold: 0,
            reserved: 0,
        };
        // SAFETY: each pointer is NULL or to a live value.
        unsafe {
            let made = sr_unseal_key_create_file(bytes(&path), &mut key, ptr::null_mut());
            assert_eq!(made, SR_OK);
            let made = sr_unseal_key_create_shares(2, 2, room, &mut in_shares, ptr::null_mut());
            assert_eq!(made, SR_OK);
        }
        let (wrapped, wrapped_in_shares) = (wrap(key), wrap(in_shares));
        // SAFETY: as above.
        unsafe {
            sr_unseal_key_release(in_shares, ptr::null_mut());
            let made = sr_shares_collect(bytes(&wrapped_in_shares), &mut shares, ptr::null_mut());
            assert_eq!(made, SR_OK);
            for text in texts.chunks(SR_SHARE_TEXT_BYTES) {
                let added = sr_shares_add(shares, bytes(text), &mut progress, ptr::null_mut());
                assert_eq!(added, SR_OK);
            }
        }
        Self {
            key,
            shares,
            path,
            wrapped,
            in_shares: wrapped_in_shares,
            by_passphrase: Vec::new(),
            texts,
        }
    }
}

impl World {
    /// The values of functions about unseal keys, shares, and what is wrapped under them.
    pub(crate) fn values_of_unsealing(&mut self, name: &str) -> Vec<Value> {
        let unsealing = self
            .unsealing
            .get_or_insert_with(|| Unsealing::new(&self.folder));
        let outputs = &mut *self.outputs;
        let object = Value::Pointer((&raw mut outputs.object).cast());
        let first = Value::Buffer(
            outputs.first.as_mut_ptr(),
            outputs.first.len(),
            &mut outputs.lengths[0],
        );
        let root = Value::Root(self.root.bits);
        if name == "sr_key_reseal" {
            let (sealed, id) = (&self.sealed, &KEY_ID);
            let input = |bytes: &[u8]| Value::Bytes(bytes.as_ptr(), bytes.len());
            return vec![root, root, input(sealed), input(id), Value::U32(1), first];
        }
        unsealing.values(name, first, object)
    }
}

impl Drop for Unsealing {
    fn drop(&mut self) {
        // A test may have released either on purpose. SAFETY: NULL is allowed.
        unsafe {
            sr_unseal_key_release(self.key, ptr::null_mut());
            sr_shares_release(self.shares, ptr::null_mut());
        }
    }
}

fn wrap_by_passphrase() -> Vec<u8> {
    let mut key = sr_unseal_key_t { bits: 0 };
    let cost = SR_SCRYPT_COST_MIN;
    // SAFETY: each pointer is NULL or to a live value.
    let made = unsafe {
        sr_unseal_key_create_passphrase(bytes(PASSPHRASE), cost, &mut key, ptr::null_mut())
    };
    assert_eq!(made, SR_OK);
    let wrapped = wrap(key);
    // SAFETY: as above.
    unsafe { sr_unseal_key_release(key, ptr::null_mut()) };
    wrapped
}

/// A new root key, wrapped under an unseal key.
fn wrap(key: sr_unseal_key_t) -> Vec<u8> {
    let mut wrapped = vec![0; SR_WRAPPED_ROOT_MAX_BYTES];
    let mut length = 0;
    let mut root = sr_root_t { bits: 0 };
    let room = sr_buffer_t {
        data: wrapped.as_mut_ptr(),
        capacity: wrapped.len(),
        length: &mut length,
    };
    // SAFETY: each pointer is NULL or to a live value.
    unsafe {
        assert_eq!(sr_root_create(key, room, &mut root, ptr::null_mut()), SR_OK);
        sr_root_release(root, ptr::null_mut());
    }
    wrapped.truncate(length);
    wrapped
}
