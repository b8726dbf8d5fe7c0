//! The interleaving checker itself: it goes through every order, finds what only one of them shows, and keeps to its bound.

#![cfg(sr_model)]

use std::panic::catch_unwind;
use strongroom_sync::atomic::{AtomicU64, Ordering};
use strongroom_sync::model::{explore, Script};
use strongroom_sync::Mutex;

/// Adds one in two steps, between which another thread may come.
fn torn() -> Script<AtomicU64> {
    Box::new(|count| {
        let before = count.load(Ordering::SeqCst);
        count.store(before + 1, Ordering::SeqCst);
    })
}

fn whole() -> Script<AtomicU64> {
    Box::new(|count| {
        count.fetch_add(1, Ordering::SeqCst);
    })
}

fn two(count: AtomicU64) {
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn an_update_that_only_one_order_loses_is_found() {
    let setup = || AtomicU64::new(0);
    let lost = catch_unwind(|| explore(usize::MAX, setup, &[torn(), torn()], two));
    assert!(lost.is_err());
    explore(usize::MAX, setup, &[whole(), whole()], two);
}

#[test]
fn a_bound_of_no_preemptions_runs_each_thread_to_its_end() {
    let setup = || AtomicU64::new(0);
    assert_eq!(explore(0, setup, &[torn(), torn()], two), 2);
    assert_eq!(explore(0, setup, &[torn(), torn(), torn()], |_| {}), 6);
}

#[test]
fn every_order_is_gone_through_once() {
    // A thread of one operation has two parts, around the place where another may come: 4! / (2! 2!) ways to lay two of them out.
    let setup = || AtomicU64::new(0);
    assert_eq!(explore(usize::MAX, setup, &[whole(), whole()], two), 6);
    // Of two operations, three parts: 6! / (3! 3!).
    assert_eq!(explore(usize::MAX, setup, &[torn(), torn()], |_| {}), 20);
}

#[test]
fn a_thread_that_waits_for_a_lock_goes_on_once_it_is_free() {
    let thread = || -> Script<Mutex<u64>> {
        Box::new(|value| {
            let mut value = value.lock();
            *value += 1;
        })
    };
    let threads = [thread(), thread(), thread()];
    let orders = explore(
        usize::MAX,
        || Mutex::new(0),
        &threads,
        |value| {
            assert_eq!(*value.lock(), 3);
        },
    );
    assert!(orders > 6);
}
