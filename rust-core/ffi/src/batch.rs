//! Many operations in one call: every range is judged before the first item runs, and each item then fails or
//! succeeds on its own.

use crate::argument::Items;
use crate::buffer::Buffer;
use crate::constants::{SR_BATCH_DATA_KEY, SR_BATCH_DECRYPT, SR_BATCH_ENCRYPT, SR_BATCH_REENCRYPT};
use crate::diagnostics;
use crate::export::export;
use crate::handle::{Held, Kind};
use crate::panics::guard;
use crate::state::Library;
use crate::status::Failure;
use crate::types::{sr_batch_item_t, sr_buffer_t, sr_bytes_t};
use std::ops::Range;
use strongroom_core::{Error, Key};
use strongroom_memory::wipe;
use strongroom_sync::Arc;

/// The number of `sr_key_batch`, for the diagnostics of its items; a test holds it to the manifest.
const OPERATION: u32 = 30;

export! {
    functions {
        /// Runs one operation on many items.
        30 Started fn sr_key_batch(
            library; operation: u32, input: sr_bytes_t, items: *mut sr_batch_item_t, count: usize,
            output: sr_buffer_t
        ) as (operation = operation, input = input, items = Items(items, count), output = output) {
            let operation = Operation::from_number(operation)?;
            run(library, operation, input, items, output)
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Encrypt,
    Decrypt,
    Reencrypt,
    DataKey,
    #[cfg(feature = "fault-injection")]
    Panic,
}

impl Operation {
    fn from_number(number: u32) -> Result<Self, Failure> {
        match number {
            SR_BATCH_ENCRYPT => Ok(Self::Encrypt),
            SR_BATCH_DECRYPT => Ok(Self::Decrypt),
            SR_BATCH_REENCRYPT => Ok(Self::Reencrypt),
            SR_BATCH_DATA_KEY => Ok(Self::DataKey),
            #[cfg(feature = "fault-injection")]
            crate::fault::SR_TEST_BATCH_PANIC => Ok(Self::Panic),
            _ => Err(Failure::at(1, Error::InvalidArgument)),
        }
    }
}

/// Runs every item. Errors: those of [`check_ranges`], before any item ran.
fn run(
    library: &Library,
    operation: Operation,
    input: &[u8],
    items: &mut [sr_batch_item_t],
    output: Buffer<'_>,
) -> Result<(), Failure> {
    let end = check_ranges(operation, input.len(), items, output.capacity())?;
    let (room, length) = output.reserve(end)?;
    let mut rest = Rest { room, position: 0 };
    for (index, item) in (1..).zip(items) {
        let first = rest.carve(range(item.output_offset, item.output_capacity)?)?;
        let mut second = match second_range(operation, item)? {
            Some(range) => Some(rest.carve(range)?),
            None => None,
        };
        let mut at_work = [None, None];
        let mut written = 0;
        let outcome = guard(|| {
            let job = Job {
                library,
                input,
                item,
                at_work: &mut at_work,
            };
            written = job.run(operation, first, second.as_deref_mut())?;
            Ok(())
        });
        let dropped = settle(at_work, &outcome);
        match outcome.and(dropped) {
            Ok(()) => item.output_length = written as u64,
            Err(failure) => {
                wipe(first);
                if let Some(second) = second {
                    wipe(second);
                }
                item.code = failure.error.code();
                diagnostics::record(OPERATION, index, &failure);
                if failure.error == Error::BufferTooSmall {
                    item.output_length = failure.numbers[0];
                }
            }
        }
    }
    *length = end;
    Ok(())
}

type AtWork = [Option<Arc<Held<Key>>>; 2];

/// Poisons the keys that were at work when an item panicked, and lets go of them.
fn settle(at_work: AtWork, outcome: &Result<(), Failure>) -> Result<(), Failure> {
    if matches!(
        outcome,
        Err(Failure {
            error: Error::Panic,
            ..
        })
    ) {
        at_work.iter().flatten().for_each(|held| held.poison());
    }
    guard(|| {
        drop(at_work);
        Ok(())
    })
}

/// One item at work. Its keys are kept outside of it, where they are found again after a panic.
struct Job<'a> {
    library: &'a Library,
    input: &'a [u8],
    item: &'a sr_batch_item_t,
    at_work: &'a mut AtWork,
}

impl Job<'_> {
    /// Gives the bytes written to `first`.
    fn run(
        self,
        operation: Operation,
        first: &mut [u8],
        second: Option<&mut [u8]>,
    ) -> Result<usize, Failure> {
        let Self {
            library,
            input,
            item,
            at_work: [key, target],
        } = self;
        let core = &library.core;
        let key = key.insert(Key::find(library, item.key.bits)?).value();
        let associated_data = part(
            input,
            item.associated_data_offset,
            item.associated_data_length,
        )?;
        let message = || part(input, item.input_offset, item.input_length);
        match operation {
            Operation::Encrypt => {
                let message = message()?;
                let room = exactly(first, key.encrypted_bytes(message.len())?)?;
                key.encrypt(core, message, associated_data, room)?;
                Ok(room.len())
            }
            Operation::Decrypt => {
                let message = message()?;
                let room = exactly(first, key.decrypted_bytes(message.len())?)?;
                key.decrypt(core, message, associated_data, room)?;
                Ok(room.len())
            }
            Operation::Reencrypt => {
                let message = message()?;
                let target = target.insert(Key::find(library, item.target.bits)?).value();
                let new_associated_data = part(
                    input,
                    item.new_associated_data_offset,
                    item.new_associated_data_length,
                )?;
                let room = exactly(first, key.reencrypted_bytes(target, message.len())?)?;
                key.reencrypt(
                    core,
                    target,
                    message,
                    associated_data,
                    new_associated_data,
                    room,
                )?;
                Ok(room.len())
            }
            Operation::DataKey => {
                let bytes = item.data_key_bytes as usize;
                let room = exactly(first, key.data_key_bytes(bytes)?)?;
                let plaintext = match second {
                    Some(second) => Some(exactly(second, bytes)?),
                    None => None,
                };
                key.data_key(core, bytes, associated_data, plaintext, room)?;
                Ok(room.len())
            }
            #[cfg(feature = "fault-injection")]
            Operation::Panic => crate::fault::panic_for(item, first),
        }
    }
}

/// What is left of the output, from `position` on.
struct Rest<'a> {
    room: &'a mut [u8],
    position: usize,
}

impl<'a> Rest<'a> {
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

/// Judges every range of the batch, and gives the end of the last output.
///
/// Errors: `LengthOutOfRange` (a range reaches out of its buffer), `InvalidArgument` (outputs do not ascend); the
/// number is the item's index.
fn check_ranges(
    operation: Operation,
    input_length: usize,
    items: &[sr_batch_item_t],
    capacity: usize,
) -> Result<usize, Failure> {
    let mut end = 0;
    for (index, item) in items.iter().enumerate() {
        end =
            check_item(operation, input_length, item, capacity, end).map_err(|error| Failure {
                error,
                argument: 3,
                numbers: [index as u64, 0],
            })?;
    }
    Ok(end)
}

/// Judges the ranges of one item that its operation uses; its outputs begin at `start` or later. Gives their end.
fn check_item(
    operation: Operation,
    input_length: usize,
    item: &sr_batch_item_t,
    capacity: usize,
    start: usize,
) -> Result<usize, Error> {
    let within = |offset, length, limit| {
        range(offset, length)
            .ok()
            .filter(|range| range.end <= limit)
            .ok_or(Error::LengthOutOfRange)
    };
    within(
        item.associated_data_offset,
        item.associated_data_length,
        input_length,
    )?;
    if operation != Operation::DataKey {
        within(item.input_offset, item.input_length, input_length)?;
    }
    if operation == Operation::Reencrypt {
        within(
            item.new_associated_data_offset,
            item.new_associated_data_length,
            input_length,
        )?;
    }
    let first = within(item.output_offset, item.output_capacity, capacity)?;
    let second = match second_range(operation, item)? {
        Some(second) => within(second.start as u64, second.len() as u64, capacity)?,
        None => first.end..first.end,
    };
    if first.start < start || second.start < first.end {
        return Err(Error::InvalidArgument);
    }
    Ok(second.end)
}

/// The second output of an item, where it has one.
fn second_range(
    operation: Operation,
    item: &sr_batch_item_t,
) -> Result<Option<Range<usize>>, Error> {
    if operation != Operation::DataKey || item.second_output_capacity == 0 {
        return Ok(None);
    }
    range(item.second_output_offset, item.second_output_capacity).map(Some)
}

/// Errors: `LengthOutOfRange` (it ends beyond all memory).
fn range(offset: u64, length: u64) -> Result<Range<usize>, Error> {
    let end = offset.checked_add(length).ok_or(Error::LengthOutOfRange)?;
    let start = usize::try_from(offset).map_err(|_| Error::LengthOutOfRange)?;
    Ok(start..usize::try_from(end).map_err(|_| Error::LengthOutOfRange)?)
}

fn part(input: &[u8], offset: u64, length: u64) -> Result<&[u8], Error> {
    input
        .get(range(offset, length)?)
        .ok_or(Error::LengthOutOfRange)
}

/// The first `needed` bytes of an item's room. Errors: `BufferTooSmall`.
fn exactly(room: &mut [u8], needed: usize) -> Result<&mut [u8], Failure> {
    let capacity = room.len() as u64;
    room.get_mut(..needed).ok_or(Failure {
        error: Error::BufferTooSmall,
        argument: 0,
        numbers: [needed as u64, capacity],
    })
}
