/* Signatures and MACs. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_SIGNATURE_H
#define STRONGROOM_SIGNATURE_H

/*
 * Signs a message, or its digest as `scheme` says. The signature is as long as the scheme has it; only in DER it may be
 * shorter than the room that is asked for.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, CONTEXT_MISMATCH (a derived key, not its subkey),
 * INVALID_ARGUMENT (no such scheme, or a salt that does not fit), DIGEST_LENGTH, MESSAGE_TOO_LONG,
 * ALGORITHM_UNAVAILABLE, FEATURE_NOT_BUILT, FEATURE_NOT_ALLOWED (SHA-1).
 * Secrets: the message may be one.
 */
uint32_t sr_key_sign(sr_key_t key, const sr_signature_scheme_t *scheme, sr_bytes_t input, sr_buffer_t signature,
                     sr_error_t *error);

/*
 * Whether a signature is one of a message or digest: 1 or 0. Any fault of the signature itself is 0.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; those of sr_key_sign.
 * Secrets: the message may be one.
 */
uint32_t sr_key_verify(sr_key_t key, const sr_signature_scheme_t *scheme, sr_bytes_t input,
                       sr_bytes_t signature, uint64_t *valid, sr_error_t *error);

/*
 * The MAC of a message in full length: HMAC with `hash` (SR_HASH_*; 0 for the algorithm's own), or AES-CMAC, for which
 * `hash` is 0. A key for another purpose makes HMACs under a companion key, SHA-256 where `hash` is 0.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY (a hash where there is none), INVALID_ARGUMENT (no such hash),
 * MESSAGE_TOO_LONG, ALGORITHM_UNAVAILABLE, FEATURE_NOT_BUILT, FEATURE_NOT_ALLOWED (SHA-1).
 * Secrets: the message may be one.
 */
uint32_t sr_key_mac(sr_key_t key, uint32_t hash, sr_bytes_t message, sr_buffer_t mac, sr_error_t *error);

/*
 * Whether a MAC is that of a message, compared in constant time: 1 or 0. One of another length is not.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; those of sr_key_mac.
 * Secrets: the message may be one.
 */
uint32_t sr_key_verify_mac(sr_key_t key, uint32_t hash, sr_bytes_t message, sr_bytes_t mac, uint64_t *valid,
                           sr_error_t *error);

/*
 * Whether a JSON Web Signature (RFC 7515) with an algorithm (SR_JWS_*) is one of a message under a public key of somebody
 * else's: 1 or 0. The message is what was signed: header and payload as they were sent. Any fault of the signature itself is 0.
 * The key is the bytes that two members of its JWK decode to, which tell kinds of keys apart by their lengths: n and e of
 * RSA, x and y of a curve, x and nothing of Ed25519. It is judged before the signature: an empty signature asks whether it
 * is sound. Sound is an odd modulus of 2048 to 8192 bits with an odd exponent above 1 of at most 64, without leading
 * zeros; a point on the algorithm's curve, whose coordinates are as long as the curve's; and the one encoding of a point of
 * edwards25519 that is not of small order.
 * Ownership: all buffers are the caller's. Threads: any.
 * Errors: the common ones; INVALID_ARGUMENT (no such algorithm), PUBLIC_KEY_INVALID, MESSAGE_TOO_LONG, ALGORITHM_UNAVAILABLE.
 * Secrets: none.
 */
uint32_t sr_jws_verify(uint32_t algorithm, sr_bytes_t key_first, sr_bytes_t key_second, sr_bytes_t message,
                       sr_bytes_t signature, uint64_t *valid, sr_error_t *error);

#endif
