//! The memory of a caller, with good values for every function: each test spoils one of them.

use crate::invoke::{invoke, Value};
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

const PLAINTEXT: &[u8] = b"a plaintext of thirty-two bytes.";
const ASSOCIATED_DATA: &[u8] = b"associated data";

/// Starts the library, once a process.
pub fn start() {
    static START: Once = Once::new();
    // SAFETY: NULL is allowed.
    START.call_once(|| assert_eq!(unsafe { sr_start(4 << 20, ptr::null_mut()) }, SR_OK));
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
    spec: Box<sr_key_spec_t>,
    items: Box<[sr_batch_item_t; 2]>,
    path: Vec<u8>,
}

/// Memory to write to.
#[repr(C)]
pub struct Outputs {
    pub first: [u8; 1024],
    pub second: [u8; 1024],
    pub lengths: [usize; 2],
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
            first: [0; 1024],
            second: [0; 1024],
            lengths: [0; 2],
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
            spec: Box::new(spec),
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

    /// Good values for a function, in place of which a test puts a bad one.
    pub fn values(&mut self, name: &str) -> Vec<Value> {
        let outputs = &mut *self.outputs;
        let object = Value::Pointer((&raw mut outputs.object).cast());
        let [first_length, second_length] = &mut outputs.lengths;
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
        let (root, key) = (Value::Root(self.root.bits), Value::Key(self.key.bits));
        let input = |bytes: &[u8]| Value::Bytes(bytes.as_ptr(), bytes.len());
        let (id, aad) = (input(&KEY_ID), input(ASSOCIATED_DATA));
        let (sealed, ciphertext) = (input(&self.sealed), input(&self.ciphertext));
        match name {
            "sr_start" => vec![Value::U64(1 << 20)],
            "sr_secret_memory" => vec![object],
            "sr_live_handles" => vec![Value::U32(SR_KIND_KEY), object],
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
            "sr_root_retain" | "sr_root_release" => vec![root],
            "sr_root_identity" => vec![root, first],
            "sr_root_token_mac" => vec![root, input(b"a token"), first],
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
            "sr_key_batch" => {
                for (index, item) in self.items.iter_mut().enumerate() {
                    item.key = self.key;
                    item.input_length = 8;
                    item.output_offset = index as u64 * 100;
                    item.output_capacity = 100;
                }
                let items = Value::Pointer(self.items.as_mut_ptr().cast());
                vec![
                    Value::U32(SR_BATCH_ENCRYPT),
                    input(PLAINTEXT),
                    items,
                    Value::Size(2),
                    first,
                ]
            }
            other => panic!("no values for {other}"),
        }
    }

    /// Fills every output, so that one that is not zeroed shows.
    pub fn spoil_outputs(&mut self) {
        let outputs = &mut *self.outputs;
        outputs.first.fill(FILL);
        outputs.second.fill(FILL);
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
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
