//! Keys made elsewhere, coming in wrapped to an RSA key of ours whose private half never left the core. An import key
//! is such a key: RSA-4096 with the usage to unwrap and no other.

use super::{private_key, PRIVATE_KEY_MAX_BYTES, TRANSPORT_KEY_BYTES};
use crate::rsa::{decrypt, MODULUS_MAX_BYTES};
use crate::wrap::{unwrap, unwrapped_max_bytes};
use crate::{blob, Core, Error, Hash, Key, KeySpec, Oaep, RootKey, Usages, WrapScheme};
use strongroom_memory::{SecretBytes, Wiped};

/// How material is wrapped to an import key, with the hash of RSA-OAEP, whose label is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportWrapping {
    /// RSA-OAEP of a random AES-256 key, then AES-KWP (RFC 5649) of the material under that: any key.
    OaepThenKwp(Hash),
    /// RSA-OAEP of the material itself: what is short enough.
    Oaep(Hash),
}

impl Key {
    /// Unwraps a key that was wrapped to this RSA key, and writes it sealed as `spec` says, marked as imported; gives
    /// the length of the sealed key, for which [`crate::SEALED_KEY_MAX_BYTES`] is room. A private key comes as PKCS#8
    /// in DER, any other as its bytes.
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey` (this is no RSA key), `MalformedCiphertext` (its length),
    /// `AuthenticationFailed` (it does not unwrap), `KeyMaterialInvalid` (not a sound key of the algorithm),
    /// `AlgorithmUnavailable`, `SecretMemoryExhausted`.
    pub fn import(
        &self,
        core: &Core,
        root: &RootKey,
        wrapping: ImportWrapping,
        wrapped: &[u8],
        spec: &KeySpec,
        sealed: &mut [u8],
    ) -> Result<usize, Error> {
        self.allow(Usages::UNWRAP)?;
        let algorithm = spec.algorithm();
        if !core.has(algorithm) {
            return Err(Error::AlgorithmUnavailable);
        }
        let bytes = self.unwrap_import(core, wrapping, wrapped)?;
        let material = if algorithm.is_pair() {
            private_key::decode(core, algorithm, &bytes)?
        } else {
            private_key::raw(core, algorithm, &bytes)?
        };
        let length = blob::sealed_bytes(material.len());
        let sealed = sealed.get_mut(..length).ok_or(Error::Internal)?;
        blob::seal(core, &root.sealing, &spec.imported(), &material, sealed)?;
        Ok(length)
    }

    fn unwrap_import(
        &self,
        core: &Core,
        wrapping: ImportWrapping,
        wrapped: &[u8],
    ) -> Result<SecretBytes, Error> {
        let modulus = self.oaep_modulus_bytes()?;
        let (encrypted, rest) = wrapped
            .split_at_checked(modulus)
            .ok_or(Error::MalformedCiphertext)?;
        let mut room = Wiped::new([0; MODULUS_MAX_BYTES]);
        let hash = match wrapping {
            ImportWrapping::OaepThenKwp(hash) | ImportWrapping::Oaep(hash) => hash,
        };
        let oaep = Oaep { hash, label: &[] };
        let length = decrypt(self.material(), oaep, encrypted, room.as_mut_slice())?;
        let found = room.get(..length).ok_or(Error::Internal)?;
        match wrapping {
            ImportWrapping::Oaep(_) if rest.is_empty() => secret_copy(core, found),
            ImportWrapping::OaepThenKwp(_) if found.len() == TRANSPORT_KEY_BYTES => {
                let longest = unwrapped_max_bytes(WrapScheme::Kwp, rest.len())?;
                if longest > PRIVATE_KEY_MAX_BYTES {
                    return Err(Error::MalformedCiphertext);
                }
                let mut bytes = core.arena.allocate(longest)?;
                let length = unwrap(core, found, WrapScheme::Kwp, rest, &mut bytes)?;
                secret_copy(core, bytes.get(..length).ok_or(Error::Internal)?)
            }
            ImportWrapping::Oaep(_) => Err(Error::MalformedCiphertext),
            ImportWrapping::OaepThenKwp(_) => Err(Error::AuthenticationFailed),
        }
    }
}

fn secret_copy(core: &Core, bytes: &[u8]) -> Result<SecretBytes, Error> {
    let mut copy = core.arena.allocate(bytes.len())?;
    copy.copy_from_slice(bytes);
    Ok(copy)
}
