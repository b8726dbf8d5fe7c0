//! What a thread takes of secret memory for something that is kept for long, counted while it is made: only so are the
//! allocations counted that OpenSSL makes for a key.

use std::cell::Cell;

thread_local! {
    /// Bytes taken less bytes given back; `None` where nothing is counted.
    static COUNT: Cell<Option<isize>> = const { Cell::new(None) };
}

/// Runs `body`, and gives the bytes that this thread took meanwhile and did not give back.
pub(crate) fn count<T>(body: impl FnOnce() -> T) -> (T, usize) {
    let outer = Outer(COUNT.replace(Some(0)));
    let value = body();
    let bytes = COUNT.get().unwrap_or(0);
    drop(outer);
    (value, usize::try_from(bytes).unwrap_or(0))
}

/// Whether this thread makes something that is kept.
pub(crate) fn is_counting() -> bool {
    COUNT.get().is_some()
}

pub(crate) fn add(bytes: usize) {
    change(isize::try_from(bytes).unwrap_or(isize::MAX));
}

pub(crate) fn subtract(bytes: usize) {
    change(isize::try_from(bytes).map_or(isize::MIN, |bytes| -bytes));
}

fn change(bytes: isize) {
    COUNT.set(COUNT.get().map(|count| count.saturating_add(bytes)));
}

/// The count that goes on when this one ends, also by a panic, and has what was counted in between.
struct Outer(Option<isize>);

impl Drop for Outer {
    fn drop(&mut self) {
        let inner = COUNT.get().unwrap_or(0);
        COUNT.set(self.0.map(|outer| outer.saturating_add(inner)));
    }
}
