//! Failures on purpose, for the boundary's tests: two ways to panic, and a plan of failures for the functions that there
//! are. Nothing of this is in the manifest, nor in a build without `fault-injection`, which no release has.

#![allow(clippy::panic)] // it is for this alone
#![allow(dead_code)] // EXPORTS, which the manifest leaves out

use crate::export::export;
use crate::status::Failure;
use crate::types::{sr_batch_item_t, sr_buffer_t, sr_key_t};
use strongroom_core::Error;
use strongroom_sync::Mutex;

/// A batch operation that writes to each item's output, and panics on those with a `number` of 1.
pub const SR_TEST_BATCH_PANIC: u32 = 9000;

/// The environment variable that has the plan: `operation:failure:first[:count]`, separated by commas. The failure is
/// `panic`, an error's number, or `each` (the first call fails with the first error there is, the next with the next
/// one, but for a panic, which poisons); it befalls `count` calls (1 where it is left out) of the operation from the `first` on, which counts from 1.
const PLAN: &str = "STRONGROOM_FAULTS";

static RULES: Mutex<Vec<Rule>> = Mutex::new(Vec::new());

struct Rule {
    operation: u32,
    kind: Kind,
    /// Calls until the first that fails.
    before: u64,
    /// Calls that have failed, and how many are to.
    failed: usize,
    count: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Panic,
    Each,
    One(Error),
}

/// Takes the plan up, or lets go of it. Errors: `InvalidArgument` (a plan that cannot be read).
pub(crate) fn arm(on: bool) -> Result<(), Failure> {
    let mut rules = Vec::new();
    if let Some(plan) = std::env::var(PLAN).ok().filter(|_| on) {
        for rule in plan.split(',') {
            rules.push(parse(rule).ok_or(Error::InvalidArgument)?);
        }
    }
    *RULES.lock() = rules;
    Ok(())
}

fn parse(rule: &str) -> Option<Rule> {
    let mut words = rule.split(':');
    let operation = words.next()?.parse().ok()?;
    let kind = match words.next()? {
        "panic" => Kind::Panic,
        "each" => Kind::Each,
        number => {
            let number: u32 = number.parse().ok()?;
            let error = Error::ALL.iter().find(|error| error.code() == number)?;
            Kind::One(*error)
        }
    };
    let first: u64 = words.next()?.parse().ok()?;
    let count = words
        .next()
        .map_or(Some(1), |count| count.parse::<usize>().ok())?;
    Some(Rule {
        operation,
        kind,
        before: first.checked_sub(1)?,
        failed: 0,
        count,
    })
}

/// Fails as the plan says, in every function, with its objects at work.
pub(crate) fn strike(operation: u32) -> Result<(), Failure> {
    let Some(kind) = next(operation) else {
        return Ok(());
    };
    match kind {
        (Kind::Panic, _) => panic!("a panic on purpose"),
        (Kind::One(error), _) => Err(error.into()),
        (Kind::Each, index) => {
            let mut errors = Error::ALL.iter().filter(|error| **error != Error::Panic);
            errors
                .nth(index)
                .map_or(Ok(()), |error| Err((*error).into()))
        }
    }
}

/// The failure that this call is due, with how many were before it.
fn next(operation: u32) -> Option<(Kind, usize)> {
    let mut rules = RULES.lock();
    let rule = rules.iter_mut().find(|rule| rule.operation == operation)?;
    if rule.before > 0 {
        rule.before -= 1;
        return None;
    }
    let index = rule.failed;
    if index == rule.count {
        return None;
    }
    rule.failed += 1;
    Some((rule.kind, index))
}

pub(crate) fn panic_for(item: &sr_batch_item_t, output: &mut [u8]) -> Result<(), Error> {
    output.fill(0xAA);
    assert!(item.number != 1, "a panic on purpose");
    Ok(())
}

/// Panics a second time while the first panic's payload is dropped.
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("dropping what a panic carried");
    }
}

export! {
    functions {
        /// Writes to `out` and then panics, with a payload that panics when it is dropped where `twice` is not 0.
        9000 Started fn sr_test_panic(_library; key: sr_key_t, twice: u32, out: sr_buffer_t) {
            let _ = key.spec();
            let bytes = out.capacity();
            out.fill(bytes, |room| {
                room.fill(0xAA);
                if twice != 0 {
                    std::panic::panic_any(PanicsOnDrop);
                }
                std::panic::panic_any("a panic on purpose")
            })
        }
    }
}
