//! What stands behind every allocation: bytes that nobody else knows, looked at when the allocation is given back, so that a
//! write past its end is noticed.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Bytes of a canary.
pub(crate) const CANARY_BYTES: usize = 16;

/// The canaries of an arena: others in each process, and at each place, so that one copied from elsewhere is none.
#[derive(Debug)]
pub(crate) struct Canaries([u64; 2]);

impl Canaries {
    /// From the system's random generator, by way of the standard library's hash keys.
    pub(crate) fn new() -> Self {
        let keys = RandomState::new();
        Self([keys.hash_one(0), keys.hash_one(1)])
    }

    /// The canary at an address.
    pub(crate) fn at(&self, address: usize) -> [u8; CANARY_BYTES] {
        let [first, second] = self.0;
        let address = address as u64;
        let both = u128::from(first ^ address) << 64 | u128::from(second ^ address.rotate_left(32));
        both.to_ne_bytes()
    }
}
