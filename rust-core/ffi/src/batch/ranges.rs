//! The ranges of a batch's items: judged all at once, then cut out of the one output one after the other.

use super::operation::Operation;
use crate::status::Failure;
use crate::types::{sr_batch_item_t, sr_range_t};
use std::ops::Range;
use strongroom_core::Error;

/// Judges every range of the batch, and gives the end of the last output.
///
/// Errors: `InvalidArgument` (no such operation, or outputs that do not ascend), `LengthOutOfRange` (a range reaches out
/// of its buffer); the number is the item's index.
pub(super) fn check_ranges(
    input_length: usize,
    items: &[sr_batch_item_t],
    capacity: usize,
) -> Result<usize, Failure> {
    let mut end = 0;
    for (index, item) in items.iter().enumerate() {
        end = check_item(input_length, item, capacity, end).map_err(|error| Failure {
            error,
            argument: 2,
            numbers: [index as u64, 0],
        })?;
    }
    Ok(end)
}

/// Judges the ranges of one item that its operation uses; its outputs begin at `start` or later. Gives their end.
fn check_item(
    input_length: usize,
    item: &sr_batch_item_t,
    capacity: usize,
    start: usize,
) -> Result<usize, Error> {
    let operation = Operation::from_number(item.operation).ok_or(Error::InvalidArgument)?;
    for given in item.inputs.iter().take(operation.inputs()) {
        within(*given, input_length)?;
    }
    let mut end = start;
    for given in item.outputs.iter().take(operation.outputs()) {
        // A place for nothing is nowhere: an output that is not wanted need not be in order.
        if given.length == 0 {
            continue;
        }
        let output = within(*given, capacity)?;
        if output.start < end {
            return Err(Error::InvalidArgument);
        }
        end = output.end;
    }
    Ok(end)
}

/// What is left of the output, from `position` on.
pub(super) struct Rest<'a> {
    room: &'a mut [u8],
    position: usize,
}

impl<'a> Rest<'a> {
    pub(super) fn new(room: &'a mut [u8]) -> Self {
        Self { room, position: 0 }
    }

    /// Cuts an item's outputs off, those that its operation has. They were judged.
    pub(super) fn carve_outputs(
        &mut self,
        operation: Operation,
        item: &sr_batch_item_t,
    ) -> Result<[&'a mut [u8]; 3], Failure> {
        let mut rooms = [&mut [][..], &mut [][..], &mut [][..]];
        let outputs = item.outputs.iter().take(operation.outputs());
        for (room, output) in rooms.iter_mut().zip(outputs) {
            if output.length > 0 {
                *room = self.carve(range(*output)?)?;
            }
        }
        Ok(rooms)
    }

    /// Cuts a range off; ranges come in ascending order.
    fn carve(&mut self, range: Range<usize>) -> Result<&'a mut [u8], Failure> {
        let skip = range
            .start
            .checked_sub(self.position)
            .ok_or(Error::Internal)?;
        let room = std::mem::take(&mut self.room);
        let (_, room) = room.split_at_mut_checked(skip).ok_or(Error::Internal)?;
        let (carved, rest) = room
            .split_at_mut_checked(range.len())
            .ok_or(Error::Internal)?;
        self.room = rest;
        self.position = range.end;
        Ok(carved)
    }
}

/// A part of the input. Errors: `LengthOutOfRange`.
pub(super) fn part(input: &[u8], given: sr_range_t) -> Result<&[u8], Failure> {
    Ok(input.get(range(given)?).ok_or(Error::LengthOutOfRange)?)
}

/// Errors: `LengthOutOfRange` (it ends beyond `limit`).
fn within(given: sr_range_t, limit: usize) -> Result<Range<usize>, Error> {
    let range = range(given)?;
    if range.end <= limit {
        Ok(range)
    } else {
        Err(Error::LengthOutOfRange)
    }
}

/// Errors: `LengthOutOfRange` (it ends beyond all memory).
fn range(given: sr_range_t) -> Result<Range<usize>, Error> {
    let end = given
        .offset
        .checked_add(given.length)
        .ok_or(Error::LengthOutOfRange)?;
    let start = usize::try_from(given.offset).map_err(|_| Error::LengthOutOfRange)?;
    Ok(start..usize::try_from(end).map_err(|_| Error::LengthOutOfRange)?)
}
