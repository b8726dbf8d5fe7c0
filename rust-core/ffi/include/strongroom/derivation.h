/* What is derived from keys, and how often they encrypt. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_DERIVATION_H
#define STRONGROOM_DERIVATION_H

/*
 * The subkey of a key with SR_FLAG_DERIVED for a context that is not empty; it does what the key's usages allow, and
 * counts its uses with it.
 * Ownership: `out` receives one count; it needs the key no more. Threads: any.
 * Errors: the common ones; CONTEXT_MISMATCH (the key is not derived, or the context is empty), MESSAGE_TOO_LONG (the
 * context), SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL.
 * Secrets: the subkey stays in secret memory.
 */
uint32_t sr_key_subkey(sr_key_t key, sr_bytes_t context, sr_key_t *out, sr_error_t *error);

/*
 * Gives an opened key of an algorithm with 96-bit nonces the next `count` encryptions of its version from `start`, which
 * the caller's store has reserved for it and nobody else before. When they are used up the key answers
 * USES_NOT_RESERVED, at 2^32 ROTATION_REQUIRED. What is left of an earlier block is given up. Before the first block an
 * opened key counts from 0 itself. Other algorithms count nothing.
 * Ownership: nothing is given or taken. Threads: any.
 * Errors: the common ones; ROTATION_REQUIRED (`start` is at 2^32 or above), INVALID_ARGUMENT (an empty block, or one that
 * begins before the end of the last).
 * Secrets: none.
 */
uint32_t sr_key_reserve_uses(sr_key_t key, uint64_t start, uint64_t count, sr_error_t *error);

/*
 * Fills all of `derived.capacity` (1 to SR_DERIVED_MAX_BYTES) with HKDF-SHA-256 of the key.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, LENGTH_OUT_OF_RANGE, MESSAGE_TOO_LONG (salt or info).
 * Secrets: what is derived, the caller's to wipe.
 */
uint32_t sr_key_derive(sr_key_t key, sr_bytes_t salt, sr_bytes_t info, sr_buffer_t derived, sr_error_t *error);

/*
 * Fills all of `derived.capacity` (1 to SR_DERIVED_MAX_BYTES) with HKDF of the secret that the key shares with the holder
 * of `public_key`: raw (04 || x || y; 32 bytes for X25519) or SubjectPublicKeyInfo in DER.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, PUBLIC_KEY_INVALID (not on the curve, another encoding,
 * of small order), INVALID_ARGUMENT (no such hash), LENGTH_OUT_OF_RANGE, MESSAGE_TOO_LONG (salt or info),
 * FEATURE_NOT_BUILT, FEATURE_NOT_ALLOWED (SHA-1).
 * Secrets: what is derived, the caller's to wipe; the shared secret itself stays in the core.
 */
uint32_t sr_key_agree(sr_key_t key, sr_bytes_t public_key, uint32_t hash, sr_bytes_t salt, sr_bytes_t info,
                      sr_buffer_t derived, sr_error_t *error);

#endif
