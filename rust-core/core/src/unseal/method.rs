//! How an installation is unsealed, as it stands in front of its wrapped root key: public parameters, all of them
//! authenticated with it.

use super::shares::{SHARES_MAX, SHARES_MIN};
use crate::Error;

/// Bytes of scrypt's salt.
pub(super) const SALT_BYTES: usize = 16;
/// Bytes of what tells sets of shares apart.
pub(super) const SET_BYTES: usize = 8;
/// Bytes by which a share is known to be the right one; it has 256 random bits, of which they tell nothing.
pub(super) const VERIFIER_BYTES: usize = 16;

/// The longest parameters: those of as many shares as there can be.
pub(super) const PARAMETERS_MAX_BYTES: usize = 2 + SET_BYTES + SHARES_MAX * VERIFIER_BYTES;

/// What an unseal key comes out of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// A key file.
    File,
    /// A passphrase, by scrypt.
    Passphrase(Scrypt),
    /// As many of a set of shares as its threshold.
    Shares(ShareSet),
}

/// The parameters of scrypt (RFC 7914).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrypt {
    /// The base-2 logarithm of N: 10 to 20. An unsealing takes 128 * r * N bytes of memory.
    pub cost: u8,
    /// r: 8.
    pub block: u8,
    /// p: 1 to 4.
    pub parallel: u8,
    /// Random.
    pub(super) salt: [u8; SALT_BYTES],
}

/// What is known of a set of shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareSet {
    /// How many are needed.
    pub threshold: u8,
    /// What tells sets apart. Not secret.
    pub(super) set: [u8; SET_BYTES],
    /// One a share, by its index.
    pub(super) verifiers: Vec<[u8; VERIFIER_BYTES]>,
}

impl ShareSet {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.verifiers.len()
    }
}

impl Method {
    /// Its number: append-only.
    pub fn number(&self) -> u32 {
        match self {
            Self::File => 1,
            Self::Passphrase(_) => 2,
            Self::Shares(_) => 3,
        }
    }

    /// The parameters' bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::File => Vec::new(),
            Self::Passphrase(scrypt) => {
                let numbers = [scrypt.cost, scrypt.block, scrypt.parallel];
                numbers.into_iter().chain(scrypt.salt).collect()
            }
            Self::Shares(shares) => [shares.threshold, shares.count() as u8]
                .into_iter()
                .chain(shares.set)
                .chain(shares.verifiers.iter().flatten().copied())
                .collect(),
        }
    }

    /// Reads parameters off the front of `bytes`. Gives them and the rest.
    ///
    /// Errors: `WrappedRootMalformed`. The bounds are checked here, before anything is authenticated: an edited cost
    /// must not take all memory.
    pub(super) fn decode(number: u32, bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        match number {
            1 => Ok((Self::File, bytes)),
            2 => {
                let (&[cost, block, parallel], rest) = split::<3>(bytes)?;
                let (&salt, rest) = split(rest)?;
                let sound = (10..=20).contains(&cost) && block == 8 && (1..=4).contains(&parallel);
                let scrypt = Scrypt {
                    cost,
                    block,
                    parallel,
                    salt,
                };
                sound
                    .then_some((Self::Passphrase(scrypt), rest))
                    .ok_or(Error::WrappedRootMalformed)
            }
            3 => {
                let (&[threshold, count], rest) = split::<2>(bytes)?;
                let (&set, mut rest) = split(rest)?;
                let counts = SHARES_MIN..=SHARES_MAX;
                if !counts.contains(&usize::from(count)) || !(2..=count).contains(&threshold) {
                    return Err(Error::WrappedRootMalformed);
                }
                let mut verifiers = Vec::with_capacity(usize::from(count));
                for _ in 0..count {
                    let (&verifier, after) = split(rest)?;
                    verifiers.push(verifier);
                    rest = after;
                }
                Ok((
                    Self::Shares(ShareSet {
                        threshold,
                        set,
                        verifiers,
                    }),
                    rest,
                ))
            }
            _ => Err(Error::WrappedRootMalformed),
        }
    }
}

fn split<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8]), Error> {
    bytes.split_first_chunk().ok_or(Error::WrappedRootMalformed)
}
