//! The memory of a caller, with good values for every function: each test spoils one of them.

use crate::invoke::{invoke, Value};
use crate::unsealing::Unsealing;
use std::ffi::c_void;
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Once;
use strongroom_ffi::*;

/// What outputs are filled with before a call.
pub const FILL: u8 = 0xEE;
/// The id of every key here.
pub const KEY_ID: [u8; 16] = *b"boundary-test-id";

/// What the world's functions encrypt.
pub const PLAINTEXT: &[u8] = b"a plaintext of thirty-two bytes.";
const ASSOCIATED_DATA: &[u8] = b"associated data";

/// Starts the library, once a process.
pub fn start() {
    static START: Once = Once::new();
    // SAFETY: NULL is allowed.
    START.call_once(|| assert_eq!(unsafe { sr_start(5 << 20, ptr::null_mut()) }, SR_OK));
}

/// An input.
pub fn bytes(bytes: &[u8]) -> sr_bytes_t {
    sr_bytes_t {
        data: bytes.as_ptr(),
        length: bytes.len(),
    }
}

/// A root, a key, and inputs and outputs for every function. Its memory stays where it is while it lives.
pub struct World {
    /// A root.
    pub root: sr_root_t,
    /// A key that may do everything.
    pub key: sr_key_t,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// A ciphertext of the key's.
    pub ciphertext: Vec<u8>,
    /// A folder of its own.
    pub folder: PathBuf,
    /// Where the outputs go: two buffers, their lengths, and a struct.
    pub outputs: Box<Outputs>,
    /// Keys of other algorithms, made when they are needed, and ciphertexts of theirs.
    others: Vec<(u32, sr_key_t)>,
    pub(crate) made: Vec<Vec<u8>>,
    /// What unsealing is tried with, made when it is needed.
    pub(crate) unsealing: Option<Unsealing>,
    spec: Box<sr_key_spec_t>,
    other_spec: Box<sr_key_spec_t>,
    scheme: Box<sr_signature_scheme_t>,
    items: Box<[sr_batch_item_t; 2]>,
    path: Vec<u8>,
}

/// Memory to write to.
#[repr(C)]
pub struct Outputs {
    pub first: [u8; SR_DERIVED_MAX_BYTES],
    pub second: [u8; 8192],
    pub third: [u8; 8192],
    pub lengths: [usize; 3],
    pub object: [u64; 16],
}

impl World {
    /// Starts the library if need be, and makes a root and a key.
    pub fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        start();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("strongroom-boundary-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a folder of our own");
        let outputs = Outputs {
            first: [0; SR_DERIVED_MAX_BYTES],
            second: [0; 8192],
            third: [0; 8192],
            lengths: [0; 3],
            object: [0; 16],
        };
        let spec = sr_key_spec_t {
            key_id: KEY_ID,
            version: 1,
            algorithm: SR_ALGORITHM_XAES_256_GCM,
            usages: SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT,
            flags: 0,
            created_at: 1,
        };
        // SAFETY: the struct is integers throughout.
        let item: sr_batch_item_t = unsafe { std::mem::zeroed() };
        let mut world = Self {
            root: sr_root_t { bits: 0 },
            key: sr_key_t { bits: 0 },
            sealed: Vec::new(),
            ciphertext: Vec::new(),
            folder,
            outputs: Box::new(outputs),
            others: Vec::new(),
            made: Vec::new(),
            unsealing: None,
            spec: Box::new(spec),
            other_spec: Box::new(spec),
            scheme: Box::new(sr_signature_scheme_t {
                scheme: SR_SIGNATURE_ED25519,
                hash: 0,
                encoding: 0,
                salt_length: 0,
                prehashed: 0,
                reserved: 0,
            }),
            items: Box::new([item; 2]),
            path: Vec::new(),
        };
        world.root = sr_root_t {
            bits: world.make("sr_root_create_file"),
        };
        world.make("sr_key_generate");
        world.sealed = world.written();
        world.key = sr_key_t {
            bits: world.make("sr_key_open"),
        };
        world.make("sr_key_encrypt");
        world.ciphertext = world.written();
        world
    }

    /// A key of another algorithm, with all usages that are asked for.
    pub fn other(&mut self, algorithm: u32, usages: u32, flags: u32) -> sr_key_t {
        let known = self.others.iter().find(|(known, _)| *known == algorithm);
        if let Some((_, key)) = known {
            return *key;
        }
        *self.other_spec = sr_key_spec_t {
            algorithm,
            usages,
            flags,
            ..*self.spec
        };
        let mut sealed = vec![0; SR_SEALED_KEY_MAX_BYTES];
        let mut length = 0;
        let mut key = sr_key_t { bits: 0 };
        let room = sr_buffer_t {
            data: sealed.as_mut_ptr(),
            capacity: sealed.len(),
            length: &mut length,
        };
        // SAFETY: each pointer is to a live value.
        unsafe {
            let made = sr_key_generate(self.root, &*self.other_spec, room, ptr::null_mut());
            assert_eq!(made, SR_OK);
            let sealed = bytes(&sealed[..length]);
            let id = bytes(&KEY_ID);
            let opened = sr_key_open(self.root, sealed, id, 1, &mut key, ptr::null_mut());
            assert_eq!(opened, SR_OK);
        }
        self.others.push((algorithm, key));
        key
    }

    /// Good values for a function, in place of which a test puts a bad one.
    pub fn values(&mut self, name: &str) -> Vec<Value> {
        // Only what the last few calls were given is of use still; a fuzzer makes millions.
        self.made.drain(..self.made.len().saturating_sub(16));
        if let Some(values) = self.values_of_other_keys(name) {
            return values;
        }
        if Unsealing::knows(name) {
            return self.values_of_unsealing(name);
        }
        let outputs = &mut *self.outputs;
        let object = Value::Pointer((&raw mut outputs.object).cast());
        let [first_length, second_length, third_length] = &mut outputs.lengths;
        let first = Value::Buffer(
            outputs.first.as_mut_ptr(),
            outputs.first.len(),
            first_length,
        );
        let second = Value::Buffer(
            outputs.second.as_mut_ptr(),
            outputs.second.len(),
            second_length,
        );
        let third = Value::Buffer(
            outputs.third.as_mut_ptr(),
            outputs.third.len(),
            third_length,
        );
        let (root, key) = (Value::Root(self.root.bits), Value::Key(self.key.bits));
        let input = |bytes: &[u8]| Value::Bytes(bytes.as_ptr(), bytes.len());
        let (id, aad) = (input(&KEY_ID), input(ASSOCIATED_DATA));
        let (sealed, ciphertext) = (input(&self.sealed), input(&self.ciphertext));
        match name {
            "sr_start" => vec![Value::U64(1 << 20)],
            "sr_secret_memory" => vec![object],
            "sr_live_handles" | "sr_live_bytes" => vec![Value::U32(SR_KIND_KEY), object],
            "sr_features_allow" | "sr_features_require" => vec![Value::U64(0)],
            "sr_interrupt" | "sr_diagnostics_keep" => vec![Value::U32(0)],
            "sr_diagnostics_read" => vec![Value::U64(0), first],
            "sr_random" => vec![first],
            "sr_root_create_file" => {
                let _ = std::fs::remove_file(self.folder.join("root.key"));
                self.path = self
                    .folder
                    .join("root.key")
                    .into_os_string()
                    .into_encoded_bytes();
                vec![input(&self.path), object]
            }
            "sr_root_open_file" => vec![input(&self.path), object],
            "sr_key_open_pem_file" => vec![input(self.pem_file()), object],
            "sr_root_retain" | "sr_root_release" => vec![root],
            "sr_root_identity" => vec![root, first],
            "sr_root_token_mac" | "sr_root_record_mac" => vec![root, input(b"a token"), first],
            "sr_root_audit_macs" => vec![root, input(&[0; 32]), input(b"a record\n"), first],
            "sr_key_generate" => {
                let spec: *const sr_key_spec_t = &*self.spec;
                vec![root, Value::Pointer(spec as *mut c_void), first]
            }
            "sr_key_rotate" => vec![root, id, sealed, Value::U32(2), Value::U64(2), first],
            "sr_key_open" => vec![root, sealed, id, Value::U32(1), object],
            "sr_key_describe" => vec![key, object],
            "sr_key_retain" | "sr_key_release" => vec![key],
            "sr_key_encrypt" => vec![key, input(PLAINTEXT), aad, first],
            "sr_key_decrypt" => vec![key, ciphertext, aad, first],
            "sr_key_reencrypt" => vec![key, key, ciphertext, aad, aad, first],
            "sr_key_data_key" => vec![key, Value::U32(32), aad, second, first],
            "sr_algorithm_available" => vec![Value::U32(SR_ALGORITHM_ED25519), object],
            "sr_hash" => vec![Value::U32(SR_HASH_SHA256), input(PLAINTEXT), first],
            "sr_jws_verify" => crate::web_signature::values(object),
            "sr_key_reserve_uses" => vec![key, Value::U64(0), Value::U64(1)],
            "sr_key_generate_sized" => {
                let spec: *const sr_key_spec_t = &*self.spec;
                let spec = Value::Pointer(spec as *mut c_void);
                vec![root, spec, Value::U32(32), first]
            }
            "sr_key_export" => {
                let hash = Value::U32(SR_HASH_SHA256);
                vec![
                    root,
                    sealed,
                    id,
                    Value::U32(1),
                    input(b"no key"),
                    hash,
                    first,
                ]
            }
            "sr_key_data_key_pair" => {
                let algorithm = Value::U32(SR_ALGORITHM_ED25519);
                vec![key, algorithm, aad, second, first, third]
            }
            "sr_key_back_up" => {
                let length = (self.sealed.len() as u32).to_be_bytes();
                self.made.push([&length[..], &self.sealed].concat());
                let versions = input(self.made.last().expect("just made"));
                vec![root, root, id, versions, aad, first]
            }
            "sr_key_batch" => {
                for (index, item) in self.items.iter_mut().enumerate() {
                    item.operation = SR_BATCH_ENCRYPT;
                    item.key = self.key;
                    item.inputs[0].length = 8;
                    item.outputs[0] = sr_range_t {
                        offset: index as u64 * 100,
                        length: 100,
                    };
                }
                let items = Value::Pointer(self.items.as_mut_ptr().cast());
                vec![input(PLAINTEXT), items, Value::Size(2), first]
            }
            other => panic!("no values for {other}"),
        }
    }

    /// The values of functions that other keys than the world's own are for, or what one function made for the other.
    fn values_of_other_keys(&mut self, name: &str) -> Option<Vec<Value>> {
        let mut key =
            |algorithm, usages, flags| Value::Key(self.other(algorithm, usages, flags).bits);
        let key = match name {
            "sr_key_sign" | "sr_key_verify" => {
                key(SR_ALGORITHM_ED25519, SR_USAGE_SIGN | SR_USAGE_VERIFY, 0)
            }
            "sr_key_mac" | "sr_key_verify_mac" => key(
                SR_ALGORITHM_HMAC_SHA256,
                SR_USAGE_MAC | SR_USAGE_VERIFY_MAC,
                0,
            ),
            "sr_key_subkey" => key(SR_ALGORITHM_AES_128_GCM, SR_USAGE_ENCRYPT, SR_FLAG_DERIVED),
            "sr_key_derive" => key(SR_ALGORITHM_HKDF_SHA256, SR_USAGE_DERIVE, 0),
            "sr_key_agree" | "sr_key_public_key" => key(SR_ALGORITHM_X25519, SR_USAGE_AGREE, 0),
            "sr_key_encrypt_oaep" | "sr_key_decrypt_oaep" | "sr_key_import" => {
                let usages = SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT | SR_USAGE_UNWRAP;
                key(SR_ALGORITHM_RSA_2048, usages, 0)
            }
            "sr_key_wrap" | "sr_key_unwrap" => {
                key(SR_ALGORITHM_AES_256_KWP, SR_USAGE_WRAP | SR_USAGE_UNWRAP, 0)
            }
            "sr_backup_read" | "sr_backup_restore" => Value::Key(0),
            _ => return None,
        };
        let before = match name {
            "sr_key_decrypt_oaep" | "sr_key_import" => Some("sr_key_encrypt_oaep"),
            "sr_key_unwrap" => Some("sr_key_wrap"),
            "sr_key_agree" => Some("sr_key_public_key"),
            "sr_backup_read" | "sr_backup_restore" => Some("sr_key_back_up"),
            _ => None,
        };
        if let Some(before) = before {
            self.make(before);
            self.made.push(self.written());
        }
        let input = |bytes: &[u8]| Value::Bytes(bytes.as_ptr(), bytes.len());
        let made = input(self.made.last().map_or(&[], Vec::as_slice));
        let outputs = &mut *self.outputs;
        let object = Value::Pointer((&raw mut outputs.object).cast());
        let first = Value::Buffer(
            outputs.first.as_mut_ptr(),
            outputs.first.len(),
            &mut outputs.lengths[0],
        );
        let scheme: *const sr_signature_scheme_t = &*self.scheme;
        let scheme = Value::Pointer(scheme as *mut c_void);
        let spec: *const sr_key_spec_t = &*self.spec;
        let spec = Value::Pointer(spec as *mut c_void);
        let root = Value::Root(self.root.bits);
        let (text, label) = (input(PLAINTEXT), input(ASSOCIATED_DATA));
        let (hash, one, none) = (Value::U32(SR_HASH_SHA256), Value::U32(1), input(b""));
        Some(match name {
            "sr_key_sign" => vec![key, scheme, text, first],
            "sr_key_verify" => vec![key, scheme, text, label, object],
            "sr_key_mac" => vec![key, hash, text, first],
            "sr_key_verify_mac" => vec![key, hash, text, label, object],
            "sr_key_subkey" => vec![key, label, object],
            "sr_key_derive" => vec![key, label, text, first],
            "sr_key_public_key" => vec![key, Value::U32(SR_PUBLIC_KEY_RAW), first],
            "sr_key_agree" => vec![key, made, hash, label, text, first],
            "sr_key_encrypt_oaep" => vec![key, hash, none, text, first],
            "sr_key_decrypt_oaep" => vec![key, hash, none, made, first],
            "sr_key_wrap" => vec![key, one, text, first],
            "sr_key_unwrap" => vec![key, one, made, first],
            "sr_key_import" => {
                let wrapping = Value::U32(SR_IMPORT_OAEP);
                vec![root, key, wrapping, hash, made, spec, first]
            }
            "sr_backup_read" => vec![root, made, object, first],
            "sr_backup_restore" => vec![root, root, made, Value::U32(0), object, first],
            other => panic!("no values for {other}"),
        })
    }

    /// Fills every output, so that one that is not zeroed shows.
    pub fn spoil_outputs(&mut self) {
        let outputs = &mut *self.outputs;
        outputs.first.fill(FILL);
        outputs.second.fill(FILL);
        outputs.third.fill(FILL);
        outputs.lengths.fill(usize::MAX);
        outputs.object.fill(u64::MAX);
    }

    /// What the last call wrote to the first buffer.
    pub fn written(&self) -> Vec<u8> {
        self.outputs.first[..self.outputs.lengths[0]].to_vec()
    }

    /// Calls a function that has to succeed, and gives the handle that it gave, if it gave one.
    pub fn make(&mut self, name: &str) -> u64 {
        let values = self.values(name);
        assert_eq!(invoke(name, &values, ptr::null_mut()), SR_OK, "{name}");
        self.outputs.object[0]
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A test may have released either on purpose. SAFETY: NULL is allowed.
        unsafe {
            sr_key_release(self.key, ptr::null_mut());
            sr_root_release(self.root, ptr::null_mut());
        }
        for (_, key) in &self.others {
            // SAFETY: as above.
            unsafe { sr_key_release(*key, ptr::null_mut()) };
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
