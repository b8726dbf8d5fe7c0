//! Files in PEM that hold a private key. The text is only ever in secret memory.

use crate::status::Failure;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use strongroom_core::{Core, Error, PEM_MAX_BYTES};
use strongroom_memory::SecretBytes;

/// Reads a file whole. It may be reached through links, as tools that renew certificates make them.
///
/// Errors: `KeyFileIo` (the number is errno), `KeyMaterialInvalid` (no regular file, empty, or too long),
/// `SecretMemoryExhausted`.
pub(crate) fn read(core: &Core, path: &Path) -> Result<SecretBytes, Failure> {
    let mut file = open(path).map_err(|error| io_failure(&error))?;
    let metadata = file.metadata().map_err(|error| io_failure(&error))?;
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if !metadata.is_file() || !(1..=PEM_MAX_BYTES).contains(&length) {
        return Err(Error::KeyMaterialInvalid.into());
    }
    let mut text = core.arena().allocate(length).map_err(Error::from)?;
    file.read_exact(&mut text)
        .map_err(|error| match error.kind() {
            // It was cut meanwhile.
            ErrorKind::UnexpectedEof => Error::KeyMaterialInvalid.into(),
            _ => io_failure(&error),
        })?;
    Ok(text)
}

/// Not waiting for a writer where the path is a pipe.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
}

fn io_failure(error: &io::Error) -> Failure {
    let number = error
        .raw_os_error()
        .and_then(|errno| u64::try_from(errno).ok());
    Failure::with_number(Error::KeyFileIo, number.unwrap_or(0))
}
