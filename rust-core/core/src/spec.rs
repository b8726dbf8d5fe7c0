//! What a key version is: the facts that are sealed with its material, checked once when they come in.

use crate::{Algorithm, Error, Flags, Usages};

/// Bytes of a key's id.
pub const KEY_ID_BYTES: usize = 16;

/// Tells keys apart; the versions of one key share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; KEY_ID_BYTES]);

/// One version of a key, without its material. Only valid combinations exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    id: KeyId,
    version: u32,
    algorithm: Algorithm,
    usages: Usages,
    flags: Flags,
    created_at: u64,
}

impl KeySpec {
    /// A version of a key, `created_at` in seconds since 1970.
    ///
    /// Errors: `InvalidArgument` (version 0, no usages, or usages or properties that the algorithm does not have;
    /// convergent and not derived).
    pub fn new(
        id: KeyId,
        version: u32,
        algorithm: Algorithm,
        usages: Usages,
        flags: Flags,
        created_at: u64,
    ) -> Result<Self, Error> {
        let derived = flags.contains(Flags::DERIVED);
        let convergent = flags.contains(Flags::CONVERGENT);
        if version == 0
            || usages.is_empty()
            || !algorithm.usages().contains(usages)
            || derived && !algorithm.is_derivable()
            || convergent && !(derived && algorithm.overhead() > 0)
        {
            return Err(Error::InvalidArgument);
        }
        Ok(Self {
            id,
            version,
            algorithm,
            usages,
            flags,
            created_at,
        })
    }

    /// A later version of the same key.
    ///
    /// Its material is made here, whatever that of this one was.
    ///
    /// Errors: `InvalidArgument` (the version is not above this one's).
    pub fn next(&self, version: u32, created_at: u64) -> Result<Self, Error> {
        if version <= self.version {
            return Err(Error::InvalidArgument);
        }
        Ok(Self {
            version,
            created_at,
            flags: self.flags.without(Flags::IMPORTED),
            ..*self
        })
    }

    /// The same, marked as made of material from outside.
    pub(crate) fn imported(&self) -> Self {
        Self {
            flags: self.flags.union(Flags::IMPORTED),
            ..*self
        }
    }

    /// The key's id.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Its version; never 0.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// What it is a key for.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What it may be used for; never empty.
    pub const fn usages(&self) -> Usages {
        self.usages
    }

    /// Its properties.
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether it is used through subkeys alone.
    pub(crate) const fn is_derived(&self) -> bool {
        self.flags.contains(Flags::DERIVED)
    }

    /// When it was made, in seconds since 1970.
    pub const fn created_at(&self) -> u64 {
        self.created_at
    }
}
