//! OpenSSL's memory: what it allocates inside a scope lies in secret memory, what it frees anywhere is wiped.
//!
//! OpenSSL takes other allocation functions only before its first allocation of the process
//! (`CRYPTO_set_mem_functions(3)`); a caller that comes too late is told, and has to do with contexts that live for one
//! operation on the ordinary heap.

use crate::hooks;
use libc::c_int;
use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;
use strongroom_memory::Arena;
use strongroom_sync::OnceLock;

extern "C" {
    /// `RAND_priv_bytes(3)`, which the bindings lack: of the generator that private keys come from. 1 where it succeeded.
    fn RAND_priv_bytes(bytes: *mut u8, count: c_int) -> c_int;
    /// `OPENSSL_thread_stop(3)`, which the bindings lack.
    fn OPENSSL_thread_stop();
}

/// Where allocations inside of a scope go; `None` inside where OpenSSL did not take the functions.
pub(crate) static ARENA: OnceLock<Option<Arena>> = OnceLock::new();

thread_local! {
    /// How many scopes this thread is in.
    static SCOPES: Cell<u32> = const { Cell::new(0) };
    /// Whether this thread was in a scope before.
    static PREPARED: Cell<bool> = const { Cell::new(false) };
    /// Whether there was no room for an allocation in the latest of its outermost scopes.
    static EXHAUSTED: Cell<bool> = const { Cell::new(false) };
}

/// Gives OpenSSL's secrets a place in `arena`, once a process and before anything uses OpenSSL. Says whether
/// [`in_secret_memory`] works from here on: not, where OpenSSL was in use already. A second call changes nothing: the
/// first arena stays, and lives for as long as the process.
pub fn install(arena: &Arena) -> bool {
    ARENA
        .get_or_init(|| hooks::install().then(|| arena.clone()))
        .is_some()
}

/// Whether [`in_secret_memory`] works.
pub fn is_installed() -> bool {
    arena().is_some()
}

/// Runs `body`; whatever OpenSSL allocates for it on this thread lies in secret memory, also after the scope and until
/// it is freed. Where secret memory is exhausted, OpenSSL's allocation fails. Scopes may nest.
///
/// It is for making what holds keys. What OpenSSL makes once and keeps (an algorithm's description) had better exist
/// before.
pub fn in_secret_memory<T>(body: impl FnOnce() -> T) -> T {
    let _scope = Scope::enter();
    body()
}

/// Has OpenSSL let go of all that it keeps for this thread. To be called where something failed in a scope: what errors say was
/// allocated in it, and the thread's queue keeps that room for the next errors, of which there may be none.
pub fn forget_thread() {
    // SAFETY: the thread's own state, which OpenSSL makes again when it is needed.
    unsafe { OPENSSL_thread_stop() };
    PREPARED.set(false);
}

/// Whether an allocation failed for want of room in the scope that this thread was in last. OpenSSL's own error does not say.
pub fn was_exhausted() -> bool {
    EXHAUSTED.with(Cell::get)
}

/// A block of secret memory for OpenSSL; NULL where there is no room.
pub(crate) fn take(arena: &Arena, bytes: usize) -> *mut u8 {
    match arena.take(bytes) {
        Some(block) => block.as_ptr(),
        None => {
            let _ = EXHAUSTED.try_with(|exhausted| exhausted.set(true));
            std::ptr::null_mut()
        }
    }
}

fn arena() -> Option<&'static Arena> {
    ARENA.get()?.as_ref()
}

/// The arena, for what is allocated on this thread just now.
pub(crate) fn arena_in_scope() -> Option<&'static Arena> {
    // A thread that is ending has no scope.
    let inside = SCOPES.try_with(|scopes| scopes.get() > 0).unwrap_or(false);
    inside.then(arena).flatten()
}

/// The arena that holds a block, where one does.
pub(crate) fn arena_of(block: NonNull<u8>) -> Option<&'static Arena> {
    arena().filter(|arena| arena.addresses().contains(&(block.as_ptr() as usize)))
}

/// Has OpenSSL make what it keeps for a thread, outside of secret memory: its random generators and its queue of errors. Made in
/// a scope, they would take secret memory for as long as the thread lives.
fn prepare_thread() {
    // What fails here fails again where it is needed.
    let _ = rand_bytes(&mut [0; 1]);
    let mut byte = 0u8;
    // SAFETY: one byte is asked for, and there is room for one.
    unsafe { RAND_priv_bytes(&mut byte, 1) };
    drop(ErrorStack::get());
}

/// One scope, left when it is dropped: also when the body panics. It stays on its thread.
struct Scope(PhantomData<*const ()>);

impl Scope {
    fn enter() -> Self {
        if !PREPARED.replace(true) {
            prepare_thread();
        }
        if SCOPES.with(|scopes| scopes.replace(scopes.get().saturating_add(1))) == 0 {
            EXHAUSTED.with(|exhausted| exhausted.set(false));
        }
        Self(PhantomData)
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        SCOPES.with(|scopes| scopes.set(scopes.get().saturating_sub(1)));
    }
}
