//! Prints the CPU time of each operation through the C ABI, in nanoseconds: the least of several rounds, on one thread.
//! `cargo run --release -p strongroom-benches`

use std::hint::black_box;
use std::ptr;
use strongroom_ffi::*;
use strongroom_handles::{HandleTable, Limits};
use strongroom_sync::Arc;

fn main() {
    let mut bench = Bench::start();
    for (algorithm, name) in [
        (SR_ALGORITHM_AES_256_GCM, "aes-256-gcm"),
        (SR_ALGORITHM_XAES_256_GCM, "xaes-256-gcm"),
    ] {
        bench.key(algorithm);
        for size in [32, 1024, 65536] {
            bench.messages(name, size);
        }
        measure(&format!("{name} key_open + release"), 20_000, || {
            bench.open_and_release()
        });
    }
    let token = [7u8; 32];
    measure("token_mac 32 B", 200_000, || bench.token_mac(&token));
    let table = HandleTable::new(Limits::new(1, 2, 1 << 16));
    let handle = table.insert(Arc::new([0u8; 64])).expect("a free slot");
    measure("handle lookup and drop", 1_000_000, || {
        black_box(table.lookup(black_box(handle)).expect("a live handle"));
    });
    measure("sr_abi_version", 1_000_000, || {
        black_box(sr_abi_version());
    });
}

/// The least CPU time of five rounds.
fn measure(name: &str, count: u32, mut operation: impl FnMut()) {
    let round = |operation: &mut dyn FnMut()| {
        let before = cpu_nanoseconds();
        for _ in 0..count {
            operation();
        }
        (cpu_nanoseconds() - before) as f64 / f64::from(count)
    };
    let least = (0..5)
        .map(|_| round(&mut operation))
        .fold(f64::INFINITY, f64::min);
    println!("{name:<40} {least:>10.0} ns");
}

fn cpu_nanoseconds() -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a live timespec for the call to fill.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

struct Bench {
    root: sr_root_t,
    key: sr_key_t,
    sealed: Vec<u8>,
}

const KEY_ID: [u8; 16] = [1; 16];

impl Bench {
    fn start() -> Self {
        let folder =
            std::env::temp_dir().join(format!("strongroom-benches-{}", std::process::id()));
        std::fs::create_dir(&folder).expect("a temporary folder");
        let path = folder.join("root.key").to_string_lossy().into_owned();
        let mut root = sr_root_t { bits: 0 };
        // SAFETY: every pointer is NULL or to a live value.
        unsafe {
            check(sr_start(1 << 20, ptr::null_mut()));
            check(sr_root_create_file(
                bytes(path.as_bytes()),
                &mut root,
                ptr::null_mut(),
            ));
        }
        std::fs::remove_dir_all(&folder).expect("the folder just made");
        Self {
            root,
            key: sr_key_t { bits: 0 },
            sealed: Vec::new(),
        }
    }

    fn key(&mut self, algorithm: u32) {
        let spec = sr_key_spec_t {
            key_id: KEY_ID,
            version: 1,
            algorithm,
            usages: SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT,
            flags: 0,
            created_at: 0,
        };
        let mut sealed = vec![0; SR_SEALED_KEY_MAX_BYTES];
        let mut length = 0;
        // SAFETY: every pointer is NULL or to a live value.
        unsafe {
            let out = buffer(&mut sealed, &mut length);
            check(sr_key_generate(self.root, &spec, out, ptr::null_mut()));
        }
        sealed.truncate(length);
        self.sealed = sealed;
        self.key = self.open();
    }

    fn open(&self) -> sr_key_t {
        let mut key = sr_key_t { bits: 0 };
        // SAFETY: every pointer is NULL or to a live value.
        unsafe {
            let (sealed, id) = (bytes(&self.sealed), bytes(&KEY_ID));
            check(sr_key_open(
                self.root,
                sealed,
                id,
                1,
                &mut key,
                ptr::null_mut(),
            ));
        }
        key
    }

    fn open_and_release(&self) {
        let key = self.open();
        // SAFETY: NULL is allowed.
        unsafe { check(sr_key_release(key, ptr::null_mut())) };
    }

    fn messages(&self, name: &str, size: usize) {
        let plaintext = vec![3u8; size];
        let associated_data = [5u8; 16];
        let mut ciphertext = vec![0u8; size + 40];
        let mut opened = vec![0u8; size];
        let mut length = 0;
        let count = if size > 10_000 { 10_000 } else { 200_000 };
        // SAFETY: every pointer is to a live value.
        measure(&format!("{name} encrypt {size} B"), count, || unsafe {
            let mut error = std::mem::zeroed();
            let out = buffer(&mut ciphertext, &mut length);
            check(sr_key_encrypt(
                self.key,
                bytes(&plaintext),
                bytes(&associated_data),
                out,
                &mut error,
            ));
        });
        ciphertext.truncate(length);
        // SAFETY: every pointer is to a live value.
        measure(&format!("{name} decrypt {size} B"), count, || unsafe {
            let mut error = std::mem::zeroed();
            let out = buffer(&mut opened, &mut length);
            check(sr_key_decrypt(
                self.key,
                bytes(&ciphertext),
                bytes(&associated_data),
                out,
                &mut error,
            ));
        });
    }

    fn token_mac(&self, token: &[u8]) {
        let mut mac = [0u8; SR_TOKEN_MAC_BYTES];
        let mut length = 0;
        // SAFETY: every pointer is to a live value.
        unsafe {
            let mut error = std::mem::zeroed();
            let out = buffer(&mut mac, &mut length);
            check(sr_root_token_mac(self.root, bytes(token), out, &mut error));
        }
    }
}

fn bytes(bytes: &[u8]) -> sr_bytes_t {
    sr_bytes_t {
        data: bytes.as_ptr(),
        length: bytes.len(),
    }
}

fn buffer(room: &mut [u8], length: &mut usize) -> sr_buffer_t {
    sr_buffer_t {
        data: room.as_mut_ptr(),
        capacity: room.len(),
        length,
    }
}

fn check(status: u32) {
    assert_eq!(status, SR_OK);
}
