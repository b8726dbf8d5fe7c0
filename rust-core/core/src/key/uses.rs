//! How often a key version encrypts: under random 96-bit nonces no more than 2^32 times, beyond which two equal nonces
//! become likely enough to matter (NIST SP 800-38D, 8.3).
//!
//! The count must outlive the process, and must never be too low. So the store reserves uses in blocks, before they
//! are used, and each block is given to the one opened key that it was reserved for; after a crash the rest of a block
//! is lost, which counts too high.

use crate::Error;
use strongroom_sync::Mutex;

/// The count of one opened key version, and of the subkeys derived from it.
pub(crate) struct Uses {
    /// The limit and what may be used before more is reserved; `None` where there is no limit.
    block: Option<Mutex<Block>>,
}

struct Block {
    limit: u64,
    next: u64,
    end: u64,
    reserved: bool,
}

impl Uses {
    pub(crate) fn new(limit: Option<u64>) -> Self {
        let block = limit.map(|limit| {
            Mutex::new(Block {
                limit,
                next: 0,
                end: limit,
                reserved: false,
            })
        });
        Self { block }
    }

    /// Counts one use. Errors: `RotationRequired` (at the limit), `UsesNotReserved` (at the end of the block).
    pub(crate) fn take(&self) -> Result<(), Error> {
        let Some(block) = &self.block else {
            return Ok(());
        };
        let mut block = block.lock();
        if block.next < block.end {
            block.next += 1;
            Ok(())
        } else if block.end == block.limit {
            Err(Error::RotationRequired)
        } else {
            Err(Error::UsesNotReserved)
        }
    }

    pub(crate) fn reserve(&self, start: u64, count: u64) -> Result<(), Error> {
        let Some(block) = &self.block else {
            return Ok(());
        };
        let mut block = block.lock();
        let end = start.saturating_add(count).min(block.limit);
        if start >= block.limit {
            return Err(Error::RotationRequired);
        }
        if count == 0 || block.reserved && start < block.end {
            return Err(Error::InvalidArgument);
        }
        (block.next, block.end, block.reserved) = (start, end, true);
        Ok(())
    }

    pub(crate) fn left(&self) -> Option<u64> {
        self.block.as_ref().map(|block| {
            let block = block.lock();
            block.end - block.next
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Uses;
    use crate::Error;

    #[test]
    fn a_block_is_used_up_to_its_end_and_the_next_goes_on_behind_it() {
        let uses = Uses::new(Some(10));
        assert_eq!(uses.reserve(4, 2), Ok(()));
        assert_eq!(uses.left(), Some(2));
        // What overlaps a block would be counted twice, though none of it is used yet.
        for start in [3, 4, 5] {
            assert_eq!(uses.reserve(start, 1), Err(Error::InvalidArgument));
        }
        assert_eq!([uses.take(), uses.take()], [Ok(()), Ok(())]);
        assert_eq!(uses.take(), Err(Error::UsesNotReserved));
        assert_eq!(uses.reserve(5, 1), Err(Error::InvalidArgument));
        assert_eq!(uses.reserve(6, 0), Err(Error::InvalidArgument));
        assert_eq!(uses.reserve(6, 1), Ok(()));
        assert_eq!(uses.take(), Ok(()));
        assert_eq!(uses.take(), Err(Error::UsesNotReserved));
    }

    #[test]
    fn a_block_ends_at_the_limit_and_none_begins_there() {
        let uses = Uses::new(Some(10));
        assert_eq!(uses.reserve(9, u64::MAX), Ok(()));
        assert_eq!(uses.take(), Ok(()));
        assert_eq!(uses.take(), Err(Error::RotationRequired));
        assert_eq!(uses.reserve(10, 1), Err(Error::RotationRequired));
        assert_eq!(uses.reserve(u64::MAX, 1), Err(Error::RotationRequired));
    }

    #[test]
    fn before_the_first_block_the_limit_alone_holds_and_without_a_limit_nothing_does() {
        let uses = Uses::new(Some(2));
        assert_eq!([uses.take(), uses.take()], [Ok(()), Ok(())]);
        assert_eq!(uses.take(), Err(Error::RotationRequired));
        let unlimited = Uses::new(None);
        assert_eq!(unlimited.reserve(5, 0), Ok(()));
        assert_eq!((unlimited.take(), unlimited.left()), (Ok(()), None));
    }
}
