//! Convergent encryption: one message always gives one ciphertext, so that ciphertexts can be compared and searched
//! for, at the price that equal messages are seen to be equal.
//!
//! The nonce is the start of HMAC-SHA-256(nonce key, |associated data| || associated data || |plaintext| || plaintext),
//! lengths being 64-bit big-endian. It stands for everything that is encrypted: a nonce comes twice only with the
//! whole message (or, for 96 bits, by a chance of 2^-32 after 2^32 messages, as with random nonces). The nonce key is
//! derived with the subkey of the context, so key and context are bound as well. Decrypting needs none of this: the
//! nonce is at the front of the ciphertext, as always.

use super::AeadKey;
use crate::mac::HmacKey;
use crate::{Core, Error};
use strongroom_memory::{wipe, Wiped};

const MAC_BYTES: usize = 32;

/// An AEAD key and the key of the function that makes its nonces.
pub(crate) struct ConvergentKey {
    pub(crate) aead: AeadKey,
    /// HMAC-SHA-256.
    pub(crate) nonces: HmacKey,
}

impl ConvergentKey {
    /// As [`AeadKey::seal`], under the message's own nonce.
    pub(crate) fn seal(
        &self,
        core: &Core,
        plaintext: &[u8],
        associated_data: &[u8],
        output: &mut [u8],
    ) -> Result<(), Error> {
        let (nonce, sealed) = output
            .split_at_mut_checked(self.aead.algorithm.nonce_bytes())
            .ok_or(Error::Internal)?;
        let result = self
            .nonce(core, plaintext, associated_data, nonce)
            .and_then(|()| {
                self.aead
                    .seal_with_nonce(core, nonce, plaintext, associated_data, sealed)
            });
        if result.is_err() {
            wipe(output);
        }
        result
    }

    fn nonce(
        &self,
        core: &Core,
        plaintext: &[u8],
        associated_data: &[u8],
        nonce: &mut [u8],
    ) -> Result<(), Error> {
        let length = |part: &[u8]| (part.len() as u64).to_be_bytes();
        let mut mac = Wiped::new([0; MAC_BYTES]);
        self.nonces.mac(
            core,
            &[
                &length(associated_data),
                associated_data,
                &length(plaintext),
                plaintext,
            ],
            mac.as_mut_slice(),
        )?;
        let start = mac.get(..nonce.len()).ok_or(Error::Internal)?;
        nonce.copy_from_slice(start);
        Ok(())
    }
}
