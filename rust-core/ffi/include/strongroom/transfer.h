/* Keys that come in from outside and keys that leave: imports, exports, pairs, backups. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_TRANSFER_H
#define STRONGROOM_TRANSFER_H

/*
 * As sr_key_generate, with `key_bytes` of material: for HMAC keys 16 to 512, for others the length that they have.
 * Ownership: `sealed` is the caller's; no handle is given. Threads: any.
 * Errors: the common ones; those of sr_key_generate; LENGTH_OUT_OF_RANGE (`key_bytes`), ALGORITHM_UNAVAILABLE.
 * Secrets: none leaves.
 */
uint32_t sr_key_generate_sized(sr_root_t root, const sr_key_spec_t *spec, uint32_t key_bytes, sr_buffer_t sealed,
                               sr_error_t *error);

/*
 * Unwraps a key that was wrapped (SR_IMPORT_*, with a hash for RSA-OAEP) to `import_key`, an RSA key with the usage to
 * unwrap, and gives it sealed as `spec` says, with SR_FLAG_IMPORTED. A private key comes as PKCS#8 in DER, any other as
 * its bytes. The room that is asked for is SR_SEALED_KEY_MAX_BYTES.
 * Ownership: all buffers are the caller's; no handle is given. Threads: any.
 * Errors: the common ones; USAGE_NOT_ALLOWED, SCHEME_NOT_OF_KEY (`import_key` is no RSA key), INVALID_ARGUMENT,
 * MALFORMED_CIPHERTEXT (its length), AUTHENTICATION_FAILED (it does not unwrap), KEY_MATERIAL_INVALID (no sound key of the
 * algorithm), ALGORITHM_UNAVAILABLE, SECRET_MEMORY_EXHAUSTED, RANDOM_UNAVAILABLE.
 * Secrets: the material stays in the core.
 */
uint32_t sr_key_import(sr_root_t root, sr_key_t import_key, uint32_t wrapping, uint32_t hash, sr_bytes_t wrapped,
                       const sr_key_spec_t *spec, sr_buffer_t sealed, sr_error_t *error);

/*
 * Wraps a sealed key with SR_FLAG_EXPORTABLE to an RSA key of 2048 to 8192 bits with an exponent of at most 64
 * (SubjectPublicKeyInfo in DER), as SR_IMPORT_OAEP_KWP takes it. The room that is asked for is SR_EXPORT_MAX_BYTES.
 * Ownership: all buffers are the caller's. Threads: any.
 * Errors: the common ones; FEATURE_NOT_BUILT, FEATURE_NOT_ALLOWED (it needs SR_FEATURE_EXPORT); those of sr_key_open but
 * HANDLE_TABLE_FULL; NOT_EXPORTABLE, PUBLIC_KEY_INVALID, INVALID_ARGUMENT (no such hash), RANDOM_UNAVAILABLE.
 * Secrets: the material leaves, wrapped.
 */
uint32_t sr_key_export(sr_root_t root, sr_bytes_t sealed, sr_bytes_t key_id, uint32_t version, sr_bytes_t public_key,
                       uint32_t hash, sr_buffer_t wrapped, sr_error_t *error);

/*
 * Makes a pair of an algorithm and gives its public key (SubjectPublicKeyInfo in DER) and its private key (PKCS#8 in DER)
 * encrypted. The room that is asked for is SR_PRIVATE_KEY_MAX_BYTES, that and the ciphertext's overhead, and
 * SR_PUBLIC_KEY_MAX_BYTES.
 * Ownership: all buffers are the caller's. Threads: any, several with one key too.
 * Errors: the common ones; those of sr_key_encrypt; INVALID_ARGUMENT (no such algorithm), SCHEME_NOT_OF_KEY (it has no
 * pairs), CONTEXT_MISMATCH, ROTATION_REQUIRED, USES_NOT_RESERVED, ALGORITHM_UNAVAILABLE, SECRET_MEMORY_EXHAUSTED.
 * Secrets: the private key, the caller's to wipe; with the buffer {NULL, 0, NULL} for it it never leaves the core.
 */
uint32_t sr_key_data_key_pair(sr_key_t key, uint32_t algorithm, sr_bytes_t associated_data, sr_buffer_t private_key,
                              sr_buffer_t ciphertext, sr_buffer_t public_key, sr_error_t *error);

/*
 * Backs a key up: its sealed versions, ascending, each behind its length (4 bytes, big-endian), and metadata of the
 * caller's (at most SR_BACKUP_METADATA_MAX_BYTES). It opens with `backup_root`, the own root or one that another
 * installation has too.
 * Ownership: all buffers are the caller's. Threads: any.
 * Errors: the common ones; those of sr_key_open but HANDLE_TABLE_FULL; LENGTH_OUT_OF_RANGE (the versions do not come
 * apart, there are none or above 65536, or too much metadata), INVALID_ARGUMENT (they do not ascend),
 * RANDOM_UNAVAILABLE.
 * Secrets: none leaves: a backup can lie anywhere.
 */
uint32_t sr_key_back_up(sr_root_t root, sr_root_t backup_root, sr_bytes_t key_id, sr_bytes_t versions,
                        sr_bytes_t metadata, sr_buffer_t backup, sr_error_t *error);

/*
 * How many versions are in a backup, and its metadata.
 * Ownership: all buffers are the caller's. Threads: any.
 * Errors: the common ones; BACKUP_MALFORMED, BACKUP_NOT_AUTHENTIC (edited, or made with another root).
 * Secrets: none.
 */
uint32_t sr_backup_read(sr_root_t backup_root, sr_bytes_t backup, uint64_t *versions, sr_buffer_t metadata,
                        sr_error_t *error);

/*
 * Gives the version at `index` (from 0) of a backup, sealed under `root`, and what was sealed with it.
 * Ownership: all buffers are the caller's; no handle is given. Threads: any.
 * Errors: the common ones; those of sr_backup_read; those of sr_key_open but HANDLE_TABLE_FULL; INVALID_ARGUMENT (there are
 * not as many), RANDOM_UNAVAILABLE.
 * Secrets: none leaves.
 */
uint32_t sr_backup_restore(sr_root_t root, sr_root_t backup_root, sr_bytes_t backup, uint32_t index,
                           sr_key_spec_t *spec, sr_buffer_t sealed, sr_error_t *error);

/*
 * Opens the private key of a file in PEM (PKCS#8, ECPrivateKey or RSAPrivateKey), of a kind that signs: RSA of 2048, 3072 or
 * 4096 bits, P-256, P-384, P-521, Ed25519. It may sign and nothing else, and is sealed nowhere. Certificates and parameters in
 * the file are passed over.
 * Ownership: `out` receives a handle with one reference. Threads: any.
 * Errors: the common ones; INVALID_ARGUMENT (`path` is empty or has a NUL), KEY_FILE_IO (the first number is errno),
 * KEY_FILE_ENCRYPTED, KEY_MATERIAL_INVALID (no private key in PEM, several, or no sound one), ALGORITHM_UNAVAILABLE (of another
 * kind or size), SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL.
 * Secrets: the key and the text are never in the caller's memory.
 */
uint32_t sr_key_open_pem_file(sr_bytes_t path, sr_key_t *out, sr_error_t *error);

#endif
