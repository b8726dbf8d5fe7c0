//! The arena under the interleaving checker: every order, within a bound of preemptions, in which threads can take secret memory
//! and give it back. `make model` runs it.

#![cfg(sr_model)]
#![allow(clippy::unwrap_used)] // the helpers; tests themselves may

use std::sync::atomic::{AtomicU32, Ordering};
use strongroom_memory::{Arena, Protection};
use strongroom_sync::model::{explore, Script};

/// An arena with room for two allocations of `SIZE`, and how many were had.
struct World {
    arena: Arena,
    had: AtomicU32,
}

const SIZE: usize = 2048 - CANARY_BYTES;
/// Behind each allocation.
const CANARY_BYTES: usize = 16;

fn world() -> World {
    World {
        arena: Arena::with_protection(4096, Protection::Mlock).unwrap(),
        had: AtomicU32::new(0),
    }
}

/// Memory is zero when it comes, nobody else writes to it, and it is wiped before another has it.
fn use_memory(world: &World, mark: u8) {
    let Ok(mut bytes) = world.arena.allocate(SIZE) else {
        return;
    };
    world.had.fetch_add(1, Ordering::SeqCst);
    assert!(bytes.iter().all(|&byte| byte == 0));
    bytes.fill(mark);
    // A place where others go on.
    assert!(world.arena.usage().used >= SIZE);
    assert!(bytes.iter().all(|&byte| byte == mark));
}

fn all_is_given_back(world: World) {
    assert_eq!(world.arena.usage().used, 0);
    let all = 4096 - CANARY_BYTES;
    assert_eq!(world.arena.allocate(all).unwrap().len(), all);
}

fn script(mark: u8, times: usize) -> Script<World> {
    Box::new(move |world| {
        for _ in 0..times {
            use_memory(world, mark);
        }
    })
}

#[test]
fn two_threads_have_memory_of_their_own_that_comes_zeroed() {
    let orders = explore(3, world, &[script(1, 2), script(2, 2)], |world| {
        assert_eq!(world.had.load(Ordering::SeqCst), 4);
        all_is_given_back(world);
    });
    println!("{orders} orders of 2 threads");
    assert!(orders > 10);
}

#[test]
fn a_third_thread_finds_the_arena_full_or_gets_what_another_gave_back() {
    let threads = [script(1, 1), script(2, 1), script(3, 1)];
    let orders = explore(2, world, &threads, |world| {
        assert!(world.had.load(Ordering::SeqCst) >= 2);
        all_is_given_back(world);
    });
    println!("{orders} orders of 3 threads");
    assert!(orders > 10);
}
