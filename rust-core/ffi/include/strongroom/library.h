/* The library itself: version, start, counters, random bytes, features, diagnostics. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_LIBRARY_H
#define STRONGROOM_LIBRARY_H

/*
 * SR_ABI_MAJOR << 16 | SR_ABI_MINOR of the library. To be compared, with the fingerprint, before anything else.
 * Ownership: nothing changes hands. Threads: any, also before the start and in a forked child. Errors: none.
 * Secrets: none.
 */
uint32_t sr_abi_version(void);

/*
 * The hash over what the library exports: SR_ABI_FINGERPRINT where it is the library of this header.
 * Ownership: nothing changes hands. Threads: any, also before the start and in a forked child. Errors: none.
 * Secrets: none.
 */
uint64_t sr_abi_fingerprint(void);

/*
 * The features (SR_FEATURE_*) that the library was built with. Whether one may be used is for sr_features_allow.
 * Ownership: nothing changes hands. Threads: any, also before the start and in a forked child. Errors: none.
 * Secrets: none.
 */
uint64_t sr_features(void);

/*
 * Reserves secret memory and prepares the library; once a process. Every other function that returns a status
 * answers SR_E_NOT_STARTED before it. The size is rounded up to pages. The library takes up to a quarter of it for cipher
 * contexts and nonces, and a root 416 bytes. A key takes what sr_key_describe says, and opening one some more in passing.
 * The last quarter, 512 KiB at most, is a reserve that open keys never take: for roots, unsealing and making keys.
 * Ownership: the library keeps the memory until the process ends. From here on it also sees forks (pthread_atfork) and
 * panics (Rust's panic hook).
 * Threads: any; of several at once one starts and the others wait for it.
 * Errors: the common ones but NOT_STARTED; ALREADY_STARTED; LENGTH_OUT_OF_RANGE (0, or over 1 GiB);
 * SECRET_MEMORY_EXHAUSTED (the memory could not be locked: numbers[0] is the RLIMIT_MEMLOCK in force);
 * ALGORITHM_UNAVAILABLE. After a failure it can be tried again.
 * Secrets: none.
 */
uint32_t sr_start(uint64_t secret_memory_bytes, sr_error_t *error);

/*
 * What protects secret memory, and how much of it is in use.
 * Ownership: `out` is filled by value. Threads: any. Errors: the common ones. Secrets: none.
 */
uint32_t sr_secret_memory(sr_secret_memory_t *out, sr_error_t *error);

/*
 * How many objects of a kind (SR_KIND_*) have a count. 0 where every handle was given back.
 * Ownership: `out` is filled by value. Threads: any. Errors: the common ones; INVALID_ARGUMENT (no such kind).
 * Secrets: none.
 */
uint32_t sr_live_handles(uint32_t kind, uint64_t *out, sr_error_t *error);

/*
 * How many bytes of secret memory the objects of a kind (SR_KIND_*) take, those included that were released while a call
 * was using them. 0 where every handle was given back and every call has returned.
 * Ownership: `out` is filled by value. Threads: any. Errors: the common ones; INVALID_ARGUMENT (no such kind).
 * Secrets: none.
 */
uint32_t sr_live_bytes(uint32_t kind, uint64_t *out, sr_error_t *error);

/*
 * With 1: gives up what takes seconds, so that a process can end. Making RSA keys answers INTERRUPTED from now on, within
 * 100 ms or so also where it has begun. With 0: makes them again.
 * Ownership: nothing changes hands. Threads: any. Errors: the common ones; INVALID_ARGUMENT (neither 0 nor 1).
 * Secrets: none.
 */
uint32_t sr_interrupt(uint32_t interrupted, sr_error_t *error);

/*
 * Fills all of `out.capacity` (1 to SR_RANDOM_MAX_BYTES) from OpenSSL's DRBG.
 * Ownership: `out` is the caller's. Threads: any. Errors: the common ones; LENGTH_OUT_OF_RANGE (the capacity);
 * RANDOM_UNAVAILABLE. Secrets: the output may become one, and is the caller's to wipe.
 */
uint32_t sr_random(sr_buffer_t out, sr_error_t *error);

/* Features. */

/*
 * Says which features (SR_FEATURE_*) may be used, in place of those that were allowed before; none are at the start.
 * Ownership: nothing changes hands. Threads: any; calls under way may still see what was allowed before.
 * Errors: the common ones; INVALID_ARGUMENT (a bit that is no feature), FEATURE_NOT_BUILT (numbers[0] has those that the
 * build lacks). Nothing was changed then.
 * Secrets: none.
 */
uint32_t sr_features_allow(uint64_t features, sr_error_t *error);

/*
 * Whether all of `features` may be used: what each function that needs one asks itself.
 * Ownership: nothing changes hands. Threads: any. Errors: the common ones; INVALID_ARGUMENT (a bit that is no feature),
 * FEATURE_NOT_BUILT, FEATURE_NOT_ALLOWED (numbers[0] has those that lack). Secrets: none.
 */
uint32_t sr_features_require(uint64_t features, sr_error_t *error);

/* Diagnostics. */

/*
 * Keeps the latest failures of all functions, `records` of them (at most SR_DIAGNOSTICS_MAX); 0, as at the start, keeps
 * none. What was kept before is gone. While it is off a failure costs one load more than nothing.
 * Ownership: the library takes the memory here and none later. Threads: any. Errors: the common ones;
 * LENGTH_OUT_OF_RANGE (`records`). Secrets: none: a record is an operation and numbers, and nothing that a caller sent.
 */
uint32_t sr_diagnostics_keep(uint32_t records, sr_error_t *error);

/*
 * Writes the records whose `sequence` is above `after` (0: all), oldest first, as sr_diagnostic_t one behind the other, as
 * many as there is room for: `*length` is 80 times their number, and 0 where there are no newer ones. `records.data`
 * needs no alignment. A gap in the sequence is what was overwritten before it was read.
 * Ownership: `records` is the caller's. Threads: any. Errors: the common ones (BUFFER_TOO_SMALL: no room for one).
 * Secrets: none.
 */
uint32_t sr_diagnostics_read(uint64_t after, sr_buffer_t records, sr_error_t *error);

#endif
