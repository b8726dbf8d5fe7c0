//! What is derived from keys over the boundary: subkeys, bytes, shared secrets; and how often a key encrypts.

use crate::algorithm::hash;
use crate::buffer::Buffer;
use crate::export::export;
use crate::handle::Kind;
use crate::state::Library;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_bytes_t, sr_key_t};
use strongroom_core::{AgreementKdf, Core, Key};

export! {
    functions {
        /// The subkey of a derived key for a context.
        46 Started fn sr_key_subkey(
            library; key: sr_key_t, context: sr_bytes_t, out: *mut sr_key_t
        ) {
            out.bits = key.subkey(&library.core, context)?.insert(library)?;
            Ok(())
        }

        /// Gives a key a block of uses.
        47 Started fn sr_key_reserve_uses(_library; key: sr_key_t, start: u64, count: u64) {
            Ok(key.reserve_uses(start, count)?)
        }

        /// Fills the whole buffer with bytes derived from a key.
        48 Started fn sr_key_derive(
            library; key: sr_key_t, salt: sr_bytes_t, info: sr_bytes_t, derived: sr_buffer_t
        ) {
            derive(&library.core, key, salt, info, derived)
        }

        /// Fills the whole buffer with bytes derived from what two keys share.
        49 Started fn sr_key_agree(
            library; key: sr_key_t, public_key: sr_bytes_t, hash: u32, salt: sr_bytes_t,
            info: sr_bytes_t, derived: sr_buffer_t
        ) {
            agree(library, key, hash, [public_key, salt, info], derived)
        }
    }
}

/// `sr_key_derive`, alone or as an item of a batch; as the following is.
pub(crate) fn derive(
    core: &Core,
    key: &Key,
    salt: &[u8],
    info: &[u8],
    derived: Buffer<'_>,
) -> Result<(), Failure> {
    let bytes = derived.capacity();
    derived.fill(bytes, |room| key.derive(core, salt, info, room))
}

/// `sr_key_agree`.
pub(crate) fn agree(
    library: &Library,
    key: &Key,
    hash: u32,
    [public_key, salt, info]: [&[u8]; 3],
    derived: Buffer<'_>,
) -> Result<(), Failure> {
    let hash = self::hash(library, hash, 3)?;
    let bytes = derived.capacity();
    derived.fill(bytes, |room| {
        let kdf = AgreementKdf { hash, salt, info };
        key.agree(&library.core, public_key, kdf, room)
    })
}
