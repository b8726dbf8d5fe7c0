//! The scheduler: one thread runs at a time, and at each place where another might, a choice is made. A schedule is the list of
//! choices; the next one is had by advancing the last choice that has an alternative left, depth first.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The choices of one execution, and the bound that they keep to.
pub(super) struct Schedule {
    choices: Vec<Choice>,
    preemptions: usize,
}

struct Choice {
    taken: usize,
    options: Vec<usize>,
}

impl Schedule {
    pub(super) fn new(preemptions: usize) -> Self {
        Self {
            choices: Vec::new(),
            preemptions,
        }
    }

    /// The next schedule; false where there is none left.
    pub(super) fn advance(&mut self) -> bool {
        while let Some(last) = self.choices.last_mut() {
            if last.taken + 1 < last.options.len() {
                last.taken += 1;
                return true;
            }
            self.choices.pop();
        }
        false
    }

    /// The threads that ran, in order.
    pub(super) fn threads(&self) -> Vec<usize> {
        let thread = |choice: &Choice| choice.options.get(choice.taken).copied();
        self.choices.iter().filter_map(thread).collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Status {
    Ready,
    /// Waits for the lock at this address.
    Waiting(usize),
    Finished,
}

struct State {
    schedule: Schedule,
    threads: Vec<Status>,
    active: Option<usize>,
    entered: usize,
    depth: usize,
    preempted: usize,
}

pub(super) struct Scheduler {
    state: Mutex<State>,
    changed: Condvar,
}

thread_local! {
    static CURRENT: RefCell<Option<(Arc<Scheduler>, usize)>> = const { RefCell::new(None) };
}

/// Makes this thread one of the scheduler's, and waits until it is its turn.
pub(super) fn enter(scheduler: &Arc<Scheduler>, index: usize) {
    CURRENT.with(|current| *current.borrow_mut() = Some((Arc::clone(scheduler), index)));
    let mut state = scheduler.locked();
    state.entered += 1;
    scheduler.changed.notify_all();
    scheduler.wait_for(state, index);
}

/// Ends this thread's part.
pub(super) fn leave() {
    if let Some((scheduler, index)) = CURRENT.with(|current| current.borrow_mut().take()) {
        let mut state = scheduler.locked();
        state.set(index, Status::Finished);
        state.choose(None);
        scheduler.changed.notify_all();
    }
}

/// A place where another thread may go on.
pub(super) fn pause() {
    with_current(|scheduler, index| {
        let mut state = scheduler.locked();
        state.choose(Some(index));
        scheduler.changed.notify_all();
        scheduler.wait_for(state, index);
    });
}

/// Waits until the lock at `address` was let go of. Outside of a schedule the caller just tries again.
pub(super) fn wait(address: usize) {
    with_current(|scheduler, index| {
        let mut state = scheduler.locked();
        state.set(index, Status::Waiting(address));
        state.choose(None);
        scheduler.changed.notify_all();
        scheduler.wait_for(state, index);
    });
}

/// Lets those go on that wait for the lock at `address`.
pub(super) fn wake(address: usize) {
    with_current(|scheduler, _| {
        let mut state = scheduler.locked();
        for status in &mut state.threads {
            if *status == Status::Waiting(address) {
                *status = Status::Ready;
            }
        }
    });
}

/// Setup and check run outside of any schedule: for them this does nothing.
fn with_current(work: impl FnOnce(&Scheduler, usize)) {
    let current = CURRENT.with(|current| current.borrow().clone());
    if let Some((scheduler, index)) = current {
        work(&scheduler, index);
    }
}

impl Scheduler {
    pub(super) fn new(schedule: Schedule, threads: usize) -> Self {
        Self {
            state: Mutex::new(State {
                schedule,
                threads: vec![Status::Ready; threads],
                active: None,
                entered: 0,
                depth: 0,
                preempted: 0,
            }),
            changed: Condvar::new(),
        }
    }

    /// Chooses the first thread, once all are there.
    pub(super) fn begin(&self) {
        let mut state = self.locked();
        while state.entered < state.threads.len() {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.choose(None);
        self.changed.notify_all();
    }

    /// The schedule as it was executed.
    pub(super) fn schedule(&self) -> Schedule {
        let mut state = self.locked();
        let preemptions = state.schedule.preemptions;
        std::mem::replace(&mut state.schedule, Schedule::new(preemptions))
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for(&self, mut state: MutexGuard<'_, State>, index: usize) {
        while state.active != Some(index) {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn set(&mut self, index: usize, status: Status) {
        if let Some(thread) = self.threads.get_mut(index) {
            *thread = status;
        }
    }

    /// Who goes on: `current`, which could, or another. Follows the schedule, and adds to it where it ends.
    fn choose(&mut self, current: Option<usize>) {
        let ready = self.threads.iter().enumerate();
        let ready = ready.filter(|(_, status)| **status == Status::Ready);
        let others = ready
            .map(|(index, _)| index)
            .filter(|index| Some(*index) != current);
        let mut options: Vec<usize> = current.into_iter().collect();
        if current.is_none() || self.preempted < self.schedule.preemptions {
            options.extend(others);
        }
        if options.is_empty() {
            self.end();
            return;
        }
        if self.depth == self.schedule.choices.len() {
            self.schedule.choices.push(Choice { taken: 0, options });
        }
        let choice = self.schedule.choices.get(self.depth);
        self.active = choice.and_then(|choice| choice.options.get(choice.taken).copied());
        self.depth += 1;
        if current.is_some() && self.active != current {
            self.preempted += 1;
        }
    }

    /// Nobody can go on. Where someone waits, it is for ever, and a process cannot go on from there.
    fn end(&mut self) {
        self.active = None;
        if self
            .threads
            .iter()
            .any(|status| matches!(status, Status::Waiting(_)))
        {
            println!("deadlock: threads {:?}", self.schedule.threads());
            std::process::abort();
        }
    }
}
