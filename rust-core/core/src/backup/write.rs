//! Making a backup.

use super::{
    BackupKey, BACKUP_METADATA_MAX_BYTES, BACKUP_VERSIONS_MAX, FORMAT, HEADER_BYTES, LENGTH_BYTES,
    MAC_BYTES, MAGIC,
};
use crate::blob::{self, SEALING_ALGORITHM};
use crate::key::check_room;
use crate::{Core, Error, KeyId, RootKey};
use strongroom_memory::wipe;

impl BackupKey {
    /// Bytes of a backup of these sealed versions with so much metadata.
    ///
    /// Errors: `LengthOutOfRange` (too much metadata, no version or too many).
    pub fn backup_bytes(versions: &[&[u8]], metadata_bytes: usize) -> Result<usize, Error> {
        if metadata_bytes > BACKUP_METADATA_MAX_BYTES
            || versions.is_empty()
            || versions.len() > BACKUP_VERSIONS_MAX
        {
            return Err(Error::LengthOutOfRange);
        }
        let versions: usize = versions.iter().map(|v| LENGTH_BYTES + v.len()).sum();
        Ok(HEADER_BYTES + SEALING_ALGORITHM.overhead() + metadata_bytes + versions + MAC_BYTES)
    }

    /// Writes a backup of the key `id` ([`BackupKey::backup_bytes`]): its sealed `versions`, which ascend, and what
    /// the caller knows of it beside.
    ///
    /// Errors: those of [`BackupKey::backup_bytes`] and [`crate::Key::open`]; `InvalidArgument` (the versions do not
    /// ascend), `RandomUnavailable`.
    pub fn back_up(
        &self,
        core: &Core,
        root: &RootKey,
        id: KeyId,
        versions: &[&[u8]],
        metadata: &[u8],
        output: &mut [u8],
    ) -> Result<(), Error> {
        check_room(Self::backup_bytes(versions, metadata.len())?, output)?;
        let result = self.write(core, root, id, versions, metadata, output);
        if result.is_err() {
            wipe(output);
        }
        result
    }

    fn write(
        &self,
        core: &Core,
        root: &RootKey,
        id: KeyId,
        versions: &[&[u8]],
        metadata: &[u8],
        output: &mut [u8],
    ) -> Result<(), Error> {
        let length = output.len().checked_sub(MAC_BYTES).ok_or(Error::Internal)?;
        let (body, mac) = output.split_at_mut(length);
        let sealed_metadata = metadata.len() + SEALING_ALGORITHM.overhead();
        let mut room = Room(body);
        let header = room.take(HEADER_BYTES)?;
        let fields = MAGIC
            .into_iter()
            .chain(FORMAT.to_be_bytes())
            .chain(number(versions.len())?)
            .chain(id.0)
            .chain(number(sealed_metadata)?);
        for (to, byte) in header.iter_mut().zip(fields) {
            *to = byte;
        }
        self.sealing
            .seal(core, metadata, header, room.take(sealed_metadata)?)?;
        let mut last = 0;
        for sealed in versions {
            let (spec, material) = blob::open(core, &root.sealing, sealed, id, None)?;
            if spec.version() <= last {
                return Err(Error::InvalidArgument);
            }
            last = spec.version();
            room.take(LENGTH_BYTES)?
                .copy_from_slice(&number(sealed.len())?);
            let place = room.take(sealed.len())?;
            blob::seal(core, &self.sealing, &spec, &material, place)?;
        }
        self.mac.mac(core, &[body], mac)
    }
}

fn number(length: usize) -> Result<[u8; 4], Error> {
    u32::try_from(length)
        .map(u32::to_be_bytes)
        .map_err(|_| Error::LengthOutOfRange)
}

/// What is still to be written, given out from the front.
struct Room<'a>(&'a mut [u8]);

impl<'a> Room<'a> {
    fn take(&mut self, length: usize) -> Result<&'a mut [u8], Error> {
        let (front, rest) = std::mem::take(&mut self.0)
            .split_at_mut_checked(length)
            .ok_or(Error::Internal)?;
        self.0 = rest;
        Ok(front)
    }
}
