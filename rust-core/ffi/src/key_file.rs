//! The root key's file: `strongroom-root-key:1:<64 hex digits>:<16 hex digits>` and a newline, the second number a
//! check by which damage is noticed. The text is only ever in secret memory on this side.

use crate::hex;
use crate::status::Failure;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use strongroom_core::{Core, Error, RootKey, ROOT_CHECK_BYTES, ROOT_KEY_BYTES};
use strongroom_memory::SecretBytes;

const PREFIX: &[u8] = b"strongroom-root-key:1:";
const KEY_DIGITS: usize = 2 * ROOT_KEY_BYTES;
const CHECK_DIGITS: usize = 2 * ROOT_CHECK_BYTES;
const FILE_BYTES: usize = PREFIX.len() + KEY_DIGITS + 1 + CHECK_DIGITS + 1;

/// Writes `secret` to a new file at `path`, mode 0600, and syncs it with its folder. It is complete or not there: it
/// is written under a temporary name in the same folder and then linked, which never replaces a file.
///
/// Errors: `RootKeyFileExists`, `RootKeyFileIo` (the number is errno), `SecretMemoryExhausted`.
pub(crate) fn create(core: &Core, path: &Path, secret: &SecretBytes) -> Result<(), Failure> {
    let text = render(core, secret)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let temporary = folder.join(temporary_name(core)?);
    let linked = write_new(&temporary, &text)
        .and_then(|()| fs::hard_link(&temporary, path))
        .map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Error::RootKeyFileExists.into(),
            _ => io_failure(&error),
        });
    let removed = fs::remove_file(&temporary);
    linked?;
    removed
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| io_failure(&error))
}

/// Reads the root key of the file at `path` into secret memory.
///
/// Errors: `RootKeyFileMissing`, `RootKeyFilePermissions` (the number is its mode), `RootKeyFileMalformed`,
/// `RootKeyFileIo` (the number is errno), `SecretMemoryExhausted`.
pub(crate) fn read(core: &Core, path: &Path) -> Result<SecretBytes, Failure> {
    let mut file = open(path)?;
    let length = check_metadata(&file)?;
    if length != FILE_BYTES as u64 {
        return Err(Error::RootKeyFileMalformed.into());
    }
    let mut text = core.arena().allocate(FILE_BYTES).map_err(Error::from)?;
    file.read_exact(&mut text)
        .map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Error::RootKeyFileMalformed.into(),
            _ => io_failure(&error),
        })?;
    parse(core, &text)
}

fn open(path: &Path) -> Result<File, Failure> {
    // Not through a link, and not waiting for a writer where the path is a pipe.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(|error| match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR) => Error::RootKeyFileMissing.into(),
            Some(libc::ELOOP) => {
                Failure::with_number(Error::RootKeyFilePermissions, libc::S_IFLNK.into())
            }
            _ => io_failure(&error),
        })
}

/// Of the file that is open, so that it cannot be exchanged in between. Gives its length.
fn check_metadata(file: &File) -> Result<u64, Failure> {
    let metadata = file.metadata().map_err(|error| io_failure(&error))?;
    // SAFETY: geteuid has no arguments and cannot fail.
    let own = metadata.uid() == unsafe { libc::geteuid() };
    if !metadata.is_file() || !own || metadata.mode() & 0o077 != 0 {
        return Err(Failure::with_number(
            Error::RootKeyFilePermissions,
            metadata.mode().into(),
        ));
    }
    Ok(metadata.len())
}

/// On an error nothing is left under `path`, unless it was there before.
fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn temporary_name(core: &Core) -> Result<PathBuf, Error> {
    let mut bytes = [0; 8];
    core.random(&mut bytes)?;
    Ok(PathBuf::from(format!(
        ".strongroom-root-key.{:016x}",
        u64::from_be_bytes(bytes)
    )))
}

fn render(core: &Core, secret: &SecretBytes) -> Result<SecretBytes, Error> {
    let check = RootKey::check(secret)?;
    let mut text = core.arena().allocate(FILE_BYTES)?;
    let (prefix, rest) = text.split_at_mut(PREFIX.len());
    let (key, rest) = rest.split_at_mut(KEY_DIGITS);
    let (colon, rest) = rest.split_at_mut(1);
    let (digits, newline) = rest.split_at_mut(CHECK_DIGITS);
    prefix.copy_from_slice(PREFIX);
    hex::encode(secret, key);
    colon.fill(b':');
    hex::encode(&check, digits);
    newline.fill(b'\n');
    Ok(text)
}

fn parse(core: &Core, text: &SecretBytes) -> Result<SecretBytes, Failure> {
    let (prefix, rest) = text.split_at(PREFIX.len());
    let (key, rest) = rest.split_at(KEY_DIGITS);
    let (colon, rest) = rest.split_at(1);
    let (digits, newline) = rest.split_at(CHECK_DIGITS);
    let mut secret = core.arena().allocate(ROOT_KEY_BYTES).map_err(Error::from)?;
    let mut check = [0; ROOT_CHECK_BYTES];
    let is_text = prefix == PREFIX && colon == b":" && newline == b"\n";
    let is_hex = hex::decode(key, &mut secret) & hex::decode(digits, &mut check);
    // Neither number is secret: the check is derived one way and stands in the file.
    if is_text && is_hex && RootKey::check(&secret)? == check {
        Ok(secret)
    } else {
        Err(Error::RootKeyFileMalformed.into())
    }
}

fn io_failure(error: &io::Error) -> Failure {
    let number = error
        .raw_os_error()
        .and_then(|errno| u64::try_from(errno).ok());
    Failure::with_number(Error::RootKeyFileIo, number.unwrap_or(0))
}
