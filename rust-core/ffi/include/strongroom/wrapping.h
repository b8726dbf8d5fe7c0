/* RSA encryption, key wrap, and public keys. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_WRAPPING_H
#define STRONGROOM_WRAPPING_H

/*
 * Encrypts with RSA-OAEP, MGF1 of the same hash (SR_HASH_*, SHA-1 too): as many bytes as the modulus has.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, INVALID_ARGUMENT (no such hash), MESSAGE_TOO_LONG (the
 * plaintext above the modulus less two digests and 2 bytes, or the label above 1024), LENGTH_OUT_OF_RANGE.
 * Secrets: the plaintext, which is the caller's to wipe.
 */
uint32_t sr_key_encrypt_oaep(sr_key_t key, uint32_t hash, sr_bytes_t label, sr_bytes_t plaintext,
                             sr_buffer_t ciphertext, sr_error_t *error);

/*
 * Decrypts with RSA-OAEP. The room that is asked for is the longest plaintext's.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, INVALID_ARGUMENT (no such hash), MESSAGE_TOO_LONG (the
 * label), LENGTH_OUT_OF_RANGE, MALFORMED_CIPHERTEXT (not as long as the modulus), AUTHENTICATION_FAILED (whatever else is
 * wrong: never told apart).
 * Secrets: the plaintext, which is the caller's to wipe.
 */
uint32_t sr_key_decrypt_oaep(sr_key_t key, uint32_t hash, sr_bytes_t label, sr_bytes_t ciphertext,
                             sr_buffer_t plaintext, sr_error_t *error);

/*
 * Wraps key material (SR_WRAP_*): with KWP 1 to SR_WRAP_MAX_BYTES, with KW multiples of 8 from 16.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, INVALID_ARGUMENT (no such scheme), LENGTH_OUT_OF_RANGE.
 * Secrets: the material, which is the caller's to wipe.
 */
uint32_t sr_key_wrap(sr_key_t key, uint32_t scheme, sr_bytes_t material, sr_buffer_t wrapped, sr_error_t *error);

/*
 * Unwraps what sr_key_wrap gave. The room that is asked for is 8 bytes less than `wrapped`.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, INVALID_ARGUMENT (no such scheme), MALFORMED_CIPHERTEXT
 * (no wrapped material has this length), AUTHENTICATION_FAILED.
 * Secrets: the material, which is the caller's to wipe.
 */
uint32_t sr_key_unwrap(sr_key_t key, uint32_t scheme, sr_bytes_t wrapped, sr_buffer_t material, sr_error_t *error);

/*
 * The public half of a pair (SR_PUBLIC_KEY_*): SubjectPublicKeyInfo in DER or PEM, a JWK, or the raw point (not of RSA).
 * SR_PUBLIC_KEY_MAX_BYTES is always room enough.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; INVALID_ARGUMENT (no such form), SCHEME_NOT_OF_KEY (no pair, or not in this form),
 * CONTEXT_MISMATCH (a derived key, not its subkey).
 * Secrets: none.
 */
uint32_t sr_key_public_key(sr_key_t key, uint32_t format, sr_buffer_t public_key, sr_error_t *error);

#endif
