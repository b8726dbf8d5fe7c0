//! The wrapped root key: what an installation keeps of it, as one authenticated blob.
//!
//! ```text
//! offset  bytes  field (integers big-endian)
//!      0      4  magic "SRrt"
//!      4      4  format, 1
//!      8     16  identity of the unseal key
//!     24      4  method
//!     28      m  the method's parameters (method.rs)
//!   28+m     24  nonce
//!   52+m      n  encrypted with XAES-256-GCM, everything before the nonce being its associated data:
//!                  32 the root key's secret
//!                  32 the key of access tokens' MACs, which outlives the root key
//!                64 k the keys of backups that earlier root keys made, the latest first; 16 of them at most
//! 52+m+n     16  tag
//! ```

use super::method::PARAMETERS_MAX_BYTES;
use super::{Method, UnsealKey, IDENTITY_BYTES};
use crate::backup::{BackupKey, BACKUP_KEY_BYTES};
use crate::blob::SEALING_ALGORITHM;
use crate::root::TOKEN_MAC_BYTES;
use crate::{Core, Error, RootKey, ROOT_KEY_BYTES};
use strongroom_memory::SecretBytes;

/// The longest wrapped root key.
pub const WRAPPED_ROOT_MAX_BYTES: usize = HEAD_BYTES
    + PARAMETERS_MAX_BYTES
    + SEALING_ALGORITHM.overhead()
    + FIXED_BYTES
    + BACKUP_KEYS_MAX * BACKUP_KEY_BYTES;

const MAGIC: [u8; 4] = *b"SRrt";
const FORMAT: u32 = 1;
const HEAD_BYTES: usize = 12 + IDENTITY_BYTES;
const FIXED_BYTES: usize = ROOT_KEY_BYTES + TOKEN_MAC_BYTES;
/// Backups that were made before as many rotations do not open any more.
const BACKUP_KEYS_MAX: usize = 16;

/// What a wrapped root key says of itself: the unseal key that opens it, and how that is had.
///
/// Errors: `WrappedRootMalformed`.
pub(super) fn read(wrapped: &[u8]) -> Result<([u8; IDENTITY_BYTES], Method), Error> {
    take_apart(wrapped).map(|parts| (parts.identity, parts.method))
}

impl Method {
    /// How a wrapped root key is unsealed. Nothing of it is authenticated before it is.
    ///
    /// Errors: `WrappedRootMalformed`.
    pub fn of(wrapped: &[u8]) -> Result<Self, Error> {
        read(wrapped).map(|(_, method)| method)
    }
}

impl UnsealKey {
    /// Makes a root key, and gives it with its wrapped form.
    ///
    /// Errors: `SecretMemoryExhausted`, `RandomUnavailable`.
    pub fn create_root(&self, core: &Core) -> Result<(RootKey, Vec<u8>), Error> {
        let mut contents = core.arena.allocate(FIXED_BYTES)?;
        core.random(&mut contents)?;
        self.wrap_and_open(core, &contents)
    }

    /// Wraps a root key that was kept in a file itself.
    ///
    /// Errors: `InvalidArgument` (its length), `SecretMemoryExhausted`.
    pub fn adopt_root(
        &self,
        core: &Core,
        secret: &SecretBytes,
    ) -> Result<(RootKey, Vec<u8>), Error> {
        let mut contents = core.arena.allocate(FIXED_BYTES)?;
        let (root, token_key) = contents.split_at_mut(ROOT_KEY_BYTES);
        if secret.len() != root.len() {
            return Err(Error::InvalidArgument);
        }
        root.copy_from_slice(secret);
        RootKey::derive_token_key(secret, token_key)?;
        self.wrap_and_open(core, &contents)
    }

    /// Opens a wrapped root key.
    ///
    /// Errors: `UnsealKeyWrong`, `WrappedRootMalformed` (also damaged), `SecretMemoryExhausted`.
    pub fn open_root(&self, core: &Core, wrapped: &[u8]) -> Result<RootKey, Error> {
        open(core, &self.unwrap(core, wrapped)?)
    }

    /// Makes the root key that follows a wrapped one: it has the key of access tokens' MACs of its predecessor, and reads
    /// its backups. Gives it wrapped.
    ///
    /// Errors: those of [`UnsealKey::open_root`]; `RandomUnavailable`.
    pub fn rotate_root(&self, core: &Core, wrapped: &[u8]) -> Result<Vec<u8>, Error> {
        let old = self.unwrap(core, wrapped)?;
        let (old_root, rest) = old.split_at(ROOT_KEY_BYTES);
        let (token_key, backup_keys) = rest.split_at(TOKEN_MAC_BYTES);
        let kept = backup_keys
            .len()
            .min((BACKUP_KEYS_MAX - 1) * BACKUP_KEY_BYTES);
        let mut contents = core.arena.allocate(FIXED_BYTES + BACKUP_KEY_BYTES + kept)?;
        let (root, rest) = contents.split_at_mut(ROOT_KEY_BYTES);
        let (tokens, rest) = rest.split_at_mut(TOKEN_MAC_BYTES);
        let (latest, earlier) = rest.split_at_mut(BACKUP_KEY_BYTES);
        core.random(root)?;
        tokens.copy_from_slice(token_key);
        BackupKey::derive(old_root, latest)?;
        earlier.copy_from_slice(backup_keys.get(..kept).ok_or(Error::Internal)?);
        self.wrap(core, &contents)
    }

    /// Wraps the same root key under another unseal key.
    ///
    /// Errors: those of [`UnsealKey::open_root`].
    pub fn rewrap_root(
        &self,
        core: &Core,
        to: &UnsealKey,
        wrapped: &[u8],
    ) -> Result<Vec<u8>, Error> {
        to.wrap(core, &self.unwrap(core, wrapped)?)
    }

    fn wrap_and_open(
        &self,
        core: &Core,
        contents: &SecretBytes,
    ) -> Result<(RootKey, Vec<u8>), Error> {
        Ok((open(core, contents)?, self.wrap(core, contents)?))
    }

    fn wrap(&self, core: &Core, contents: &SecretBytes) -> Result<Vec<u8>, Error> {
        let mut wrapped: Vec<u8> = MAGIC
            .into_iter()
            .chain(FORMAT.to_be_bytes())
            .chain(self.identity)
            .chain(self.method.number().to_be_bytes())
            .chain(self.method.encode())
            .collect();
        let mut sealed = vec![0; contents.len() + SEALING_ALGORITHM.overhead()];
        self.key.seal(core, contents, &wrapped, &mut sealed)?;
        wrapped.extend_from_slice(&sealed);
        Ok(wrapped)
    }

    fn unwrap(&self, core: &Core, wrapped: &[u8]) -> Result<SecretBytes, Error> {
        let parts = take_apart(wrapped)?;
        if parts.identity != self.identity {
            return Err(Error::UnsealKeyWrong);
        }
        let mut contents = core.arena.allocate(parts.contents_bytes)?;
        self.key
            .open(core, parts.sealed, parts.head, &mut contents)
            .map_err(|error| match error {
                Error::AuthenticationFailed => Error::WrappedRootMalformed,
                other => other,
            })?;
        Ok(contents)
    }
}

fn open(core: &Core, contents: &SecretBytes) -> Result<RootKey, Error> {
    let mut secret = core.arena.allocate(ROOT_KEY_BYTES)?;
    let (root, rest) = contents.split_at(ROOT_KEY_BYTES);
    let (token_key, backup_keys) = rest.split_at(TOKEN_MAC_BYTES);
    secret.copy_from_slice(root);
    RootKey::with_kept(core, &secret, token_key, backup_keys)
}

struct Parts<'a> {
    identity: [u8; IDENTITY_BYTES],
    method: Method,
    head: &'a [u8],
    sealed: &'a [u8],
    contents_bytes: usize,
}

fn take_apart(wrapped: &[u8]) -> Result<Parts<'_>, Error> {
    let malformed = Error::WrappedRootMalformed;
    if wrapped.len() > WRAPPED_ROOT_MAX_BYTES {
        return Err(malformed);
    }
    let (magic, rest) = wrapped.split_first_chunk::<4>().ok_or(malformed)?;
    let (format, rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
    let (identity, rest) = rest
        .split_first_chunk::<IDENTITY_BYTES>()
        .ok_or(malformed)?;
    let (method, rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
    if *magic != MAGIC || u32::from_be_bytes(*format) != FORMAT {
        return Err(malformed);
    }
    let (method, sealed) = Method::decode(u32::from_be_bytes(*method), rest)?;
    let head = wrapped
        .get(..wrapped.len() - sealed.len())
        .ok_or(malformed)?;
    let contents_bytes = sealed
        .len()
        .checked_sub(SEALING_ALGORITHM.overhead())
        .filter(|&bytes| bytes >= FIXED_BYTES && (bytes - FIXED_BYTES) % BACKUP_KEY_BYTES == 0)
        .ok_or(malformed)?;
    Ok(Parts {
        identity: *identity,
        method,
        head,
        sealed,
        contents_bytes,
    })
}
