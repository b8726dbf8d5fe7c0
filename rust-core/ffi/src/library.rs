//! The library itself: its version, its start, its counters, and random bytes.

use crate::constants::{
    SR_ABI_MAJOR, SR_ABI_MINOR, SR_KIND_KEY, SR_KIND_ROOT, SR_KIND_SHARES, SR_KIND_UNSEAL_KEY,
    SR_PROTECTION_MEMFD_SECRET, SR_PROTECTION_MLOCK, SR_RANDOM_MAX_BYTES,
};
use crate::export::export;
use crate::handle::Kind;
use crate::manifest::FINGERPRINT;
use crate::state;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_secret_memory_t};
use strongroom_core::{CollectedShares, Error, Key, RootKey, UnsealKey};
use strongroom_memory::{self as memory, Arena, Protection};
use strongroom_sync::atomic::Ordering;

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
    }

    functions {
        /// Reserves secret memory and prepares the library, once.
        4 Unstarted fn sr_start(_library; secret_memory_bytes: u64) {
            state::start(|| {
                let bytes = usize::try_from(secret_memory_bytes)
                    .map_err(|_| Failure::at(1, Error::LengthOutOfRange))?;
                let arena = Arena::new(bytes).map_err(|error| match error {
                    memory::Error::NotLocked { limit } => {
                        Failure::with_number(Error::SecretMemoryExhausted, limit)
                    }
                    other => Failure::at(1, other.into()),
                })?;
                // Too late only where the process used OpenSSL before: then the core keeps no contexts.
                strongroom_openssl::install(&arena);
                Ok(arena)
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
                key_bytes: u32::try_from(library.core.key_bytes()).unwrap_or(u32::MAX),
            };
            Ok(())
        }

        /// How many objects of a kind live.
        6 Started fn sr_live_handles(library; kind: u32, out: *mut u64) {
            *out = match kind {
                SR_KIND_ROOT => library.roots.live(),
                SR_KIND_KEY => library.keys.live(),
                SR_KIND_UNSEAL_KEY => library.unseal_keys.live(),
                SR_KIND_SHARES => library.shares.live(),
                _ => return Err(Failure::at(1, Error::InvalidArgument)),
            };
            Ok(())
        }

        /// How many bytes of secret memory the objects of a kind take.
        8 Started fn sr_live_bytes(_library; kind: u32, out: *mut u64) {
            let bytes = match kind {
                SR_KIND_ROOT => RootKey::live_bytes(),
                SR_KIND_KEY => Key::live_bytes(),
                SR_KIND_UNSEAL_KEY => UnsealKey::live_bytes(),
                SR_KIND_SHARES => CollectedShares::live_bytes(),
                _ => return Err(Failure::at(1, Error::InvalidArgument)),
            };
            *out = bytes.load(Ordering::Relaxed);
            Ok(())
        }

        /// Gives up making RSA keys, or makes them again.
        9 Started fn sr_interrupt(library; interrupted: u32) {
            match interrupted {
                0 | 1 => library.core.interrupt(interrupted == 1),
                _ => return Err(Failure::at(1, Error::InvalidArgument)),
            }
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
