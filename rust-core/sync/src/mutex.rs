//! A mutex that cannot panic: poisoning by a panic under the lock is recovered from, because what has to be
//! refused after a panic is the object at work, and the boundary marks that itself.

use std::sync::{PoisonError, TryLockError};

/// What [`Mutex::lock`] gives: access to the value until it is dropped.
pub type MutexGuard<'a, T> = std::sync::MutexGuard<'a, T>;

/// A lock around a value.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// A lock around `value`.
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Waits for the lock. Never fails and never panics.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        // Waiting is prebuilt code of the standard library, which ThreadSanitizer cannot follow. Trying is inlined.
        while cfg!(sr_tsan) {
            if let Some(guard) = self.try_lock() {
                return guard;
            }
            std::thread::yield_now();
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock, where nobody has it. Never waits and never panics.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mutex;

    #[test]
    fn a_panic_under_the_lock_leaves_it_usable() {
        let mutex = Mutex::new(1);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut value = mutex.lock();
            *value = 2;
            panic!("under the lock");
        }));
        assert!(result.is_err());
        assert_eq!(mutex.try_lock().as_deref(), Some(&2));
        assert_eq!(*mutex.lock(), 2);
    }

    #[test]
    fn a_lock_that_is_held_is_not_waited_for_when_only_tried() {
        let mutex = Mutex::new(1);
        let held = mutex.lock();
        assert!(mutex.try_lock().is_none());
        drop(held);
        assert_eq!(mutex.try_lock().as_deref(), Some(&1));
    }
}
