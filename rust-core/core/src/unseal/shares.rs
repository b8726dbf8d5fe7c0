//! Unseal keys in shares: Shamir's secret sharing over GF(2^8), a byte at a time. As many shares as the threshold give the
//! key; fewer say nothing of it.

use super::method::{ShareSet, SET_BYTES, VERIFIER_BYTES};
use super::{base32, field, Method, UnsealKey, IDENTITY_BYTES, UNSEAL_SECRET_BYTES};
use crate::mac::digest;
use crate::secret_memory::in_secret_memory;
use crate::{Core, Error, Hash};
use openssl::memcmp;
use strongroom_memory::{SecretBytes, Wiped};
use strongroom_sync::Mutex;

/// The fewest shares of a set, and the lowest threshold.
pub const SHARES_MIN: usize = 2;
/// The most shares of a set.
pub const SHARES_MAX: usize = 32;
/// Bytes of a share's text: `srs_` and 77 digits.
pub const SHARE_TEXT_BYTES: usize = PREFIX.len() + base32::digits(SHARE_BYTES);

const PREFIX: &[u8] = b"srs_";
const FORMAT: u8 = 1;
/// Format, set, threshold, count, index.
const HEAD_BYTES: usize = 1 + SET_BYTES + 3;
const BODY_BYTES: usize = HEAD_BYTES + UNSEAL_SECRET_BYTES;
const CHECK_BYTES: usize = 4;
const SHARE_BYTES: usize = BODY_BYTES + CHECK_BYTES;

impl UnsealKey {
    /// A new key in `count` shares, of which `threshold` give it. `write` is called with each share's text, by ascending
    /// index; the text is wiped afterwards.
    ///
    /// Errors: `InvalidArgument` (not 2 <= threshold <= count <= [`SHARES_MAX`]), `SecretMemoryExhausted`,
    /// `RandomUnavailable`; those of `write`.
    pub fn split(
        core: &Core,
        threshold: u8,
        count: u8,
        mut write: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let counts = SHARES_MIN..=SHARES_MAX;
        if !counts.contains(&usize::from(count)) || !(2..=count).contains(&threshold) {
            return Err(Error::InvalidArgument);
        }
        // Of a polynomial a byte: the secret, then a coefficient for each further power.
        let mut polynomial = core
            .arena
            .allocate(UNSEAL_SECRET_BYTES * usize::from(threshold))?;
        core.random(&mut polynomial)?;
        let mut set = [0; SET_BYTES];
        core.random(&mut set)?;
        let mut verifiers = Vec::with_capacity(usize::from(count));
        for index in 1..=count {
            let mut share = core.arena.allocate(SHARE_BYTES)?;
            let (head, rest) = share.split_at_mut(HEAD_BYTES);
            let (value, _) = rest.split_at_mut(UNSEAL_SECRET_BYTES);
            let fields = [FORMAT]
                .into_iter()
                .chain(set)
                .chain([threshold, count, index]);
            for (to, byte) in head.iter_mut().zip(fields) {
                *to = byte;
            }
            evaluate(&polynomial, index, value);
            verifiers.push(seal_share(core, &mut share)?);
            let mut text = core.arena.allocate(SHARE_TEXT_BYTES)?;
            let (prefix, digits) = text.split_at_mut(PREFIX.len());
            prefix.copy_from_slice(PREFIX);
            base32::encode(&share, digits);
            write(&text)?;
        }
        let secret = polynomial
            .get(..UNSEAL_SECRET_BYTES)
            .ok_or(Error::Internal)?;
        Self::new(
            core,
            secret,
            Method::Shares(ShareSet {
                threshold,
                set,
                verifiers,
            }),
        )
    }
}

/// Shares of one set on their way to its unseal key, in secret memory. Any thread.
pub struct CollectedShares {
    known: ShareSet,
    identity: [u8; IDENTITY_BYTES],
    /// Index and value.
    found: Mutex<Vec<(u8, SecretBytes)>>,
}

/// How far collecting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The share that was just given.
    pub index: u8,
    /// How many different ones there are.
    pub have: u8,
    /// How many are needed.
    pub threshold: u8,
}

impl CollectedShares {
    /// None yet, for a wrapped root key.
    ///
    /// Errors: `UnsealMethodWrong`, `WrappedRootMalformed`.
    pub fn new(wrapped: &[u8]) -> Result<Self, Error> {
        match super::wrapped::read(wrapped)? {
            (identity, Method::Shares(known)) => Ok(Self {
                known,
                identity,
                found: Mutex::new(Vec::new()),
            }),
            _ => Err(Error::UnsealMethodWrong),
        }
    }

    /// Bytes of secret memory that it may come to take.
    pub fn secret_bytes(&self) -> usize {
        UNSEAL_SECRET_BYTES * usize::from(self.known.threshold)
    }

    /// Takes a share, given as text. One that was given before changes nothing.
    ///
    /// Errors: `ShareMalformed` (no share, or mistyped), `ShareOfAnotherSet`, `ShareWrong` (not what was given out),
    /// `SecretMemoryExhausted`.
    pub fn add(&self, core: &Core, text: &[u8]) -> Result<Progress, Error> {
        let mut share = core.arena.allocate(SHARE_BYTES)?;
        let digits = text.strip_prefix(PREFIX).ok_or(Error::ShareMalformed)?;
        if !base32::decode(digits, &mut share) {
            return Err(Error::ShareMalformed);
        }
        let mut given = Wiped::new([0; CHECK_BYTES]);
        let (body, check) = share.split_at_mut(BODY_BYTES);
        given.copy_from_slice(check);
        let (&[format, ref fields @ .., threshold, _, index], _) = body
            .split_first_chunk::<HEAD_BYTES>()
            .ok_or(Error::Internal)?;
        let fields = *fields;
        let verifier = seal_share(core, &mut share)?;
        let check = share.get(BODY_BYTES..).ok_or(Error::Internal)?;
        if format != FORMAT || !memcmp::eq(check, given.as_slice()) {
            return Err(Error::ShareMalformed);
        }
        if fields != self.known.set {
            return Err(Error::ShareOfAnotherSet);
        }
        let expected = usize::from(index)
            .checked_sub(1)
            .and_then(|at| self.known.verifiers.get(at));
        if threshold != self.known.threshold || expected != Some(&verifier) {
            return Err(Error::ShareWrong);
        }
        let mut found = self.found.lock();
        if !found.iter().any(|(known, _)| *known == index) && found.len() < usize::from(threshold) {
            let mut value = core.arena.allocate(UNSEAL_SECRET_BYTES)?;
            value.copy_from_slice(share.get(HEAD_BYTES..BODY_BYTES).ok_or(Error::Internal)?);
            found.push((index, value));
        }
        Ok(Progress {
            index,
            have: found.len() as u8,
            threshold,
        })
    }

    /// The unseal key of the shares.
    ///
    /// Errors: `SharesMissing`, `UnsealKeyWrong`, `SecretMemoryExhausted`.
    pub fn unseal_key(&self, core: &Core) -> Result<UnsealKey, Error> {
        let found = self.found.lock();
        if found.len() < usize::from(self.known.threshold) {
            return Err(Error::SharesMissing);
        }
        let mut secret = core.arena.allocate(UNSEAL_SECRET_BYTES)?;
        interpolate(&found, &mut secret);
        UnsealKey::new(core, &secret, Method::Shares(self.known.clone()))?.checked(self.identity)
    }
}

/// Writes the polynomials' values at `x`, by Horner's rule.
fn evaluate(polynomial: &[u8], x: u8, value: &mut [u8]) {
    value.fill(0);
    for coefficients in polynomial.chunks_exact(UNSEAL_SECRET_BYTES).rev() {
        for (to, coefficient) in value.iter_mut().zip(coefficients) {
            *to = field::multiply(*to, x) ^ coefficient;
        }
    }
}

/// Writes the polynomials' values at 0, by Lagrange's formula.
fn interpolate(points: &[(u8, SecretBytes)], secret: &mut [u8]) {
    secret.fill(0);
    for (x, value) in points {
        let mut basis = 1;
        for (other, _) in points.iter().filter(|(other, _)| other != x) {
            basis = field::multiply(basis, field::multiply(*other, field::inverse(other ^ x)));
        }
        for (to, byte) in secret.iter_mut().zip(value.iter()) {
            *to ^= field::multiply(*byte, basis);
        }
    }
}

/// Writes a share's check, for whoever mistypes it. Gives its verifier, for whoever holds another.
fn seal_share(core: &Core, share: &mut SecretBytes) -> Result<[u8; VERIFIER_BYTES], Error> {
    let (body, check) = share.split_at_mut(BODY_BYTES);
    let mut hash = Wiped::new([0; 32]);
    let hash = &mut *hash;
    let sha256 = core.fetched.hash(Hash::Sha256)?;
    in_secret_memory(|| digest(sha256, &[b"strongroom/v1/share-verifier", body], hash))?;
    let (verifier, _) = hash.split_first_chunk().ok_or(Error::Internal)?;
    let verifier = *verifier;
    in_secret_memory(|| digest(sha256, &[b"strongroom/v1/share-check", body], hash))?;
    for (to, byte) in check.iter_mut().zip(hash.iter()) {
        *to = *byte;
    }
    Ok(verifier)
}
