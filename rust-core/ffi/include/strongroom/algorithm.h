/* What this machine can do, and hashes. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_ALGORITHM_H
#define STRONGROOM_ALGORITHM_H

/*
 * Whether keys of an algorithm (SR_ALGORITHM_*) can be made and used: 1, or 0 where the OpenSSL at run time lacks it.
 * Ownership: `out` is filled by value. Threads: any.
 * Errors: the common ones; INVALID_ARGUMENT (no such algorithm).
 * Secrets: none.
 */
uint32_t sr_algorithm_available(uint32_t algorithm, uint64_t *out, sr_error_t *error);

/*
 * The digest of a message of at most SR_PLAINTEXT_MAX_BYTES under a hash (SR_HASH_*).
 * Ownership: all buffers are the caller's. Threads: any.
 * Errors: the common ones; INVALID_ARGUMENT (no such hash), MESSAGE_TOO_LONG, ALGORITHM_UNAVAILABLE; SHA-1 needs the
 * feature SR_FEATURE_LEGACY_ALGORITHMS: FEATURE_NOT_BUILT, FEATURE_NOT_ALLOWED.
 * Secrets: the message may be one.
 */
uint32_t sr_hash(uint32_t hash, sr_bytes_t message, sr_buffer_t digest, sr_error_t *error);

#endif
