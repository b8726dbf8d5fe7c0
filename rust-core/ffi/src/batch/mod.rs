//! Many operations in one call: every range is judged before the first item runs, and each item then fails or
//! succeeds on its own.

mod operation;
mod ranges;

use crate::argument::Items;
use crate::buffer::Buffer;
use crate::diagnostics;
use crate::export::export;
use crate::handle::Held;
use crate::panics::guard;
use crate::state::Library;
use crate::status::Failure;
use crate::types::{sr_batch_item_t, sr_buffer_t, sr_bytes_t};
use operation::{Job, Operation};
use ranges::{check_ranges, Rest};
use strongroom_core::{Error, Key};
use strongroom_memory::wipe;
use strongroom_sync::Arc;

/// The number of `sr_key_batch`, for the diagnostics of its items; a test holds it to the manifest.
const OPERATION: u32 = 30;

export! {
    functions {
        /// Runs an operation on each of many items.
        30 Started fn sr_key_batch(
            library; input: sr_bytes_t, items: *mut sr_batch_item_t, count: usize, output: sr_buffer_t
        ) as (input = input, items = Items(items, count), output = output) {
            run(library, input, items, output)
        }
    }
}

/// Runs every item. Errors: those of [`check_ranges`], before any item ran.
fn run(
    library: &Library,
    input: &[u8],
    items: &mut [sr_batch_item_t],
    output: Buffer<'_>,
) -> Result<(), Failure> {
    let end = check_ranges(input.len(), items, output.capacity())?;
    let (room, length) = output.reserve(end)?;
    let mut rest = Rest::new(room);
    for (index, item) in (1..).zip(items) {
        let operation = Operation::from_number(item.operation).ok_or(Error::Internal)?;
        let mut rooms = rest.carve_outputs(operation, item)?;
        let mut written = [0; 3];
        let mut valid = 0;
        let mut at_work = [None, None];
        let outcome = guard(|| {
            let [first, second, third] = rooms.each_mut();
            let [one, two, three] = written.each_mut();
            let job = Job {
                library,
                input,
                item,
                outputs: [
                    Buffer::new(first, one, 1),
                    Buffer::new(second, two, 2),
                    Buffer::new(third, three, 3),
                ],
                valid: &mut valid,
                at_work: &mut at_work,
            };
            job.run(operation)
        });
        let dropped = settle(at_work, &outcome);
        match outcome.and(dropped) {
            Ok(()) => {
                item.written = written.map(|bytes| bytes as u64);
                item.valid = valid;
            }
            Err(failure) => {
                rooms.iter_mut().for_each(|room| wipe(room));
                item.code = failure.error.code();
                diagnostics::record(OPERATION, index, &failure);
                if failure.error == Error::BufferTooSmall {
                    let at = (failure.argument as usize).wrapping_sub(1);
                    if let Some(needed) = item.written.get_mut(at) {
                        *needed = failure.numbers[0];
                    }
                }
            }
        }
    }
    *length = end;
    Ok(())
}

/// The keys of an item, kept outside of its run, where they are found again after a panic.
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
