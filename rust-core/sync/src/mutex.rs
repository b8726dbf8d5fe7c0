//! A mutex that cannot panic: poisoning by a panic under the lock is recovered from, because what has to be
//! refused after a panic is the object at work, and the boundary marks that itself.

use std::sync::PoisonError;

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert_eq!(*mutex.lock(), 2);
    }
}
