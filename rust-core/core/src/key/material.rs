//! Key material made ready for use: parsed once, when the key is opened.
//!
//! All of it lies in secret memory: what the core computes with itself, and the objects that OpenSSL needs for RSA,
//! curves and CMAC. An object that OpenSSL fills in further at its first use is used once at the start, in the same scope,
//! so that nothing of a key is made elsewhere later.

use crate::aead::{AeadKey, ConvergentKey};
use crate::algorithm::{key_type, Curve, Family, Fetched};
use crate::mac::{cmac, MacKey};
use crate::secret_memory::in_secret_memory;
use crate::signature::RsaPair;
use crate::{Algorithm, Core, Error};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcKey, EcPoint};
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use strongroom_memory::{SecretBytes, Wiped};

/// A key, ready for use.
pub(crate) enum Material {
    Aead(AeadKey),
    Convergent(ConvergentKey),
    Mac(MacKey),
    /// Used as it is: HKDF and key wrap.
    Secret(SecretBytes),
    /// What subkeys are derived from by context, and nothing else.
    Parent(SecretBytes),
    /// ECDSA, whose operations take the curve's own object.
    Ec(EcKey<Private>),
    Rsa(RsaPair),
    /// Every other pair.
    Pair(PKey<Private>),
}

impl Material {
    /// Parses the sealed form of a key.
    ///
    /// Errors: `AlgorithmUnavailable`, `KeyMaterialInvalid`, `SecretMemoryExhausted`, `CryptoLibrary`.
    pub(crate) fn new(
        core: &Core,
        algorithm: Algorithm,
        material: SecretBytes,
    ) -> Result<Self, Error> {
        if !core.has(algorithm) {
            return Err(Error::AlgorithmUnavailable);
        }
        if !algorithm.key_lengths().contains(&material.len()) {
            return Err(Error::KeyMaterialInvalid);
        }
        in_secret_memory(|| Self::parse(core, algorithm, material))
    }

    fn parse(core: &Core, algorithm: Algorithm, material: SecretBytes) -> Result<Self, Error> {
        let used = |key: Result<PKey<Private>, _>| {
            let key = key.map_err(|_| Error::KeyMaterialInvalid)?;
            use_once(&key)?;
            Ok::<_, Error>(key)
        };
        let pair = |key| Ok(Self::Pair(used(key)?));
        match algorithm.family() {
            Family::Aead => Ok(Self::Aead(AeadKey::from_material(
                core, algorithm, &material,
            )?)),
            Family::Hmac(_) | Family::Cmac => Ok(Self::Mac(MacKey::new(algorithm, material)?)),
            Family::Hkdf | Family::KeyWrap => Ok(Self::Secret(material)),
            Family::Ecdsa(curve) => Ok(Self::Ec(scalar_key(core, curve, &material)?)),
            Family::Ecdh(curve) => pair(PKey::from_ec_key(scalar_key(core, curve, &material)?)),
            Family::Ed25519 => pair(PKey::private_key_from_raw_bytes(&material, Id::ED25519)),
            Family::X25519 => pair(PKey::private_key_from_raw_bytes(&material, Id::X25519)),
            Family::Rsa(bits) => {
                let key = used(PKey::from_rsa(rsa_key(bits, &material)?))?;
                Ok(Self::Rsa(RsaPair::new(key)))
            }
            Family::MlDsa => pair(PKey::private_key_from_pkcs8(&material)),
        }
    }
}

/// Has OpenSSL make what it keeps of each kind of key, outside of secret memory: the implementations that it finds by name. Made
/// for the first key of a kind, they would take secret memory for good, and count as that key's.
///
/// Errors: `CryptoLibrary`.
pub(crate) fn prepare(fetched: &Fetched) -> Result<(), Error> {
    // The shortest that there are: it is for no secret.
    let rsa = Rsa::generate(512)?.private_key_to_der()?;
    use_once(&PKey::from_rsa(Rsa::private_key_from_der(&rsa)?)?)?;
    for curve in Curve::ALL {
        if let Ok(group) = fetched.group(curve) {
            use_once(&PKey::from_ec_key(EcKey::generate(group)?)?)?;
        }
    }
    for id in [Id::ED25519, Id::X25519] {
        use_once(&PKey::private_key_from_raw_bytes(&[1; 32], id)?)?;
    }
    for length in [16, 24, 32] {
        cmac::prepare(length)?;
    }
    for algorithm in Algorithm::ALL {
        if let (Family::MlDsa, true) = (algorithm.family(), fetched.has(algorithm)) {
            let id = key_type(algorithm.name()).ok_or(Error::AlgorithmUnavailable)?;
            let mut context = PkeyCtx::new_id(id)?;
            context.keygen_init()?;
            PKey::private_key_from_pkcs8(&context.keygen()?.private_key_to_der()?)?;
        }
    }
    Ok(())
}

/// The key of a big-endian scalar, with its public point computed.
///
/// Errors: `KeyMaterialInvalid` (0, or not below the order), `CryptoLibrary`.
pub(crate) fn scalar_key(
    core: &Core,
    curve: Curve,
    scalar: &[u8],
) -> Result<EcKey<Private>, Error> {
    let group = core.fetched.group(curve)?;
    let mut context = BigNumContext::new_secure()?;
    let mut order = BigNum::new()?;
    group.order(&mut order, &mut context)?;
    let mut private = BigNum::new_secure()?;
    private.set_const_time();
    private.copy_from_slice(scalar)?;
    if private.num_bits() == 0 || private.ucmp(&order).is_ge() {
        return Err(Error::KeyMaterialInvalid);
    }
    let mut public = EcPoint::new(group)?;
    public.mul_generator(group, &private, &context)?;
    Ok(EcKey::from_private_components(group, &private, &public)?)
}

/// The object of a pair's RSA key. Errors: `SchemeNotOfKey`.
pub(crate) fn rsa_of(material: &Material) -> Result<&PKey<Private>, Error> {
    match material {
        Material::Rsa(pair) => Ok(pair.key()),
        Material::Parent(_) => Err(Error::ContextMismatch),
        _ => Err(Error::SchemeNotOfKey),
    }
}

/// Has OpenSSL make all that it keeps of a key: its own copy of an RSA key or a curve's, and what it multiplies with
/// modulo RSA's primes.
///
/// Errors: `KeyMaterialInvalid` (numbers of an RSA key that do not belong together), `CryptoLibrary`.
fn use_once(key: &PKey<Private>) -> Result<(), Error> {
    let mut context = PkeyCtx::new(key)?;
    match key.id() {
        Id::RSA => {
            let mut signature = Wiped::new([0; MODULUS_MAX_BYTES]);
            context.sign_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            let written = context.sign(b"strongroom", Some(signature.as_mut_slice()));
            written.map_err(|_| Error::KeyMaterialInvalid)?;
        }
        Id::EC | Id::X25519 => context.derive_init()?,
        _ => {}
    }
    Ok(())
}

/// Bytes of the longest modulus.
const MODULUS_MAX_BYTES: usize = 512;

/// Errors: `KeyMaterialInvalid` (no key, or of another length).
fn rsa_key(bits: u32, der: &[u8]) -> Result<Rsa<Private>, Error> {
    let rsa = Rsa::private_key_from_der(der).map_err(|_| Error::KeyMaterialInvalid)?;
    if u32::try_from(rsa.n().num_bits()) == Ok(bits) {
        Ok(rsa)
    } else {
        Err(Error::KeyMaterialInvalid)
    }
}
