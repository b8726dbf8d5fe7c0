/*
 * Unsealing: an installation's root key is kept wrapped under an unseal key, which comes out of a key file, a passphrase or
 * shares. Part of strongroom_core.h, and included by it alone.
 */
#ifndef STRONGROOM_UNSEAL_H
#define STRONGROOM_UNSEAL_H

/*
 * Makes a new key file (mode 0600, synced with its folder) and opens it. A failure leaves neither file nor handle.
 * Ownership: `out` receives one count. Threads: any; waits for the disk.
 * Errors: the common ones; those of sr_root_create_file. Secrets: the key is never in the caller's memory; the file is one.
 */
uint32_t sr_unseal_key_create_file(sr_bytes_t path, sr_unseal_key_t *out, sr_error_t *error);

/*
 * Opens a key file.
 * Ownership: `out` receives one count. Threads: any; waits for the disk.
 * Errors: the common ones; those of sr_root_open_file. Secrets: the key is never in the caller's memory.
 */
uint32_t sr_unseal_key_open_file(sr_bytes_t path, sr_unseal_key_t *out, sr_error_t *error);

/*
 * Adds a count.
 * Ownership: one `release` more is owed. Threads: any. Errors: the common ones; TOO_MANY_REFERENCES. Secrets: none.
 */
uint32_t sr_unseal_key_retain(sr_unseal_key_t key, sr_error_t *error);

/*
 * Takes a count away. The last one ends the unseal key; root keys that were opened with it live on.
 * Ownership: the caller's count is gone, also that of a poisoned key. Threads: any; calls under way finish.
 * Errors: the common ones but HANDLE_POISONED; released too often is STALE_HANDLE. Secrets: wiped with the last count.
 */
uint32_t sr_unseal_key_release(sr_unseal_key_t key, sr_error_t *error);

/*
 * The key of a new passphrase of SR_PASSPHRASE_MIN_BYTES to SR_PASSPHRASE_MAX_BYTES: scrypt (RFC 7914) with a fresh salt,
 * N = 2^cost (SR_SCRYPT_COST_MIN to SR_SCRYPT_COST_MAX), r = 8, p = 1, which takes 2^(cost + 10) bytes of memory.
 * Ownership: `out` receives one count. Threads: any; takes a second or so.
 * Errors: the common ones; LENGTH_OUT_OF_RANGE (passphrase), INVALID_ARGUMENT (cost), OUT_OF_MEMORY,
 * SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL, RANDOM_UNAVAILABLE. Secrets: the passphrase.
 */
uint32_t sr_unseal_key_create_passphrase(sr_bytes_t passphrase, uint32_t cost, sr_unseal_key_t *out, sr_error_t *error);

/*
 * The key of the passphrase that a wrapped root key asks for.
 * Ownership: `out` receives one count. Threads: any; takes as long as the passphrase's cost says.
 * Errors: the common ones; UNSEAL_KEY_WRONG, UNSEAL_METHOD_WRONG, WRAPPED_ROOT_MALFORMED, OUT_OF_MEMORY,
 * SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL. Secrets: the passphrase.
 */
uint32_t sr_unseal_key_open_passphrase(
    sr_bytes_t wrapped, sr_bytes_t passphrase, sr_unseal_key_t *out, sr_error_t *error);

/*
 * A new key in `count` shares (SR_SHARES_MIN to SR_SHARES_MAX), of which `threshold` (2 to count) give it: Shamir's secret
 * sharing over GF(2^8). `shares` receives their texts of SR_SHARE_TEXT_BYTES each, one after the other, not terminated.
 * Ownership: `out` receives one count, `shares` is the caller's. Threads: any.
 * Errors: the common ones; INVALID_ARGUMENT, SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL, RANDOM_UNAVAILABLE.
 * Secrets: the shares, which are to be wiped once they were given out.
 */
uint32_t sr_unseal_key_create_shares(
    uint32_t threshold, uint32_t count, sr_buffer_t shares, sr_unseal_key_t *out, sr_error_t *error);

/*
 * The key of shares that were collected.
 * Ownership: `out` receives one count; `shares` stays. Threads: any.
 * Errors: the common ones; SHARES_MISSING, UNSEAL_KEY_WRONG, SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL. Secrets: none.
 */
uint32_t sr_unseal_key_from_shares(sr_shares_t shares, sr_unseal_key_t *out, sr_error_t *error);

/*
 * Begins to collect the shares that a wrapped root key asks for.
 * Ownership: `out` receives one count. Threads: any.
 * Errors: the common ones; UNSEAL_METHOD_WRONG, WRAPPED_ROOT_MALFORMED, HANDLE_TABLE_FULL. Secrets: none.
 */
uint32_t sr_shares_collect(sr_bytes_t wrapped, sr_shares_t *out, sr_error_t *error);

/*
 * Adds a count.
 * Ownership: one `release` more is owed. Threads: any. Errors: the common ones; TOO_MANY_REFERENCES. Secrets: none.
 */
uint32_t sr_shares_retain(sr_shares_t shares, sr_error_t *error);

/*
 * Takes a count away. The last one ends the shares.
 * Ownership: the caller's count is gone, also that of poisoned ones. Threads: any; calls under way finish.
 * Errors: the common ones but HANDLE_POISONED; released too often is STALE_HANDLE. Secrets: wiped with the last count.
 */
uint32_t sr_shares_release(sr_shares_t shares, sr_error_t *error);

/*
 * Takes a share's text. One that was given before changes nothing; more than the threshold are checked and not kept.
 * Ownership: `progress` is the caller's. Threads: any.
 * Errors: the common ones; SHARE_MALFORMED (also mistyped), SHARE_OF_ANOTHER_SET, SHARE_WRONG, SECRET_MEMORY_EXHAUSTED.
 * Secrets: the share.
 */
uint32_t sr_shares_add(sr_shares_t shares, sr_bytes_t share, sr_share_progress_t *progress, sr_error_t *error);

/*
 * How a wrapped root key is unsealed. It is authenticated only when the key is opened.
 * Ownership: `out` is the caller's. Threads: any. Errors: the common ones; WRAPPED_ROOT_MALFORMED. Secrets: none.
 */
uint32_t sr_root_method(sr_bytes_t wrapped, sr_root_method_t *out, sr_error_t *error);

/*
 * Makes a root key and gives it wrapped under an unseal key: room for SR_WRAPPED_ROOT_MAX_BYTES.
 * Ownership: `out` receives one count, `wrapped` is the caller's. Threads: any.
 * Errors: the common ones; SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL, RANDOM_UNAVAILABLE.
 * Secrets: none; the wrapped key may lie anywhere.
 */
uint32_t sr_root_create(sr_unseal_key_t key, sr_buffer_t wrapped, sr_root_t *out, sr_error_t *error);

/*
 * Opens a wrapped root key.
 * Ownership: `out` receives one count. Threads: any.
 * Errors: the common ones; UNSEAL_KEY_WRONG, WRAPPED_ROOT_MALFORMED (also damaged), SECRET_MEMORY_EXHAUSTED,
 * HANDLE_TABLE_FULL. Secrets: none.
 */
uint32_t sr_root_open(sr_unseal_key_t key, sr_bytes_t wrapped, sr_root_t *out, sr_error_t *error);

/*
 * Opens the root key that a file of sr_root_create_file is, and gives it wrapped: room for SR_WRAPPED_ROOT_MAX_BYTES.
 * Ownership: `out` receives one count, `wrapped` is the caller's. Threads: any; waits for the disk.
 * Errors: the common ones; those of sr_root_open_file. Secrets: none.
 */
uint32_t sr_root_adopt_file(
    sr_unseal_key_t key, sr_bytes_t path, sr_buffer_t wrapped, sr_root_t *out, sr_error_t *error);

/*
 * Makes the root key that follows a wrapped one, wrapped under the same unseal key: room for SR_WRAPPED_ROOT_MAX_BYTES.
 * It gives access tokens the MACs that its predecessor gave them, and reads the backups that were made for the last 16.
 * Ownership: `next` is the caller's. Threads: any. Errors: the common ones; those of sr_root_open; RANDOM_UNAVAILABLE. Secrets: none.
 */
uint32_t sr_root_rotate(sr_unseal_key_t key, sr_bytes_t wrapped, sr_buffer_t next, sr_error_t *error);

/*
 * Wraps the root key that `from` opens under `to`: room for SR_WRAPPED_ROOT_MAX_BYTES.
 * Ownership: `rewrapped` is the caller's. Threads: any. Errors: the common ones; those of sr_root_open. Secrets: none.
 */
uint32_t sr_root_rewrap(
    sr_unseal_key_t from, sr_unseal_key_t to, sr_bytes_t wrapped, sr_buffer_t rewrapped, sr_error_t *error);

/*
 * Seals a key version under the root key `to` that was sealed under `from`, as it was: room for as many bytes.
 * Ownership: `resealed` is the caller's. Threads: any. Errors: the common ones; those of sr_key_open. Secrets: none.
 */
uint32_t sr_key_reseal(
    sr_root_t from, sr_root_t to, sr_bytes_t sealed, sr_bytes_t key_id, uint32_t version, sr_buffer_t resealed,
    sr_error_t *error);

#endif
