//! Setting a parameter of an operation by its name: signing a digest with RSA-PSS (its hash and salt length) and
//! Ed25519ph cannot be asked for without it.

use foreign_types::ForeignTypeRef;
use openssl::error::ErrorStack;
use openssl::pkey_ctx::PkeyCtxRef;
use std::ffi::{c_char, c_int, CStr};

extern "C" {
    /// `EVP_PKEY_CTX_ctrl_str(3)`, which the bindings lack.
    fn EVP_PKEY_CTX_ctrl_str(
        context: *mut openssl_sys::EVP_PKEY_CTX,
        name: *const c_char,
        value: *const c_char,
    ) -> c_int;
}

/// Sets a parameter of the operation that `context` was initialised for: `digest`, `rsa_padding_mode`,
/// `rsa_pss_saltlen`, `instance`. Both texts are read during the call only.
///
/// Errors: OpenSSL's own, where it does not know the name or the value.
pub fn set_parameter<T>(
    context: &mut PkeyCtxRef<T>,
    name: &CStr,
    value: &CStr,
) -> Result<(), ErrorStack> {
    // SAFETY: the context is live and exclusively borrowed, and both strings end in a NUL and outlive the call, which
    // keeps neither. OpenSSL looks names and values up in tables of its own and refuses what is not there.
    let set = unsafe { EVP_PKEY_CTX_ctrl_str(context.as_ptr(), name.as_ptr(), value.as_ptr()) };
    if set > 0 {
        Ok(())
    } else {
        Err(ErrorStack::get())
    }
}

#[cfg(test)]
mod tests {
    use super::set_parameter;
    use openssl::pkey::PKey;
    use openssl::pkey_ctx::PkeyCtx;
    use openssl::rsa::Rsa;

    #[test]
    fn a_known_parameter_is_taken_and_an_unknown_name_or_value_is_an_error() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut context = PkeyCtx::new(&key).unwrap();
        context.sign_init().unwrap();
        assert!(set_parameter(&mut context, c"rsa_padding_mode", c"pss").is_ok());
        assert!(set_parameter(&mut context, c"rsa_pss_saltlen", c"20").is_ok());
        assert!(set_parameter(&mut context, c"digest", c"SHA256").is_ok());
        assert!(set_parameter(&mut context, c"digest", c"no such digest").is_err());
        assert!(set_parameter(&mut context, c"no such name", c"1").is_err());
        let mut signature = [0; 256];
        assert_eq!(context.sign(&[1; 32], Some(&mut signature)).ok(), Some(256));
        assert!(context.sign(&[1; 31], Some(&mut signature)).is_err());
    }
}
