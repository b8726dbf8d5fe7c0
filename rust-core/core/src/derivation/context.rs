//! Derived keys: a subkey a context, so that what belongs to different contexts is under different keys.
//!
//! The subkey is HKDF-SHA-256 with the key's material as input, no salt, and the context as info. With convergent
//! encryption 32 bytes more are taken of the same output: the key of the function that makes the nonces. A shorter
//! output of HKDF is the start of a longer one, so both kinds have the same subkey.

use super::hkdf;
use crate::aead::{AeadKey, ConvergentKey};
use crate::algorithm::Family;
use crate::key::Material;
use crate::mac::HmacKey;
use crate::{Core, Error, Flags, Hash, Key, MESSAGE_MAX_BYTES};
use strongroom_memory::SecretBytes;

const NONCE_KEY_BYTES: usize = 32;

impl Key {
    /// The subkey for `context` of a derived key. It counts its uses with the key that it comes from.
    ///
    /// Errors: `ContextMismatch` (the key is not derived, or the context is empty), `MessageTooLong` (the context),
    /// `SecretMemoryExhausted`.
    pub fn subkey(&self, core: &Core, context: &[u8]) -> Result<Key, Error> {
        let Material::Parent(parent) = self.material() else {
            return Err(Error::ContextMismatch);
        };
        if context.is_empty() {
            return Err(Error::ContextMismatch);
        }
        if context.len() > MESSAGE_MAX_BYTES {
            return Err(Error::MessageTooLong);
        }
        Self::keep(core, || self.make_subkey(core, parent, context))
    }

    fn make_subkey(&self, core: &Core, parent: &[u8], context: &[u8]) -> Result<Key, Error> {
        let algorithm = self.spec().algorithm();
        let derive = |length| -> Result<SecretBytes, Error> {
            let mut output = core.arena.allocate(length)?;
            hkdf(Hash::Sha256, parent, &[], context, &mut output)?;
            Ok(output)
        };
        let length = algorithm.key_bytes();
        let material = match algorithm.family() {
            Family::Aead if self.spec().flags().contains(Flags::CONVERGENT) => {
                let output = derive(length + NONCE_KEY_BYTES)?;
                let (key, nonce_key) = output.split_at_checked(length).ok_or(Error::Internal)?;
                Material::Convergent(ConvergentKey {
                    aead: AeadKey::from_material(core, algorithm, key)?,
                    nonces: HmacKey::new(core, Hash::Sha256, nonce_key)?,
                })
            }
            _ => Material::new(core, algorithm, derive(length)?)?,
        };
        Ok(self.derived(material))
    }
}
