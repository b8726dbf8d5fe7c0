//! Reading a backup and restoring the versions in it.

use super::{
    BackupKey, BACKUP_METADATA_MAX_BYTES, BACKUP_VERSIONS_MAX, FORMAT, HEADER_BYTES, LENGTH_BYTES,
    MAC_BYTES, MAGIC,
};
use crate::blob::{self, SEALING_ALGORITHM};
use crate::key::check_room;
use crate::{Core, Error, KeyId, KeySpec, RootKey};
use openssl::memcmp;

/// A backup that was checked against its key.
pub struct Backup<'a> {
    key: &'a BackupKey,
    id: KeyId,
    header: &'a [u8],
    metadata: &'a [u8],
    versions: Vec<&'a [u8]>,
}

impl<'a> Backup<'a> {
    /// Checks `bytes` and takes it apart: a backup made for `root`, or for one that was rotated to it.
    ///
    /// Errors: `BackupMalformed` (no backup, or of an unknown format), `BackupNotAuthentic` (edited, or made for another
    /// root key).
    pub fn open(core: &Core, root: &'a RootKey, bytes: &'a [u8]) -> Result<Self, Error> {
        let length = bytes
            .len()
            .checked_sub(MAC_BYTES)
            .ok_or(Error::BackupMalformed)?;
        let (body, mac) = bytes.split_at(length);
        let mut rest = Rest(body);
        let header = rest.take(HEADER_BYTES)?;
        let mut fields = Rest(header);
        if fields.take(MAGIC.len())? != MAGIC || fields.number()? != FORMAT {
            return Err(Error::BackupMalformed);
        }
        let key = authentic(core, root, body, mac)?;
        let count = fields.length()?;
        let id = KeyId(
            fields
                .take(16)?
                .try_into()
                .map_err(|_| Error::BackupMalformed)?,
        );
        let metadata = rest.take(fields.length()?)?;
        let overhead = SEALING_ALGORITHM.overhead();
        if count == 0
            || count > BACKUP_VERSIONS_MAX
            || metadata.len() < overhead
            || metadata.len() - overhead > BACKUP_METADATA_MAX_BYTES
        {
            return Err(Error::BackupMalformed);
        }
        let mut versions = Vec::new();
        for _ in 0..count {
            let length = rest.length()?;
            versions.push(rest.take(length)?);
        }
        if !rest.0.is_empty() {
            return Err(Error::BackupMalformed);
        }
        Ok(Self {
            key,
            id,
            header,
            metadata,
            versions,
        })
    }

    /// The key's id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// How many versions there are.
    pub fn versions(&self) -> usize {
        self.versions.len()
    }

    /// Bytes of the metadata.
    pub fn metadata_bytes(&self) -> usize {
        self.metadata.len() - SEALING_ALGORITHM.overhead()
    }

    /// Writes the metadata that the backup was made with ([`Backup::metadata_bytes`]).
    ///
    /// Errors: `BackupNotAuthentic`, `SecretMemoryExhausted`.
    pub fn metadata(&self, core: &Core, output: &mut [u8]) -> Result<(), Error> {
        check_room(self.metadata_bytes(), output)?;
        self.key
            .sealing
            .open(core, self.metadata, self.header, output)
            .map_err(|error| match error {
                Error::AuthenticationFailed => Error::BackupNotAuthentic,
                other => other,
            })
    }

    /// Bytes of a version when it is sealed under a root key. `None` where there are not as many.
    pub fn sealed_bytes(&self, index: usize) -> Option<usize> {
        self.versions.get(index).map(|version| version.len())
    }

    /// Writes a version sealed under `root` ([`Backup::sealed_bytes`]), as what it was when it was backed up.
    ///
    /// Errors: `InvalidArgument` (`index`), those of [`crate::Key::open`].
    pub fn restore(
        &self,
        core: &Core,
        root: &RootKey,
        index: usize,
        sealed: &mut [u8],
    ) -> Result<KeySpec, Error> {
        let version = self.versions.get(index).ok_or(Error::InvalidArgument)?;
        check_room(version.len(), sealed)?;
        let (spec, material) = blob::open(core, &self.key.sealing, version, self.id, None)?;
        blob::seal(core, &root.sealing, &spec, &material, sealed)?;
        Ok(spec)
    }
}

/// Which of the root's keys a backup was made with. Errors: `BackupNotAuthentic`.
fn authentic<'a>(
    core: &Core,
    root: &'a RootKey,
    body: &[u8],
    mac: &[u8],
) -> Result<&'a BackupKey, Error> {
    for key in root.backup_keys() {
        let mut expected = [0; MAC_BYTES];
        key.mac.mac(core, &[body], &mut expected)?;
        if memcmp::eq(&expected, mac) {
            return Ok(key);
        }
    }
    Err(Error::BackupNotAuthentic)
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (front, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(Error::BackupMalformed)?;
        self.0 = rest;
        Ok(front)
    }

    fn number(&mut self) -> Result<u32, Error> {
        let bytes = self.take(LENGTH_BYTES)?;
        bytes
            .try_into()
            .map(u32::from_be_bytes)
            .map_err(|_| Error::BackupMalformed)
    }

    fn length(&mut self) -> Result<usize, Error> {
        usize::try_from(self.number()?).map_err(|_| Error::BackupMalformed)
    }
}
