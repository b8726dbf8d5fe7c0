//! A mutex whose waiting is the scheduler's.

use super::scheduler::{pause, wait, wake};
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, TryLockError};

/// A lock around a value.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

/// What [`Mutex::lock`] gives: access to the value until it is dropped.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    /// `None` only while it is dropped.
    guard: Option<std::sync::MutexGuard<'a, T>>,
    mutex: &'a Mutex<T>,
}

impl<T> Mutex<T> {
    /// A lock around `value`.
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        pause();
        loop {
            if let Some(guard) = self.locked() {
                return guard;
            }
            wait(self.address());
        }
    }

    /// The lock, where nobody has it.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        pause();
        self.locked()
    }

    fn locked(&self) -> Option<MutexGuard<'_, T>> {
        let guard = match self.0.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(MutexGuard {
            guard: Some(guard),
            mutex: self,
        })
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.guard {
            Some(guard) => guard,
            None => unreachable!("a guard that was dropped"),
        }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.guard {
            Some(guard) => guard,
            None => unreachable!("a guard that was dropped"),
        }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.guard = None;
        wake(self.mutex.address());
        // A panicking thread leaves as it is; the others go on when it has left.
        if !std::thread::panicking() {
            pause();
        }
    }
}
