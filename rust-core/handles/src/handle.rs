//! The 64 bits of a handle.

use crate::Error;

/// The most slots a table can have: 24 bits of them.
pub const SLOTS_MAX: u32 = 1 << 24;

/// The last generation of a slot. Generations begin at 1, so that no handle is zero.
pub const GENERATION_MAX: u32 = u32::MAX;

const SLOT_SHIFT: u32 = 32;
const KIND_SHIFT: u32 = 56;

/// A handle in its parts: kind (bits 56..64), slot (32..56) and generation (0..32).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// What kind of object it stands for; never 0.
    pub kind: u8,
    /// Which slot of the kind's table; below [`SLOTS_MAX`].
    pub slot: u32,
    /// Which of the slot's successive objects; never 0.
    pub generation: u32,
}

impl Handle {
    /// The handle as a number.
    pub const fn bits(self) -> u64 {
        (self.kind as u64) << KIND_SHIFT
            | ((self.slot & (SLOTS_MAX - 1)) as u64) << SLOT_SHIFT
            | self.generation as u64
    }

    /// The handle that a number stands for, of a table of `kind` where kinds 1 to `kinds` exist.
    ///
    /// Errors: `Invalid` (no such kind, or generation 0), `WrongKind`.
    pub const fn parse(bits: u64, kind: u8, kinds: u8) -> Result<Self, Error> {
        let found = (bits >> KIND_SHIFT) as u8;
        let generation = bits as u32;
        if found == 0 || found > kinds || generation == 0 {
            return Err(Error::Invalid);
        }
        if found != kind {
            return Err(Error::WrongKind);
        }
        let slot = (bits >> SLOT_SHIFT) as u32 & (SLOTS_MAX - 1);
        Ok(Self {
            kind,
            slot,
            generation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Handle;
    use crate::Error;

    #[test]
    fn the_parts_lie_where_the_header_says() {
        let handle = Handle {
            kind: 0x02,
            slot: 0xABCDEF,
            generation: 0x12345678,
        };
        assert_eq!(handle.bits(), 0x02AB_CDEF_1234_5678);
        assert_eq!(Handle::parse(handle.bits(), 2, 2), Ok(handle));
    }

    #[test]
    fn zero_unknown_kinds_and_generation_zero_are_invalid_and_another_kind_is_told_apart() {
        let bits = |kind, generation| {
            Handle {
                kind,
                slot: 3,
                generation,
            }
            .bits()
        };
        assert_eq!(Handle::parse(0, 1, 2), Err(Error::Invalid));
        assert_eq!(Handle::parse(bits(3, 1), 1, 2), Err(Error::Invalid));
        assert_eq!(Handle::parse(bits(255, 1), 1, 2), Err(Error::Invalid));
        assert_eq!(Handle::parse(bits(1, 0), 1, 2), Err(Error::Invalid));
        assert_eq!(Handle::parse(bits(2, 1), 1, 2), Err(Error::WrongKind));
    }
}
