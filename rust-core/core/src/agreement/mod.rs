//! Key agreement: ECDH over the NIST curves (NIST SP 800-56A, 5.7.1.2) and X25519 (RFC 7748). The secret that the two
//! share goes through HKDF and never leaves as it is.

use crate::algorithm::Family;
use crate::derivation::hkdf;
use crate::key::Material;
use crate::public_key::{ec_point, x25519_point};
use crate::{Core, Error, Hash, Key, Usages, DERIVED_MAX_BYTES, MESSAGE_MAX_BYTES};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use openssl::pkey_ctx::PkeyCtx;
use strongroom_memory::{wipe, Wiped};

/// The longest secret: a coordinate of P-521.
const SECRET_MAX_BYTES: usize = 66;

/// HKDF's parameters (RFC 5869) for a shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreementKdf<'a> {
    /// HKDF's hash.
    pub hash: Hash,
    /// May be empty.
    pub salt: &'a [u8],
    /// What the derived bytes are for. It should name both parties.
    pub info: &'a [u8],
}

impl Key {
    /// Fills `output` (1 to [`DERIVED_MAX_BYTES`]) with what this key and the holder of `public_key` share, derived by
    /// `kdf`. The public key is on the same curve: raw (04 || x || y; 32 bytes for X25519) or SubjectPublicKeyInfo in
    /// DER.
    ///
    /// Errors: `UsageNotAllowed`, `SchemeNotOfKey`, `PublicKeyInvalid` (not on the curve, in another encoding, or of
    /// small order), `LengthOutOfRange`, `MessageTooLong` (salt or info), `FeatureNotBuilt` (SHA-1).
    pub fn agree(
        &self,
        core: &Core,
        public_key: &[u8],
        kdf: AgreementKdf<'_>,
        output: &mut [u8],
    ) -> Result<(), Error> {
        self.allow(Usages::AGREE)?;
        let Material::Pair(pair) = self.material() else {
            return Err(Error::SchemeNotOfKey);
        };
        core.allowed(kdf.hash)?;
        if kdf.salt.len() > MESSAGE_MAX_BYTES || kdf.info.len() > MESSAGE_MAX_BYTES {
            return Err(Error::MessageTooLong);
        }
        if output.len() > DERIVED_MAX_BYTES {
            return Err(Error::LengthOutOfRange);
        }
        let peer = match self.spec().algorithm().family() {
            Family::Ecdh(curve) => PKey::from_ec_key(ec_point(core, curve, public_key)?)?,
            Family::X25519 => x25519_point(public_key)?,
            _ => return Err(Error::SchemeNotOfKey),
        };
        let mut room = Wiped::new([0; SECRET_MAX_BYTES]);
        let length = secret(pair, &peer, room.as_mut_slice())?;
        let secret = room.get(..length).ok_or(Error::Internal)?;
        let result = hkdf(kdf.hash, secret, kdf.salt, kdf.info, output);
        if result.is_err() {
            wipe(output);
        }
        result
    }
}

/// Writes the shared secret and gives its length.
///
/// Errors: `PublicKeyInvalid` (of small order, or refused by OpenSSL), `CryptoLibrary`.
pub(crate) fn secret(
    pair: &PKeyRef<Private>,
    peer: &PKeyRef<Public>,
    output: &mut [u8],
) -> Result<usize, Error> {
    let mut context = PkeyCtx::new(pair)?;
    context.derive_init()?;
    let result = context
        .derive_set_peer(peer)
        .and_then(|()| context.derive(None))
        .and_then(|length| match output.get_mut(..length) {
            Some(output) => context.derive(Some(output)),
            None => Err(ErrorStack::get()),
        });
    result.map_err(|_| Error::PublicKeyInvalid)
}
