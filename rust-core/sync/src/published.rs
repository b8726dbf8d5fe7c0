//! `OnceLock` as ThreadSanitizer can follow it. The standard one is initialised in prebuilt code, where the sanitizer does not
//! see the store that publishes the value, and takes each later read for a race.

use crate::atomic::{AtomicBool, Ordering};
use crate::Mutex;

/// A value that is set once. The same as `std::sync::OnceLock`, as far as it is used here.
#[derive(Debug, Default)]
pub struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    published: AtomicBool,
    setting: Mutex<()>,
}

impl<T> OnceLock<T> {
    /// Without a value.
    pub const fn new() -> Self {
        Self {
            value: std::sync::OnceLock::new(),
            published: AtomicBool::new(false),
            setting: Mutex::new(()),
        }
    }

    /// The value, once there is one.
    pub fn get(&self) -> Option<&T> {
        if self.published.load(Ordering::Acquire) {
            self.value.get()
        } else {
            None
        }
    }

    /// Sets it, or gives `value` back where there is one.
    pub fn set(&self, value: T) -> Result<(), T> {
        let _one_at_a_time = self.setting.lock();
        self.value.set(value)?;
        self.published.store(true, Ordering::Release);
        Ok(())
    }

    /// The value, made by `make` where there is none.
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let _one_at_a_time = self.setting.lock();
        let value = self.value.get_or_init(make);
        self.published.store(true, Ordering::Release);
        value
    }
}
