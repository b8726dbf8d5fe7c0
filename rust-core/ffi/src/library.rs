//! The library itself: its version, its start, its counters, and random bytes.

use crate::constants::{
    SR_ABI_MAJOR, SR_ABI_MINOR, SR_FEATURE_EXPORT, SR_FEATURE_FAULT_INJECTION,
    SR_FEATURE_LEGACY_ALGORITHMS, SR_KIND_KEY, SR_KIND_ROOT, SR_PROTECTION_MEMFD_SECRET,
    SR_PROTECTION_MLOCK, SR_RANDOM_MAX_BYTES,
};
use crate::export::export;
use crate::manifest::FINGERPRINT;
use crate::state;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_secret_memory_t};
use strongroom_core::Error;
use strongroom_memory::{self as memory, Arena, Protection};

const FEATURES: u64 = if cfg!(feature = "export") {
    SR_FEATURE_EXPORT
} else {
    0
} | if cfg!(feature = "legacy-algorithms") {
    SR_FEATURE_LEGACY_ALGORITHMS
} else {
    0
} | if cfg!(feature = "fault-injection") {
    SR_FEATURE_FAULT_INJECTION
} else {
    0
};

export! {
    values {
        /// `SR_ABI_MAJOR << 16 | SR_ABI_MINOR` of the library.
        1 fn sr_abi_version() -> u32 {
            SR_ABI_MAJOR << 16 | SR_ABI_MINOR
        }

        /// The hash over the manifest.
        2 fn sr_abi_fingerprint() -> u64 {
            FINGERPRINT
        }

        /// The features that the library was built with.
        3 fn sr_features() -> u64 {
            FEATURES
        }
    }

    functions {
        /// Reserves secret memory and prepares the library, once.
        4 Unstarted fn sr_start(_library; secret_memory_bytes: u64) {
            state::start(|| {
                let bytes = usize::try_from(secret_memory_bytes)
                    .map_err(|_| Failure::at(1, Error::LengthOutOfRange))?;
                Arena::new(bytes).map_err(|error| match error {
                    memory::Error::NotLocked { limit } => {
                        Failure::with_number(Error::SecretMemoryExhausted, limit)
                    }
                    other => Failure::at(1, other.into()),
                })
            })
        }

        /// What protects secret memory, and how much of it is in use.
        5 Started fn sr_secret_memory(library; out: *mut sr_secret_memory_t) {
            let arena = library.core.arena();
            let usage = arena.usage();
            *out = sr_secret_memory_t {
                capacity: usage.capacity as u64,
                used: usage.used as u64,
                protection: match arena.protection() {
                    Protection::MemfdSecret => SR_PROTECTION_MEMFD_SECRET,
                    Protection::Mlock => SR_PROTECTION_MLOCK,
                },
                reserved: 0,
            };
            Ok(())
        }

        /// How many objects of a kind live.
        6 Started fn sr_live_handles(library; kind: u32, out: *mut u64) {
            *out = match kind {
                SR_KIND_ROOT => library.roots.live(),
                SR_KIND_KEY => library.keys.live(),
                _ => return Err(Failure::at(1, Error::InvalidArgument)),
            };
            Ok(())
        }

        /// Fills the whole buffer with random bytes.
        7 Started fn sr_random(library; out: sr_buffer_t) {
            let bytes = out.capacity();
            if bytes == 0 || bytes > SR_RANDOM_MAX_BYTES {
                return Err(Failure::at(1, Error::LengthOutOfRange));
            }
            out.fill(bytes, |room| library.core.random(room))
        }
    }
}
