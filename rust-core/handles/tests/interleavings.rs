//! The handle table under the interleaving checker: every order, within a bound of preemptions, in which two or three threads can
//! insert, look up, retain, release and retire. `make model` runs it.

#![cfg(sr_model)]
#![allow(clippy::unwrap_used)] // the helpers; tests themselves may

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use strongroom_handles::{Error, HandleTable, Limits, GENERATION_MAX};
use strongroom_sync::model::{explore, Script};
use strongroom_sync::Arc;

/// A table with one slot and an object in it; what happened is noted in counters that are no part of the model.
struct World {
    table: HandleTable<u32>,
    first: u64,
    /// The object that took the slot; 0 while none has.
    second: AtomicU64,
    ended: AtomicU32,
    held: AtomicU32,
}

fn world(first_generation: u32) -> World {
    world_of(1, first_generation)
}

fn world_of(capacity: u32, first_generation: u32) -> World {
    let mut limits = Limits::new(1, 1, capacity);
    limits.first_generation = first_generation;
    let table = HandleTable::new(limits);
    let first = table.insert(Arc::new(1)).unwrap();
    World {
        table,
        first,
        second: AtomicU64::new(0),
        ended: AtomicU32::new(0),
        held: AtomicU32::new(0),
    }
}

fn script(work: impl Fn(&World) + Send + Sync + 'static) -> Script<World> {
    Box::new(work)
}

/// Ends the first object, and counts that.
fn release(world: &World) {
    match world.table.release(world.first) {
        Ok(Some(object)) => {
            assert_eq!(*object, 1);
            world.ended.fetch_add(1, Ordering::SeqCst);
        }
        Ok(None) => {}
        Err(error) => assert_eq!(error, Error::Stale),
    }
}

/// Finds the first object or nothing, and never another.
fn look_up(world: &World) {
    match world.table.lookup(world.first) {
        Ok(object) => assert_eq!(*object, 1),
        Err(error) => assert_eq!(error, Error::Stale),
    }
}

/// Takes a reference, and gives it back where it got one.
fn retain_and_release(world: &World) {
    match world.table.retain(world.first) {
        Ok(()) => {
            world.held.fetch_add(1, Ordering::SeqCst);
            // The reference is ours: the object cannot have ended.
            assert_eq!(*world.table.lookup(world.first).unwrap(), 1);
            release(world);
        }
        Err(error) => assert_eq!(error, Error::Stale),
    }
}

/// Puts another object into the slot, where it is free.
fn insert(world: &World) {
    match world.table.insert(Arc::new(2)) {
        Ok(handle) => {
            assert_ne!(handle, world.first);
            assert_eq!(*world.table.lookup(handle).unwrap(), 2);
            world.second.store(handle, Ordering::SeqCst);
            world.held.fetch_add(1, Ordering::SeqCst);
        }
        Err(error) => assert_eq!(error, Error::Full),
    }
}

/// The first object ended once, and the counter of live objects is right.
fn ended_once(world: World) {
    assert_eq!(world.ended.load(Ordering::SeqCst), 1);
    assert_eq!(world.table.lookup(world.first), Err(Error::Stale));
    assert_eq!(
        world.table.live(),
        u64::from(world.held.load(Ordering::SeqCst))
    );
}

fn orders(preemptions: usize, generation: u32, threads: &[Script<World>], check: fn(World)) {
    let orders = explore(preemptions, || world(generation), threads, check);
    println!("{orders} orders of {} threads", threads.len());
    assert!(orders > 10);
}

#[test]
fn of_two_releases_one_ends_the_object() {
    let threads = [script(release), script(release)];
    orders(usize::MAX, 1, &threads, ended_once);
}

#[test]
fn a_release_during_a_look_up_is_before_or_after_it() {
    let threads = [script(release), script(look_up)];
    orders(usize::MAX, 1, &threads, ended_once);
}

#[test]
fn a_reference_that_was_taken_keeps_the_object_through_another_release() {
    let threads = [script(release), script(retain_and_release)];
    let check = |world: World| {
        assert_eq!(world.ended.load(Ordering::SeqCst), 1);
        assert_eq!(world.table.live(), 0);
    };
    orders(usize::MAX, 1, &threads, check);
}

#[test]
fn an_insertion_gets_the_slot_only_after_the_release_and_under_another_handle() {
    let threads = [script(release), script(insert)];
    orders(usize::MAX, 1, &threads, ended_once);
}

#[test]
fn a_handle_never_finds_the_object_that_took_its_slot() {
    let threads = [script(release), script(insert), script(look_up)];
    orders(3, 1, &threads, ended_once);
}

#[test]
fn a_reference_is_never_taken_of_the_object_that_took_the_slot() {
    let threads = [script(release), script(insert), script(retain_and_release)];
    let check = |world: World| {
        assert_eq!(world.ended.load(Ordering::SeqCst), 1);
        assert_eq!(world.table.lookup(world.first), Err(Error::Stale));
    };
    orders(2, 1, &threads, check);
}

#[test]
fn of_two_releases_neither_ends_the_object_that_took_the_slot() {
    let threads = [script(release), script(insert), script(release)];
    orders(2, 1, &threads, one_reference_of_the_second);
}

#[test]
fn a_retain_and_a_release_too_late_leave_the_references_of_the_object_that_took_the_slot() {
    let retain_or_release = |world: &World| {
        let retained = world.table.retain(world.first);
        assert!(retained.is_ok() || retained == Err(Error::Stale));
        if retained.is_ok() {
            release(world);
        }
        release(world);
    };
    let threads = [script(insert), script(retain_or_release)];
    orders(usize::MAX, 1, &threads, one_reference_of_the_second);
    // The first object has ended before either.
    let setup = || {
        let world = world(1);
        release(&world);
        world
    };
    let orders = explore(usize::MAX, setup, &threads, one_reference_of_the_second);
    assert!(orders > 1);
}

/// The first object has ended, and the second, if there is one, still has the one reference of its insertion.
fn one_reference_of_the_second(world: World) {
    let second = world.second.load(Ordering::SeqCst);
    if second != 0 {
        let object = world.table.release(second).unwrap();
        assert_eq!(object.map(|object| *object), Some(2));
        world.held.fetch_sub(1, Ordering::SeqCst);
    }
    ended_once(world);
}

#[test]
fn of_three_releases_with_one_more_reference_the_last_of_two_ends_the_object() {
    let threads = [script(release), script(release), script(release)];
    let setup = || {
        let world = world(1);
        world.table.retain(world.first).unwrap();
        world
    };
    let orders = explore(3, setup, &threads, ended_once);
    println!("{orders} orders of 3 threads");
    assert!(orders > 10);
}

#[test]
fn a_slot_whose_generations_are_used_up_is_never_given_again() {
    let threads = [script(release), script(insert), script(look_up)];
    let check = |world: World| {
        assert_eq!(world.held.load(Ordering::SeqCst), 0);
        assert_eq!(world.table.insert(Arc::new(3)), Err(Error::Full));
        ended_once(world);
    };
    orders(3, GENERATION_MAX, &threads, check);
}

#[test]
fn insertions_at_once_get_a_slot_each_and_no_more_than_there_are() {
    let insert = |world: &World| {
        if let Ok(handle) = world.table.insert(Arc::new(2)) {
            world.held.fetch_add(1, Ordering::SeqCst);
            assert_ne!(handle, world.first);
        }
    };
    let threads = [script(insert), script(insert), script(insert)];
    let check = |world: World| {
        // Three slots, and one was taken before.
        assert_eq!(world.held.load(Ordering::SeqCst), 2);
        assert_eq!(world.table.live(), 3);
        assert_eq!(world.table.insert(Arc::new(3)), Err(Error::Full));
    };
    let orders = explore(2, || world_of(3, 1), &threads, check);
    println!("{orders} orders of 3 threads");
    assert!(orders > 10);
}
