//! RSA keys that stop being made when they are told to. Making one of 4096 bits takes up to ten seconds, in which the
//! `openssl` crate cannot be called off.

use crate::parameter::set_parameter;
use foreign_types::ForeignTypeRef;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use std::ffi::{c_int, c_void, CString};
use std::sync::atomic::{AtomicBool, Ordering};

type Context = openssl_sys::EVP_PKEY_CTX;

extern "C" {
    /// `EVP_PKEY_CTX_set_cb(3)`: what is called between candidates; where it returns 0, generation fails.
    fn EVP_PKEY_CTX_set_cb(context: *mut Context, callback: extern "C" fn(*mut Context) -> c_int);
    /// `EVP_PKEY_CTX_set_app_data(3)`: a pointer that the context keeps for its caller.
    fn EVP_PKEY_CTX_set_app_data(context: *mut Context, data: *mut c_void);
    /// `EVP_PKEY_CTX_get_app_data(3)`.
    fn EVP_PKEY_CTX_get_app_data(context: *mut Context) -> *mut c_void;
}

/// Makes an RSA key of `bits` with the exponent 65537. Fails soon after `stop` becomes true: OpenSSL asks for every
/// candidate prime, many times in 100 ms. The caller reads `stop` to tell that failure from others.
///
/// Errors: OpenSSL's own.
pub fn generate_rsa(bits: u32, stop: &AtomicBool) -> Result<PKey<Private>, ErrorStack> {
    let mut context = PkeyCtx::new_id(Id::RSA)?;
    context.keygen_init()?;
    // Digits, which hold no NUL.
    let bits = CString::new(bits.to_string()).unwrap_or_default();
    set_parameter(&mut context, c"rsa_keygen_bits", &bits)?;
    // SAFETY: the context is live and ours alone, and freed before this function returns; `stop` outlives it, and is
    // only read, through the same type.
    unsafe {
        EVP_PKEY_CTX_set_app_data(context.as_ptr(), std::ptr::from_ref(stop).cast_mut().cast());
        EVP_PKEY_CTX_set_cb(context.as_ptr(), goes_on);
    }
    context.keygen()
}

extern "C" fn goes_on(context: *mut Context) -> c_int {
    // SAFETY: OpenSSL calls this with the context of `generate_rsa`, while that waits in `keygen`: the data are the
    // `AtomicBool` that it borrows.
    let stop = unsafe {
        EVP_PKEY_CTX_get_app_data(context)
            .cast::<AtomicBool>()
            .as_ref()
    };
    c_int::from(!stop.is_some_and(|stop| stop.load(Ordering::Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::generate_rsa;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn a_key_has_the_bits_and_the_exponent_that_were_asked_for() {
        let key = generate_rsa(2048, &AtomicBool::new(false)).unwrap();
        let rsa = key.rsa().unwrap();
        assert_eq!((key.bits(), rsa.e().to_string().as_str()), (2048, "65537"));
        assert!(rsa.check_key().unwrap());
    }

    #[test]
    fn none_is_made_after_the_stop() {
        assert!(generate_rsa(2048, &AtomicBool::new(true)).is_err());
    }

    #[test]
    fn one_that_would_take_minutes_ends_within_seconds_of_the_stop() {
        let stop = AtomicBool::new(false);
        let began = thread::scope(|threads| {
            let generation = threads.spawn(|| generate_rsa(16384, &stop).is_err());
            thread::sleep(Duration::from_millis(200));
            stop.store(true, Ordering::Relaxed);
            let began = Instant::now();
            assert!(generation.join().unwrap());
            began
        });
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
