//! The diagnostics reporter: the latest failures in a bounded ring, when it is turned on. A record is the operation and
//! numbers; nothing that a caller sent can be in it.

use crate::constants::SR_DIAGNOSTICS_MAX;
use crate::export::export;
use crate::manifest;
use crate::state;
use crate::status::Failure;
use crate::types::{sr_buffer_t, sr_diagnostic_t};
use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};
use strongroom_core::Error;
use strongroom_sync::atomic::{AtomicBool, Ordering};
use strongroom_sync::Mutex;

const RECORD_BYTES: usize = size_of::<sr_diagnostic_t>();
const FUNCTION_BYTES: usize = 32;

/// Off until `sr_diagnostics_keep`. A failure costs one load while it is off, and a short lock while it is on.
#[derive(Default)]
pub(crate) struct Diagnostics {
    on: AtomicBool,
    ring: Mutex<Ring>,
}

/// The latest records, oldest first. All of its memory is taken when it is turned on.
#[derive(Default)]
struct Ring {
    records: VecDeque<Record>,
    capacity: usize,
    /// The latest record's number.
    sequence: u64,
}

struct Record {
    sequence: u64,
    /// Milliseconds since 1970.
    time: u64,
    operation: u32,
    item: u32,
    failure: Failure,
}

export! {
    functions {
        /// Keeps the latest failures, so many of them; 0 turns it off.
        90 Started fn sr_diagnostics_keep(library; records: u32) {
            let capacity = records as usize;
            if capacity > SR_DIAGNOSTICS_MAX {
                return Err(Failure::at(1, Error::LengthOutOfRange));
            }
            let mut room = VecDeque::new();
            room.try_reserve_exact(capacity).map_err(|_| Error::OutOfMemory)?;
            let diagnostics = &library.diagnostics;
            let mut ring = diagnostics.ring.lock();
            ring.records = room;
            ring.capacity = capacity;
            diagnostics.on.store(capacity > 0, Ordering::Relaxed);
            Ok(())
        }

        /// Gives the records after a number, oldest first, as many as there is room for.
        91 Started fn sr_diagnostics_read(library; after: u64, records: sr_buffer_t) {
            // At least one record has to fit, or a caller who asks again and again would never end.
            let room = (records.capacity() / RECORD_BYTES).max(1) * RECORD_BYTES;
            let (room, length) = records.reserve(room)?;
            let ring = library.diagnostics.ring.lock();
            let newer = ring.records.iter().filter(|record| record.sequence > after);
            *length = newer
                .zip(room.chunks_exact_mut(RECORD_BYTES))
                .map(|(record, room)| record.write(room))
                .sum();
            Ok(())
        }
    }
}

/// Notes that `operation` failed; `item` is the number of the batch's item from 1, or 0.
pub(crate) fn record(operation: u32, item: u32, failure: &Failure) {
    // Where the library is not started nobody can have turned it on.
    let Ok(library) = state::library() else {
        return;
    };
    let diagnostics = &library.diagnostics;
    if !diagnostics.on.load(Ordering::Relaxed) {
        return;
    }
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = time.map_or(0, |since| since.as_millis() as u64);
    let mut ring = diagnostics.ring.lock();
    if ring.capacity == 0 {
        return;
    }
    if ring.records.len() == ring.capacity {
        ring.records.pop_front();
    }
    ring.sequence += 1;
    let record = Record {
        sequence: ring.sequence,
        time,
        operation,
        item,
        failure: *failure,
    };
    ring.records.push_back(record);
}

impl Record {
    /// Writes it as `sr_diagnostic_t` lies in memory; gives its bytes.
    fn write(&self, room: &mut [u8]) -> usize {
        let Failure {
            error,
            argument,
            numbers: [first, second],
        } = self.failure;
        let name = function(self.operation).bytes().take(FUNCTION_BYTES - 1);
        let bytes = (self.sequence.to_ne_bytes().into_iter())
            .chain(self.time.to_ne_bytes())
            .chain(self.operation.to_ne_bytes())
            .chain(error.code().to_ne_bytes())
            .chain(argument.to_ne_bytes())
            .chain(self.item.to_ne_bytes())
            .chain(first.to_ne_bytes())
            .chain(second.to_ne_bytes())
            .chain(name);
        // What is left of the room is zero already: the function's name ends with a NUL.
        for (to, byte) in room.iter_mut().zip(bytes) {
            *to = byte;
        }
        room.len()
    }
}

/// The name of a function; that of a test's is not in the manifest.
fn function(operation: u32) -> &'static str {
    let mut exports = manifest::EXPORTS.iter().copied().flatten();
    let export = exports.find(|export| export.operation == operation);
    export.map_or("", |export| export.name)
}
