/* Key versions. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_KEY_H
#define STRONGROOM_KEY_H

/*
 * Makes a new key version as `spec` says and gives it sealed under the root key, its header bound in.
 * SR_SEALED_KEY_MAX_BYTES is always room enough.
 * Ownership: `sealed` is the caller's; no handle is given. Threads: any.
 * Errors: the common ones; INVALID_ARGUMENT (unknown algorithm, usages that do not fit it or are empty, unknown flags,
 * version 0), SECRET_MEMORY_EXHAUSTED, RANDOM_UNAVAILABLE, INTERRUPTED (RSA).
 * Secrets: none leaves: a sealed key can lie anywhere.
 */
uint32_t sr_key_generate(sr_root_t root, const sr_key_spec_t *spec, sr_buffer_t sealed, sr_error_t *error);

/*
 * Makes the next version of a sealed key: algorithm, usages and flags come from `previous`, authenticated, and cannot
 * be changed on the way. `version` must be above the previous one. `previous` must be a version of `key_id`
 * (SR_KEY_ID_BYTES).
 * Ownership: `sealed` is the caller's; no handle is given. Threads: any.
 * Errors: the common ones; those of sr_key_open but HANDLE_TABLE_FULL; INVALID_ARGUMENT (version not above),
 * RANDOM_UNAVAILABLE, INTERRUPTED (RSA).
 * Secrets: none leaves.
 */
uint32_t sr_key_rotate(sr_root_t root, sr_bytes_t key_id, sr_bytes_t previous, uint32_t version, uint64_t created_at,
                       sr_buffer_t sealed, sr_error_t *error);

/*
 * Opens a sealed key version, which must be version `version` of the key `key_id` (SR_KEY_ID_BYTES).
 * Ownership: `out` receives one count; it needs the root no more. Threads: any.
 * Errors: the common ones; LENGTH_OUT_OF_RANGE (`key_id`), SEALED_BLOB_MALFORMED, SEALED_BLOB_FORMAT_UNKNOWN,
 * SEALED_BLOB_NOT_AUTHENTIC (edited, or another root's), SEALED_BLOB_NOT_THIS_KEY, ALGORITHM_UNAVAILABLE,
 * SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL.
 * Secrets: the material stays in secret memory.
 */
uint32_t sr_key_open(sr_root_t root, sr_bytes_t sealed, sr_bytes_t key_id, uint32_t version, sr_key_t *out,
                     sr_error_t *error);

/*
 * What an open key is.
 * Ownership: `out` is filled by value. Threads: any. Errors: the common ones. Secrets: none.
 */
uint32_t sr_key_describe(sr_key_t key, sr_key_description_t *out, sr_error_t *error);

/*
 * Adds a count.
 * Ownership: one `release` more is owed. Threads: any. Errors: the common ones; TOO_MANY_REFERENCES. Secrets: none.
 */
uint32_t sr_key_retain(sr_key_t key, sr_error_t *error);

/*
 * Takes a count away. The last one ends the key.
 * Ownership: the caller's count is gone, also that of a poisoned key. Threads: any; calls under way finish.
 * Errors: the common ones but HANDLE_POISONED; released too often is STALE_HANDLE. Secrets: wiped with the last count.
 */
uint32_t sr_key_release(sr_key_t key, sr_error_t *error);

/*
 * Encrypts under a fresh random nonce: nonce || ciphertext || tag, sr_key_description_t.ciphertext_overhead bytes longer
 * than the plaintext.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, CONTEXT_MISMATCH (a derived key, not its subkey),
 * MESSAGE_TOO_LONG (plaintext or associated data above SR_PLAINTEXT_MAX_BYTES), RANDOM_UNAVAILABLE, ROTATION_REQUIRED,
 * USES_NOT_RESERVED.
 * Secrets: the plaintext, which is the caller's to wipe.
 */
uint32_t sr_key_encrypt(sr_key_t key, sr_bytes_t plaintext, sr_bytes_t associated_data, sr_buffer_t ciphertext,
                        sr_error_t *error);

/*
 * Decrypts what sr_key_encrypt gave. Of a ciphertext that does not authenticate no byte of plaintext is given.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY, CONTEXT_MISMATCH, MALFORMED_CIPHERTEXT (shorter than the
 * overhead), MESSAGE_TOO_LONG,
 * AUTHENTICATION_FAILED (wrong key, associated data, or an edited ciphertext: never told apart).
 * Secrets: the plaintext, which is the caller's to wipe.
 */
uint32_t sr_key_decrypt(sr_key_t key, sr_bytes_t ciphertext, sr_bytes_t associated_data, sr_buffer_t plaintext,
                        sr_error_t *error);

/*
 * Decrypts under `from` and encrypts under `to` (they may be one key): as sr_key_decrypt and sr_key_encrypt do, and with an
 * RSA key as sr_key_decrypt_oaep and sr_key_encrypt_oaep with SHA-256 and the associated data as label. The room that is
 * asked for is then the longest plaintext's.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; those of sr_key_decrypt for `from` and of sr_key_encrypt for `to`, or of their twins for RSA keys.
 * Secrets: the plaintext stays in the core and is wiped.
 */
uint32_t sr_key_reencrypt(sr_key_t from, sr_key_t to, sr_bytes_t ciphertext, sr_bytes_t associated_data,
                          sr_bytes_t new_associated_data, sr_buffer_t new_ciphertext, sr_error_t *error);

/*
 * Makes `bytes` random bytes (SR_DATA_KEY_MIN_BYTES to SR_DATA_KEY_MAX_BYTES) and encrypts them.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; USAGE_NOT_ALLOWED, LENGTH_OUT_OF_RANGE (`bytes`), MESSAGE_TOO_LONG (associated data),
 * RANDOM_UNAVAILABLE.
 * Secrets: the plaintext, the caller's to wipe; with the buffer {NULL, 0, NULL} for it they never leave the core.
 */
uint32_t sr_key_data_key(sr_key_t key, uint32_t bytes, sr_bytes_t associated_data, sr_buffer_t plaintext,
                         sr_buffer_t ciphertext, sr_error_t *error);

/*
 * Runs 1 to SR_BATCH_ITEMS_MAX items in one call, of one operation (SR_BATCH_*) or of several. Each item has its own status
 * in `code`; the call itself fails only when the batch as a whole is malformed, and then no item was run. A failed item's
 * output ranges are wiped. A panic in an item is that item's SR_E_PANIC. `output.length` receives the end of the last
 * range, whatever was written to it.
 * Ownership: items and buffers are the caller's; no handle is given or taken. Threads: any; the items run one after the
 * other on the caller's.
 * Errors: the common ones; INVALID_ARGUMENT (no such operation, or output ranges that do not ascend),
 * LENGTH_OUT_OF_RANGE (`count`, or a range that reaches out of its buffer); of an item that is to blame numbers[0] is
 * the index. An item's are those of the single function.
 * Secrets: as those of the single functions.
 */
uint32_t sr_key_batch(sr_bytes_t input, sr_batch_item_t *items, size_t count, sr_buffer_t output, sr_error_t *error);

#endif
