//! Private keys that come from outside, as PKCS#8 in DER: OneAsymmetricKey of RFC 5958, with the keys of RFC 8017 (RSA), RFC
//! 5915 (curves) and RFC 8410 (Ed25519, X25519) inside. Nothing that these do not define is taken, and OpenSSL sees only what
//! was parsed here.

use super::der::{
    check_attributes, whole_bytes, Der, BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING,
};
use super::pkcs8::{identifier_of, private_key_info};
use crate::algorithm::{Curve, Family};
use crate::key::{padded, scalar_key};
use crate::secret_memory::in_secret_memory;
use crate::{Algorithm, Core, Error};
use openssl::bn::BigNumContext;
use openssl::ec::{EcKey, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use strongroom_memory::{SecretBytes, Wiped};

/// The material of a private key that comes as PKCS#8: of the algorithm, sound, and of the public key beside it, if there
/// is one.
///
/// Errors: `KeyMaterialInvalid`, `AlgorithmUnavailable`, `SecretMemoryExhausted`, `CryptoLibrary`.
pub(crate) fn decode(core: &Core, algorithm: Algorithm, der: &[u8]) -> Result<SecretBytes, Error> {
    in_secret_memory(|| parse(core, algorithm, der))
}

/// How a private key is written.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// OneAsymmetricKey, which says what kind of key it is.
    Pkcs8,
    /// ECPrivateKey, which names its curve.
    Ec,
    /// RSAPrivateKey.
    Rsa,
}

/// A private key to sign with whose algorithm is what it says itself: that, and its material.
///
/// Errors: those of [`decode`]; `AlgorithmUnavailable` (of another kind, curve or size than keys here have).
pub(super) fn decode_any(
    core: &Core,
    form: Form,
    der: &[u8],
) -> Result<(Algorithm, SecretBytes), Error> {
    in_secret_memory(|| {
        let algorithm = match form {
            Form::Pkcs8 => algorithm_of_info(der)?,
            Form::Ec => algorithm_of_curve(der)?,
            Form::Rsa => algorithm_of_modulus(der)?,
        };
        let identifier = identifier_of(algorithm)?;
        let key = match form {
            Form::Pkcs8 => OneAsymmetricKey::parse(der, identifier, algorithm)?,
            Form::Ec | Form::Rsa => OneAsymmetricKey {
                private: der,
                public: None,
            },
        };
        let material = material(core, algorithm, &key)?;
        Ok::<_, Error>((algorithm, material))
    })
}

const CURVES: [Algorithm; 3] = [
    Algorithm::EcdsaP256,
    Algorithm::EcdsaP384,
    Algorithm::EcdsaP521,
];

fn algorithm_of_info(der: &[u8]) -> Result<Algorithm, Error> {
    let mut fields = Der::sequence(der)?;
    fields.value(INTEGER)?;
    for algorithm in CURVES.into_iter().chain([Algorithm::Ed25519]) {
        if fields.rest().starts_with(identifier_of(algorithm)?) {
            return Ok(algorithm);
        }
    }
    fields
        .exactly(identifier_of(Algorithm::Rsa2048)?)
        .map_err(|_| Error::AlgorithmUnavailable)?;
    algorithm_of_modulus(fields.value(OCTET_STRING)?)
}

/// By the parameters of an ECPrivateKey, which have to be there.
fn algorithm_of_curve(der: &[u8]) -> Result<Algorithm, Error> {
    let mut fields = Der::sequence(der)?;
    fields.exactly(&[INTEGER, 1, 1])?;
    fields.value(OCTET_STRING)?;
    let parameters = fields
        .optional(EC_PARAMETERS)?
        .ok_or(Error::KeyMaterialInvalid)?;
    for algorithm in CURVES {
        if parameters == curve_of(identifier_of(algorithm)?)? {
            return Ok(algorithm);
        }
    }
    Err(Error::AlgorithmUnavailable)
}

fn algorithm_of_modulus(der: &[u8]) -> Result<Algorithm, Error> {
    let mut fields = Der::sequence(der)?;
    fields.exactly(&[INTEGER, 1, 0])?;
    let modulus = fields.natural()?;
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
    match modulus.len() * 8 - unused as usize {
        2048 => Ok(Algorithm::Rsa2048),
        3072 => Ok(Algorithm::Rsa3072),
        4096 => Ok(Algorithm::Rsa4096),
        _ => Err(Error::AlgorithmUnavailable),
    }
}

fn parse(core: &Core, algorithm: Algorithm, der: &[u8]) -> Result<SecretBytes, Error> {
    let key = OneAsymmetricKey::parse(der, identifier_of(algorithm)?, algorithm)?;
    material(core, algorithm, &key)
}

fn material(
    core: &Core,
    algorithm: Algorithm,
    key: &OneAsymmetricKey,
) -> Result<SecretBytes, Error> {
    let identifier = identifier_of(algorithm)?;
    match algorithm.family() {
        Family::Rsa(bits) => {
            let rsa = rsa(key.private, bits)?;
            key.check_public(&rsa.public_key_to_der_pkcs1()?)?;
            padded(core, algorithm, key.private)
        }
        Family::Ecdsa(curve) | Family::Ecdh(curve) => {
            let (scalar, public) = ec_private_key(key.private, curve, identifier)?;
            let ec = scalar_key(core, curve, scalar)?;
            for public in [key.public, public].into_iter().flatten() {
                check_point(&ec, public)?;
            }
            raw(core, algorithm, scalar)
        }
        Family::Ed25519 => curve25519(core, algorithm, Id::ED25519, key),
        Family::X25519 => curve25519(core, algorithm, Id::X25519, key),
        Family::MlDsa => {
            let info = private_key_info(identifier, key.private);
            let pair = PKey::private_key_from_pkcs8(&info).map_err(invalid)?;
            key.check_public(&pair.raw_public_key()?)?;
            padded(core, algorithm, &Wiped::new(pair.private_key_to_der()?))
        }
        _ => Err(Error::Internal),
    }
}

/// Material that comes as it is, for keys that are no pairs.
///
/// Errors: `KeyMaterialInvalid` (its length), `SecretMemoryExhausted`.
pub(super) fn raw(core: &Core, algorithm: Algorithm, bytes: &[u8]) -> Result<SecretBytes, Error> {
    if !algorithm.key_lengths().contains(&bytes.len()) {
        return Err(Error::KeyMaterialInvalid);
    }
    let mut material = core.arena.allocate(bytes.len())?;
    material.copy_from_slice(bytes);
    Ok(material)
}

/// RFC 5958, section 2, whose tags are implicit.
struct OneAsymmetricKey<'a> {
    private: &'a [u8],
    public: Option<&'a [u8]>,
}

impl<'a> OneAsymmetricKey<'a> {
    const ATTRIBUTES: u8 = 0xA0;
    const PUBLIC_KEY: u8 = 0x81;
    /// ring before 0.17 tagged the public keys of Ed25519 explicitly.
    const PUBLIC_KEY_OF_RING: u8 = 0xA1;

    /// The version says whether there is a public key. The algorithm's identifier, parameters included, is exactly `identifier`: a
    /// key that another one restricts, as id-RSASSA-PSS and id-ecDH do, would lose its restriction here.
    fn parse(der: &'a [u8], identifier: &[u8], algorithm: Algorithm) -> Result<Self, Error> {
        let mut fields = Der::sequence(der)?;
        let has_public = match fields.value(INTEGER)? {
            [0] => false,
            [1] => true,
            _ => return Err(Error::KeyMaterialInvalid),
        };
        fields.exactly(identifier)?;
        let private = fields.value(OCTET_STRING)?;
        if let Some(attributes) = fields.optional(Self::ATTRIBUTES)? {
            check_attributes(attributes)?;
        }
        let mut public = None;
        if has_public {
            let explicit = match algorithm.family() {
                Family::Ed25519 => fields.optional(Self::PUBLIC_KEY_OF_RING)?,
                _ => None,
            };
            let bits = match explicit {
                Some(value) => Der::only(value, BIT_STRING)?,
                None => fields.value(Self::PUBLIC_KEY)?,
            };
            public = Some(whole_bytes(bits)?);
        }
        fields.end()?;
        Ok(Self { private, public })
    }

    fn check_public(&self, expected: &[u8]) -> Result<(), Error> {
        match self.public {
            Some(public) => check_equal(public, expected),
            None => Ok(()),
        }
    }
}

/// An RSAPrivateKey (RFC 8017, A.1.2) of two primes: of the right size, with primes that are none too few, and an exponent that
/// is neither small nor long.
fn rsa(der: &[u8], bits: u32) -> Result<Rsa<Private>, Error> {
    let mut fields = Der::sequence(der)?;
    fields.exactly(&[INTEGER, 1, 0])?;
    // n, e, d, p, q, and the three that are computed from these.
    for _ in 0..8 {
        fields.natural()?;
    }
    fields.end()?;
    let rsa = Rsa::private_key_from_der(der).map_err(invalid)?;
    let sound = u32::try_from(rsa.n().num_bits()) == Ok(bits)
        && (17..=32).contains(&rsa.e().num_bits())
        && rsa.e().is_bit_set(0)
        && rsa.d() < rsa.n()
        && rsa.check_key().unwrap_or(false);
    if sound {
        Ok(rsa)
    } else {
        Err(Error::KeyMaterialInvalid)
    }
}

/// The scalar of an ECPrivateKey (RFC 5915), which has the length of the order, and the public key if there is one. Parameters,
/// where they stand once more, are those of the identifier.
fn ec_private_key<'a>(
    der: &'a [u8],
    curve: Curve,
    identifier: &[u8],
) -> Result<(&'a [u8], Option<&'a [u8]>), Error> {
    const PUBLIC_KEY: u8 = 0xA1;
    let mut fields = Der::sequence(der)?;
    fields.exactly(&[INTEGER, 1, 1])?;
    let scalar = fields.value(OCTET_STRING)?;
    if scalar.len() != curve.scalar_bytes() {
        return Err(Error::KeyMaterialInvalid);
    }
    if let Some(parameters) = fields.optional(EC_PARAMETERS)? {
        check_equal(parameters, curve_of(identifier)?)?;
    }
    let public = match fields.optional(PUBLIC_KEY)? {
        Some(value) => Some(whole_bytes(Der::only(value, BIT_STRING)?)?),
        None => None,
    };
    fields.end()?;
    Ok((scalar, public))
}

/// The tag of the parameters of an ECPrivateKey.
const EC_PARAMETERS: u8 = 0xA0;

/// The parameters in the identifier of a curve's algorithm: the curve's name.
fn curve_of(identifier: &[u8]) -> Result<&[u8], Error> {
    let mut fields = Der::sequence(identifier)?;
    fields.value(OBJECT_IDENTIFIER)?;
    Ok(fields.rest())
}

/// Holds the public point of a key to one that came with it, in whichever of its two encodings (RFC 5480, 2.2) it came.
fn check_point(key: &EcKey<Private>, point: &[u8]) -> Result<(), Error> {
    let form = match point {
        [2 | 3, ..] => PointConversionForm::COMPRESSED,
        _ => PointConversionForm::UNCOMPRESSED,
    };
    let mut context = BigNumContext::new()?;
    let expected = key.public_key().to_bytes(key.group(), form, &mut context)?;
    check_equal(point, &expected)
}

/// A CurvePrivateKey (RFC 8410, section 7).
fn curve25519(
    core: &Core,
    algorithm: Algorithm,
    id: Id,
    key: &OneAsymmetricKey,
) -> Result<SecretBytes, Error> {
    let material = raw(core, algorithm, Der::only(key.private, OCTET_STRING)?)?;
    let pair = PKey::private_key_from_raw_bytes(&material, id)?;
    key.check_public(&pair.raw_public_key()?)?;
    Ok(material)
}

/// For what is public.
fn check_equal(found: &[u8], expected: &[u8]) -> Result<(), Error> {
    if found == expected {
        Ok(())
    } else {
        Err(Error::KeyMaterialInvalid)
    }
}

fn invalid(_: ErrorStack) -> Error {
    Error::KeyMaterialInvalid
}
