//! The elliptic curves of ECDSA and ECDH (SEC 2, NIST SP 800-186), in short Weierstrass form.

use crate::Error;
use openssl::ec::EcGroup;
use openssl::nid::Nid;

/// A named curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
    Secp256k1,
}

impl Curve {
    pub(crate) const ALL: [Curve; 4] = [Self::P256, Self::P384, Self::P521, Self::Secp256k1];

    /// Bytes of a scalar and of a coordinate, which are as long on each of these curves.
    pub(crate) const fn scalar_bytes(self) -> usize {
        match self {
            Self::P256 | Self::Secp256k1 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// Its name in a JWK (RFC 7518, 6.2.1.1; RFC 8812).
    pub(crate) const fn jwk_name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
        }
    }

    pub(crate) const fn nid(self) -> Nid {
        match self {
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
            Self::Secp256k1 => Nid::SECP256K1,
        }
    }

    /// Errors: `AlgorithmUnavailable`.
    pub(crate) fn group(self) -> Result<EcGroup, Error> {
        EcGroup::from_curve_name(self.nid()).map_err(|_| Error::AlgorithmUnavailable)
    }
}
