//! Keys that leave: only in a build with the feature `export`, only with the flag for it sealed into the key, and only
//! wrapped to an RSA key of the receiver's, as an import takes them.

use super::{pkcs8, PRIVATE_KEY_MAX_BYTES, TRANSPORT_KEY_BYTES};
use crate::public_key::rsa_public_key;
use crate::rsa::encrypt;
use crate::wrap::{wrap, wrapped_bytes};
use crate::{blob, Core, Error, Flags, Hash, Key, KeyId, Oaep, RootKey, WrapScheme};
use strongroom_memory::{wipe, Wiped};

/// Room enough for any export: an RSA block of 8192 bits and the longest private key, wrapped.
pub const EXPORT_MAX_BYTES: usize = 1024 + PRIVATE_KEY_MAX_BYTES + 16;

impl Key {
    /// Wraps a sealed key to `public_key`, an RSA key of 2048 to 8192 bits as SubjectPublicKeyInfo in DER: RSA-OAEP
    /// (`hash`, empty label) of a random AES-256 key, then AES-KWP of the material, a private key being PKCS#8 in DER.
    /// Gives the length of what is written to `wrapped`, for which [`EXPORT_MAX_BYTES`] is room.
    ///
    /// Errors: `FeatureNotBuilt`; those of [`Key::open`]; `NotExportable`, `PublicKeyInvalid`, `BufferTooSmall`,
    /// `RandomUnavailable`.
    #[allow(clippy::too_many_arguments)]
    pub fn export(
        core: &Core,
        root: &RootKey,
        sealed: &[u8],
        id: KeyId,
        version: u32,
        public_key: &[u8],
        hash: Hash,
        wrapped: &mut [u8],
    ) -> Result<usize, Error> {
        if !cfg!(feature = "export") {
            return Err(Error::FeatureNotBuilt);
        }
        let (spec, material) = blob::open(core, &root.sealing, sealed, id, Some(version))?;
        if !spec.flags().contains(Flags::EXPORTABLE) {
            return Err(Error::NotExportable);
        }
        let receiver = rsa_public_key(public_key)?;
        let algorithm = spec.algorithm();
        let private;
        let bytes: &[u8] = if algorithm.is_pair() {
            private = pkcs8::encode(core, algorithm, &material)?;
            &private
        } else {
            &material
        };
        let modulus = receiver.size();
        let length = modulus + wrapped_bytes(WrapScheme::Kwp, bytes.len())?;
        let output = wrapped.get_mut(..length).ok_or(Error::BufferTooSmall)?;
        let (encrypted, rest) = output
            .split_at_mut_checked(modulus)
            .ok_or(Error::Internal)?;
        let mut transport = Wiped::new([0; TRANSPORT_KEY_BYTES]);
        let result = core
            .random(transport.as_mut_slice())
            .and_then(|()| wrap(core, transport.as_slice(), WrapScheme::Kwp, bytes, rest))
            .and_then(|()| {
                let oaep = Oaep { hash, label: &[] };
                encrypt(&*receiver, oaep, transport.as_slice(), encrypted)
            });
        if result.is_err() {
            wipe(output);
        }
        result.map(|()| length)
    }
}
