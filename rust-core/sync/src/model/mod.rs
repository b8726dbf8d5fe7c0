//! An interleaving checker in place of locks and atomics, under `--cfg sr_model`: [`explore`] runs a few threads again and again,
//! once for each order in which their operations can come, and fails with the order in which one of them, or the check at the
//! end, panics.
//!
//! Threads change places before and after a lock is held and before each atomic operation, and nowhere else. It is exhaustive up
//! to a number of preemptions; changes of place at a lock that is taken, or at a thread's end, are free. What it does not model:
//! weak memory (an order of operations is one that every thread agrees on, whatever `Ordering` they name), `Arc`'s counts, and
//! data races, which safe Rust excludes and ThreadSanitizer looks for in the rest.

mod atomic;
mod mutex;
mod scheduler;

pub use atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub use mutex::{Mutex, MutexGuard};

use scheduler::{Schedule, Scheduler};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// What one thread of a model does.
pub type Script<S> = Box<dyn Fn(&S) + Send + Sync>;

/// Runs the `threads` over a fresh `setup()` in every order with at most `preemptions` changes of place that no lock asked for,
/// then `check` on what they left. Gives the number of orders; panics as the first thread or check does, after printing the order.
pub fn explore<S: Send + Sync>(
    preemptions: usize,
    setup: impl Fn() -> S,
    threads: &[Script<S>],
    check: impl Fn(S),
) -> u64 {
    let mut schedule = Schedule::new(preemptions);
    let mut orders = 0;
    loop {
        let state = setup();
        let scheduler = Arc::new(Scheduler::new(schedule, threads.len()));
        let outcome = run(&scheduler, &state, threads);
        schedule = scheduler.schedule();
        orders += 1;
        let outcome = outcome.and_then(|()| catch_unwind(AssertUnwindSafe(|| check(state))));
        if let Err(panic) = outcome {
            println!("order {orders}: threads {:?}", schedule.threads());
            resume_unwind(panic);
        }
        if !schedule.advance() {
            return orders;
        }
    }
}

fn run<S: Send + Sync>(
    scheduler: &Arc<Scheduler>,
    state: &S,
    threads: &[Script<S>],
) -> std::thread::Result<()> {
    std::thread::scope(|scope| {
        let handles: Vec<_> = threads
            .iter()
            .enumerate()
            .map(|(index, script)| {
                scope.spawn(move || {
                    scheduler::enter(scheduler, index);
                    let outcome = catch_unwind(AssertUnwindSafe(|| script(state)));
                    scheduler::leave();
                    outcome
                })
            })
            .collect();
        scheduler.begin();
        handles.into_iter().fold(Ok(()), |all, handle| {
            all.and(handle.join().and_then(|one| one))
        })
    })
}
