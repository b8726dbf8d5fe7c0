//! AES-256 contexts that live in secret memory from one operation to the next. The safe bindings ask a context for its key
//! and block lengths at every call, which costs as much as the cipher; here the types say them.

use crate::{forget_thread, in_secret_memory, was_exhausted};
use openssl_sys as ffi;
use std::ffi::CStr;
use std::ptr::{self, NonNull};

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of AES-GCM's nonce (NIST SP 800-38D: the length that needs no hashing).
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const BLOCK_BYTES: usize = 16;

/// Why OpenSSL did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The library failed: no memory on the heap, or no such cipher.
    Library,
    /// There is no room in secret memory.
    Exhausted,
    /// The tag is not that of the ciphertext and associated data.
    NotAuthentic,
    /// One input is longer than 2^31 - 1 bytes.
    TooLong,
}

/// The ciphers, fetched by name once: a look-up costs more than a short message.
pub struct Ciphers {
    gcm: Cipher,
    ecb: Cipher,
}

impl Ciphers {
    /// Errors: `Library` where OpenSSL lacks one of them.
    pub fn fetch() -> Result<Self, Failure> {
        Ok(Self {
            gcm: Cipher::fetch(c"AES-256-GCM")?,
            ecb: Cipher::fetch(c"AES-256-ECB")?,
        })
    }
}

/// AES-256-GCM (NIST SP 800-38D) under one key after another. One thread at a time.
pub struct AesGcm(Context);

impl AesGcm {
    /// A context in secret memory, with no key. Errors: `Exhausted`, `Library`.
    pub fn new(ciphers: &Ciphers) -> Result<Self, Failure> {
        Context::new(&ciphers.gcm).map(Self)
    }

    /// The key of all messages from here on. Nothing of the one before is left. Errors: `Library`.
    pub fn set_key(&mut self, key: &[u8; KEY_BYTES]) -> Result<(), Failure> {
        // The nonce too, for the block that masks the tag is made of both.
        self.0.encrypt_with(Some(key), Some(&[0; NONCE_BYTES]))
    }

    /// Encrypts to `ciphertext`, which is as long as `plaintext`; a `key` becomes the context's.
    ///
    /// Errors: `TooLong`, `Library` (other lengths among it).
    pub fn seal(
        &mut self,
        key: Option<&[u8; KEY_BYTES]>,
        nonce: &[u8; NONCE_BYTES],
        associated_data: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
        tag: &mut [u8; TAG_BYTES],
    ) -> Result<(), Failure> {
        check_lengths(plaintext, ciphertext)?;
        let context = self.0.pointer();
        self.0.encrypt_with(key, Some(nonce))?;
        if !associated_data.is_empty() {
            self.0.encrypt(associated_data, ptr::null_mut())?;
        }
        if !plaintext.is_empty() {
            self.0.encrypt(plaintext, ciphertext.as_mut_ptr())?;
        }
        let mut none = [0u8; BLOCK_BYTES];
        let mut written = 0;
        // SAFETY: the context is ours and was set up; the last call of a stream cipher writes nothing, and has room for a
        // block; a tag is as long as is asked for.
        succeeded(unsafe {
            let done = ffi::EVP_EncryptFinal_ex(context, none.as_mut_ptr(), &mut written);
            if done == 1 {
                let length = TAG_BYTES as libc::c_int;
                ffi::EVP_CIPHER_CTX_ctrl(
                    context,
                    ffi::EVP_CTRL_GCM_GET_TAG,
                    length,
                    tag.as_mut_ptr().cast(),
                )
            } else {
                done
            }
        })
    }

    /// Decrypts to `plaintext`, which is as long as `ciphertext`; a `key` becomes the context's. On an error the caller
    /// wipes what was written.
    ///
    /// Errors: `NotAuthentic`, `TooLong`, `Library` (other lengths among it).
    pub fn open(
        &mut self,
        key: Option<&[u8; KEY_BYTES]>,
        nonce: &[u8; NONCE_BYTES],
        associated_data: &[u8],
        ciphertext: &[u8],
        tag: &[u8; TAG_BYTES],
        plaintext: &mut [u8],
    ) -> Result<(), Failure> {
        check_lengths(ciphertext, plaintext)?;
        let context = self.0.pointer();
        self.0.decrypt_with(key, nonce)?;
        let length = TAG_BYTES as libc::c_int;
        // SAFETY: the context is ours and set up; the call reads the tag, of this length, and changes nothing of it.
        succeeded(unsafe {
            ffi::EVP_CIPHER_CTX_ctrl(
                context,
                ffi::EVP_CTRL_GCM_SET_TAG,
                length,
                tag.as_ptr().cast_mut().cast(),
            )
        })?;
        if !associated_data.is_empty() {
            self.0.decrypt(associated_data, ptr::null_mut())?;
        }
        if !ciphertext.is_empty() {
            self.0.decrypt(ciphertext, plaintext.as_mut_ptr())?;
        }
        let mut none = [0u8; BLOCK_BYTES];
        let mut written = 0;
        // SAFETY: as in `seal`.
        let authentic =
            unsafe { ffi::EVP_DecryptFinal_ex(context, none.as_mut_ptr(), &mut written) };
        succeeded(authentic).map_err(|_| Failure::NotAuthentic)
    }
}

/// AES-256 of single blocks, with no chaining and no padding. One thread at a time.
pub struct AesBlocks(Context);

impl AesBlocks {
    /// A context in secret memory, with no key. Errors: `Exhausted`, `Library`.
    pub fn new(ciphers: &Ciphers) -> Result<Self, Failure> {
        let context = Context::new(&ciphers.ecb)?;
        // SAFETY: the context is ours and has its cipher. The call cannot fail.
        unsafe { ffi::EVP_CIPHER_CTX_set_padding(context.pointer(), 0) };
        Ok(Self(context))
    }

    /// The key of all blocks from here on. Nothing of the one before is left. Errors: `Library`.
    pub fn set_key(&mut self, key: &[u8; KEY_BYTES]) -> Result<(), Failure> {
        self.0.encrypt_with(Some(key), None)
    }

    /// Encrypts two blocks. Errors: `Library`.
    pub fn encrypt(
        &mut self,
        input: &[u8; 2 * BLOCK_BYTES],
        output: &mut [u8; 2 * BLOCK_BYTES],
    ) -> Result<(), Failure> {
        self.0.encrypt(input, output.as_mut_ptr())
    }
}

/// A cipher's description, shared by its contexts.
struct Cipher(NonNull<ffi::EVP_CIPHER>);

// SAFETY: a fetched cipher never changes; its count of references is atomic.
unsafe impl Send for Cipher {}
// SAFETY: as above.
unsafe impl Sync for Cipher {}

impl Cipher {
    fn fetch(name: &CStr) -> Result<Self, Failure> {
        // SAFETY: the name ends with a NUL; NULL means the default library context and no property query.
        let cipher = unsafe { ffi::EVP_CIPHER_fetch(ptr::null_mut(), name.as_ptr(), ptr::null()) };
        NonNull::new(cipher).map(Self).ok_or_else(failure)
    }
}

impl Drop for Cipher {
    fn drop(&mut self) {
        // SAFETY: the reference is ours.
        unsafe { ffi::EVP_CIPHER_free(self.0.as_ptr()) };
    }
}

/// A context of either cipher, wiped and freed on drop.
struct Context(NonNull<ffi::EVP_CIPHER_CTX>);

// SAFETY: a context is plain memory of its own, tied to no thread; `&mut self` keeps a second thread away.
unsafe impl Send for Context {}

impl Context {
    /// Errors: `Exhausted`, `Library`.
    fn new(cipher: &Cipher) -> Result<Self, Failure> {
        let made = in_secret_memory(|| {
            // SAFETY: a new context, or NULL.
            let context = NonNull::new(unsafe { ffi::EVP_CIPHER_CTX_new() });
            let context = context.map(Self).ok_or_else(failure)?;
            // SAFETY: the context and the cipher are live; without a key and a nonce neither is read.
            succeeded(unsafe {
                ffi::EVP_EncryptInit_ex(
                    context.pointer(),
                    cipher.0.as_ptr(),
                    ptr::null_mut(),
                    ptr::null(),
                    ptr::null(),
                )
            })?;
            Ok(context)
        });
        made.map_err(|failure| {
            forget_thread();
            if was_exhausted() {
                Failure::Exhausted
            } else {
                failure
            }
        })
    }

    fn pointer(&self) -> *mut ffi::EVP_CIPHER_CTX {
        self.0.as_ptr()
    }

    fn encrypt_with(
        &mut self,
        key: Option<&[u8; KEY_BYTES]>,
        nonce: Option<&[u8; NONCE_BYTES]>,
    ) -> Result<(), Failure> {
        // SAFETY: the context is ours and has its cipher, whose key and nonce are as long as the arrays.
        succeeded(unsafe {
            ffi::EVP_EncryptInit_ex(
                self.pointer(),
                ptr::null(),
                ptr::null_mut(),
                key.map_or(ptr::null(), |key| key.as_ptr()),
                nonce.map_or(ptr::null(), |nonce| nonce.as_ptr()),
            )
        })
    }

    fn decrypt_with(
        &mut self,
        key: Option<&[u8; KEY_BYTES]>,
        nonce: &[u8; NONCE_BYTES],
    ) -> Result<(), Failure> {
        // SAFETY: as in `encrypt_with`.
        succeeded(unsafe {
            ffi::EVP_DecryptInit_ex(
                self.pointer(),
                ptr::null(),
                ptr::null_mut(),
                key.map_or(ptr::null(), |key| key.as_ptr()),
                nonce.as_ptr(),
            )
        })
    }

    /// Encrypts `input` to `output`, which has as much room; NULL makes it associated data.
    fn encrypt(&mut self, input: &[u8], output: *mut u8) -> Result<(), Failure> {
        let length = length(input)?;
        let mut written = 0;
        // SAFETY: the context is ours and set up; neither cipher writes more than it reads.
        succeeded(unsafe {
            ffi::EVP_EncryptUpdate(self.pointer(), output, &mut written, input.as_ptr(), length)
        })
    }

    /// Decrypts `input` to `output`, which has as much room; NULL makes it associated data.
    fn decrypt(&mut self, input: &[u8], output: *mut u8) -> Result<(), Failure> {
        let length = length(input)?;
        let mut written = 0;
        // SAFETY: as in `encrypt`.
        succeeded(unsafe {
            ffi::EVP_DecryptUpdate(self.pointer(), output, &mut written, input.as_ptr(), length)
        })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context is ours, and used no more.
        unsafe { ffi::EVP_CIPHER_CTX_free(self.pointer()) };
    }
}

fn check_lengths(input: &[u8], output: &[u8]) -> Result<(), Failure> {
    if input.len() == output.len() {
        Ok(())
    } else {
        Err(Failure::Library)
    }
}

fn length(input: &[u8]) -> Result<libc::c_int, Failure> {
    input.len().try_into().map_err(|_| Failure::TooLong)
}

fn succeeded(status: libc::c_int) -> Result<(), Failure> {
    if status == 1 {
        Ok(())
    } else {
        Err(failure())
    }
}

/// Takes OpenSSL's account of the failure away, which nobody reads and the next caller would find.
#[cold]
fn failure() -> Failure {
    // SAFETY: it concerns this thread's queue alone.
    unsafe { ffi::ERR_clear_error() };
    Failure::Library
}

#[cfg(test)]
mod tests {
    use super::{AesBlocks, AesGcm, Ciphers, Failure};

    /// NIST's example of AES-256 (FIPS 197, C.3).
    #[test]
    fn blocks_come_out_as_fips_197_has_them_under_one_key_after_another() {
        let ciphers = Ciphers::fetch().unwrap();
        let mut blocks = AesBlocks::new(&ciphers).unwrap();
        let key: [u8; 32] = std::array::from_fn(|i| i as u8);
        let input: [u8; 32] = std::array::from_fn(|i| (i % 16 * 17) as u8);
        let expected = [
            0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49,
            0x60, 0x89,
        ];
        for _ in 0..2 {
            let mut output = [0; 32];
            blocks.set_key(&[9; 32]).unwrap();
            blocks.encrypt(&input, &mut output).unwrap();
            assert_ne!(output[..16], expected);
            blocks.set_key(&key).unwrap();
            blocks.encrypt(&input, &mut output).unwrap();
            assert_eq!(output, [expected, expected].concat()[..]);
        }
    }

    #[test]
    fn one_context_seals_and_opens_in_any_order_and_a_forgery_does_not_trouble_the_next() {
        let ciphers = Ciphers::fetch().unwrap();
        let mut gcm = AesGcm::new(&ciphers).unwrap();
        gcm.set_key(&[1; 32]).unwrap();
        let nonce = [2; 12];
        let (mut sealed, mut tag, mut opened) = ([0; 5], [0; 16], [0; 5]);
        for key in [None, Some(&[3; 32]), None] {
            gcm.seal(key, &nonce, b"aad", b"hello", &mut sealed, &mut tag)
                .unwrap();
            let forged = gcm.open(None, &nonce, b"", &sealed, &tag, &mut opened);
            assert_eq!(forged, Err(Failure::NotAuthentic));
            gcm.open(None, &nonce, b"aad", &sealed, &tag, &mut opened)
                .unwrap();
            assert_eq!(&opened, b"hello");
        }
    }

    #[test]
    fn an_output_of_another_length_than_the_input_is_refused() {
        let ciphers = Ciphers::fetch().unwrap();
        let mut gcm = AesGcm::new(&ciphers).unwrap();
        let (key, nonce, mut tag) = ([1; 32], [2; 12], [0; 16]);
        let short = gcm.seal(Some(&key), &nonce, b"", b"hello", &mut [0; 4], &mut tag);
        assert_eq!(short, Err(Failure::Library));
        let long = gcm.open(Some(&key), &nonce, b"", b"hello", &tag, &mut [0; 6]);
        assert_eq!(long, Err(Failure::Library));
    }
}
