//! Atomics that let another thread go first.

use super::scheduler::pause;
use std::sync::atomic::Ordering;

macro_rules! atomic {
    ($name:ident, $value:ty, $($operation:ident)*) => {
        /// As the standard library's, in one order for all threads.
        #[derive(Debug, Default)]
        pub struct $name(std::sync::atomic::$name);

        impl $name {
            /// With this value.
            pub const fn new(value: $value) -> Self {
                Self(std::sync::atomic::$name::new(value))
            }

            /// Its value.
            pub fn load(&self, order: Ordering) -> $value {
                pause();
                self.0.load(order)
            }

            /// Gives it this value.
            pub fn store(&self, value: $value, order: Ordering) {
                pause();
                self.0.store(value, order);
            }

            $(
                /// As the standard library's of the same name.
                pub fn $operation(&self, value: $value, order: Ordering) -> $value {
                    pause();
                    self.0.$operation(value, order)
                }
            )*
        }
    };
}

atomic!(AtomicBool, bool,);
atomic!(AtomicU64, u64, fetch_add fetch_sub);
atomic!(AtomicUsize, usize, fetch_add fetch_sub);
