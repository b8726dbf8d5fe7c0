//! Backups: a whole key, all its versions, as one authenticated and encrypted blob that is restored under the same root
//! key, or under another: it is made with the keys for it that come with a root key, the own or one that both sides have.
//!
//! ```text
//! offset  bytes  field (integers big-endian)
//!      0      4  magic "SRbk"
//!      4      4  format, 1
//!      8      4  count of versions
//!     12     16  key id
//!     28      4  length of the metadata's ciphertext, m
//!     32      m  the caller's metadata: nonce || ciphertext || tag of XAES-256-GCM, bytes 0 to 32 its associated data
//!   32+m         each version, ascending: its length (4), and the version as a sealed key, under the backup's key
//!    end     32  HMAC-SHA-256 of everything before
//! ```
//!
//! Nothing of it is looked at before the MAC is right, so versions cannot be left out, exchanged or added, and since each
//! is a sealed key, neither can its usages or flags be edited.

mod key;
mod read;
mod write;

pub use key::BackupKey;
pub(crate) use key::BACKUP_KEY_BYTES;
pub use read::Backup;

/// The longest metadata, in bytes.
pub const BACKUP_METADATA_MAX_BYTES: usize = 64 << 10;
/// The most versions of a key in a backup.
pub const BACKUP_VERSIONS_MAX: usize = 1 << 16;

const MAGIC: [u8; 4] = *b"SRbk";
const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 32;
const LENGTH_BYTES: usize = 4;
const MAC_BYTES: usize = 32;
