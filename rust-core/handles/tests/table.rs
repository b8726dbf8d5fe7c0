//! The handle table from outside: every way in which a handle can be wrong, exhaustion, and races.

#![allow(clippy::unwrap_used)] // the helpers; tests themselves may

use strongroom_handles::{Error, Handle, HandleTable, Limits, GENERATION_MAX};
use strongroom_sync::atomic::{AtomicU64, Ordering};
use strongroom_sync::Arc;

fn table(capacity: u32) -> HandleTable<u64> {
    HandleTable::new(Limits::new(1, 2, capacity))
}

fn parts(bits: u64) -> Handle {
    Handle::parse(bits, 1, 2).unwrap()
}

#[test]
fn a_handle_finds_its_object_until_its_last_release() {
    let table = table(8);
    let handle = table.insert(Arc::new(7)).unwrap();
    assert_eq!(*table.lookup(handle).unwrap(), 7);
    table.retain(handle).unwrap();
    assert_eq!(table.release(handle), Ok(None));
    assert_eq!(*table.lookup(handle).unwrap(), 7);
    assert_eq!(table.release(handle), Ok(Some(Arc::new(7))));
    assert_eq!(table.lookup(handle), Err(Error::Stale));
    assert_eq!(table.retain(handle), Err(Error::Stale));
    assert_eq!(table.release(handle), Err(Error::Stale));
}

#[test]
fn a_reused_slot_does_not_answer_to_its_former_handle() {
    let table = table(1);
    let first = table.insert(Arc::new(1)).unwrap();
    table.release(first).unwrap();
    let second = table.insert(Arc::new(2)).unwrap();
    assert_eq!(parts(first).slot, parts(second).slot);
    assert_eq!(table.lookup(first), Err(Error::Stale));
    assert_eq!(*table.lookup(second).unwrap(), 2);
}

#[test]
fn a_stale_handle_takes_and_gives_no_reference_of_what_is_in_its_slot_now() {
    let table = table(1);
    let mut stale = Vec::new();
    for life in 1..=4 {
        let live = table.insert(Arc::new(life)).unwrap();
        table.retain(live).unwrap();
        for &handle in &stale {
            assert_eq!(parts(handle).slot, parts(live).slot);
            assert_eq!(table.lookup(handle), Err(Error::Stale));
            assert_eq!(table.retain(handle), Err(Error::Stale));
            assert_eq!(table.release(handle), Err(Error::Stale));
        }
        // It has the two references that it was given, and ends with the second.
        assert_eq!(table.release(live), Ok(None));
        for &handle in &stale {
            assert_eq!(table.release(handle), Err(Error::Stale));
        }
        assert_eq!(*table.lookup(live).unwrap(), life);
        assert_eq!(table.live(), 1);
        assert_eq!(table.release(live), Ok(Some(Arc::new(life))));
        stale.push(live);
    }
    // Nor does a handle that will be given later.
    let live = table.insert(Arc::new(5)).unwrap();
    for later in 1..4 {
        let later = live + later;
        assert_eq!(table.retain(later), Err(Error::Invalid));
        assert_eq!(table.release(later), Err(Error::Invalid));
    }
    assert_eq!(table.release(live), Ok(Some(Arc::new(5))));
}

#[test]
fn handles_that_were_never_given_are_invalid() {
    let table = table(64);
    let given = table.insert(Arc::new(1)).unwrap();
    let Handle {
        kind,
        slot,
        generation,
    } = parts(given);
    let forged = [
        0,
        Handle {
            kind,
            slot,
            generation: generation + 1,
        }
        .bits(),
        Handle {
            kind,
            slot: slot + 16,
            generation,
        }
        .bits(),
        Handle {
            kind,
            slot: 0xFF_FFFF,
            generation,
        }
        .bits(),
        Handle {
            kind,
            slot,
            generation: 0,
        }
        .bits(),
        Handle {
            kind: 3,
            slot,
            generation,
        }
        .bits(),
        u64::MAX,
    ];
    for bits in forged {
        assert_eq!(table.lookup(bits), Err(Error::Invalid), "{bits:#x}");
        assert_eq!(table.retain(bits), Err(Error::Invalid), "{bits:#x}");
        assert_eq!(table.release(bits), Err(Error::Invalid), "{bits:#x}");
    }
    let other = Handle {
        kind: 2,
        slot,
        generation,
    }
    .bits();
    assert_eq!(table.lookup(other), Err(Error::WrongKind));
    table.release(given).unwrap();
    // The generation that the slot would give next has not been given yet.
    let next = Handle {
        kind,
        slot,
        generation: generation + 1,
    }
    .bits();
    assert_eq!(table.lookup(next), Err(Error::Invalid));
}

#[test]
fn a_full_table_is_an_error_and_room_comes_back() {
    for capacity in [1, 15, 16, 17, 40] {
        let table = table(capacity);
        let handles: Vec<u64> = (0..capacity)
            .map(|n| table.insert(Arc::new(n.into())).unwrap())
            .collect();
        assert_eq!(table.insert(Arc::new(0)), Err(Error::Full));
        assert_eq!(table.live(), u64::from(capacity));
        for (n, &handle) in handles.iter().enumerate() {
            assert_eq!(*table.lookup(handle).unwrap(), n as u64);
            assert!(parts(handle).slot < 16 * capacity.div_ceil(16));
        }
        table.release(handles[0]).unwrap();
        assert!(table.insert(Arc::new(0)).is_ok());
    }
}

#[test]
fn a_slot_whose_generations_are_used_up_is_retired() {
    let last_two = Limits {
        first_generation: GENERATION_MAX - 1,
        ..Limits::new(1, 2, 1)
    };
    let table = HandleTable::new(last_two);
    let before_last = table.insert(Arc::new(1)).unwrap();
    table.release(before_last).unwrap();
    let last = table.insert(Arc::new(2)).unwrap();
    assert_eq!(parts(last).generation, GENERATION_MAX);
    assert_eq!(*table.release(last).unwrap().unwrap(), 2);
    assert_eq!(table.insert(Arc::new(3)), Err(Error::Full));
    assert_eq!(table.lookup(last), Err(Error::Stale));
    assert_eq!(table.lookup(before_last), Err(Error::Stale));
    assert_eq!(table.release(last), Err(Error::Stale));
    assert_eq!(table.live(), 0);
}

#[test]
fn references_above_the_limit_are_refused_and_none_is_lost() {
    let table = HandleTable::new(Limits {
        references: 3,
        ..Limits::new(1, 2, 4)
    });
    let handle = table.insert(Arc::new(1)).unwrap();
    table.retain(handle).unwrap();
    table.retain(handle).unwrap();
    assert_eq!(table.retain(handle), Err(Error::TooManyReferences));
    assert_eq!(table.release(handle), Ok(None));
    assert_eq!(table.release(handle), Ok(None));
    assert!(table.release(handle).unwrap().is_some());
}

struct Counted<'a>(&'a AtomicU64);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn an_object_that_is_in_use_outlives_its_release() {
    let drops = AtomicU64::new(0);
    let table = HandleTable::new(Limits::new(1, 2, 4));
    let handle = table.insert(Arc::new(Counted(&drops))).unwrap();
    let in_use = table.lookup(handle).unwrap();
    drop(table.release(handle).unwrap());
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(in_use);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn threads_that_use_and_release_at_once_see_an_object_or_stale_and_lose_nothing() {
    const ROUNDS: u64 = 2000;
    let drops = AtomicU64::new(0);
    let table = HandleTable::new(Limits::new(1, 2, 64));
    let barrier = std::sync::Barrier::new(3);
    let current = AtomicU64::new(0);
    // Counted and judged at the end: a thread that panicked would leave the others waiting at the barrier.
    let surprises = AtomicU64::new(0);
    let expect = |expected: bool| surprises.fetch_add(u64::from(!expected), Ordering::SeqCst);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    barrier.wait();
                    for _ in 0..8 {
                        let found = table.lookup(current.load(Ordering::SeqCst));
                        expect(matches!(found, Ok(_) | Err(Error::Stale)));
                    }
                    barrier.wait();
                }
            });
        }
        for _ in 0..ROUNDS {
            let inserted = table.insert(Arc::new(Counted(&drops)));
            expect(inserted.is_ok());
            current.store(inserted.unwrap_or(0), Ordering::SeqCst);
            barrier.wait();
            expect(table.release(current.load(Ordering::SeqCst)).is_ok());
            barrier.wait();
        }
    });
    assert_eq!(surprises.into_inner(), 0);
    assert_eq!(table.live(), 0);
    assert_eq!(drops.load(Ordering::SeqCst), ROUNDS);
}

#[test]
fn every_error_says_something_of_its_own() {
    let errors = [
        Error::Invalid,
        Error::WrongKind,
        Error::Stale,
        Error::TooManyReferences,
        Error::Full,
        Error::OutOfMemory,
    ];
    let texts: std::collections::BTreeSet<String> = errors.iter().map(Error::to_string).collect();
    assert_eq!(texts.len(), errors.len());
    assert!(texts.iter().all(|text| text.contains("handle")));
}
