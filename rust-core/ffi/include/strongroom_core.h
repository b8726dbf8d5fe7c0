/*
 * strongroom_core.h: the C ABI of Strongroom's core. Written by hand; tests hold it to the library
 * (names, signatures, layouts, constants and fingerprint), so neither can change alone.
 *
 * The contract, for every function:
 *
 *  Status     The return value is a status: SR_OK or one of the SR_E_* codes. When `error` is not NULL it is
 *             filled by value on every call (code 0 on success); nothing in it is to be freed and nothing in
 *             it can be secret.
 *  Ownership  Handles are counted. A function that gives a handle gives one count of it; `retain` adds one,
 *             `release` takes one away, and the last release ends the object once the calls that are using it
 *             have returned. Memory is always the caller's: no allocation of the core crosses.
 *  Inputs     `(NULL, 0)` is the empty slice. `(NULL, n)` and a length above PTRDIFF_MAX are errors.
 *  Outputs    Every output is zeroed on entry, before anything is checked, and wiped when the call fails. An
 *             output buffer that is too small answers SR_E_BUFFER_TOO_SMALL, with the length that is needed in
 *             `*length`. Outputs may not overlap inputs or each other, unless a function says so.
 *  Threads    Any function, any thread, any time. There are no callbacks into the caller.
 *  Panics     None crosses: a panic is SR_E_PANIC, and every object that was at work answers SR_E_HANDLE_POISONED
 *             from then on, to everything but `release`.
 *  Order      Of several things wrong, the first of these is told: not started; a pointer that is NULL or misaligned or
 *             a length beyond all memory; overlaps; handles; everything else.
 */
#ifndef STRONGROOM_CORE_H
#define STRONGROOM_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ------------------------------------------------------------------------------------------- */

#define SR_ABI_MAJOR 1u
#define SR_ABI_MINOR 0u
/* A hash over the export manifest, compared with sr_abi_fingerprint() before anything else is called. */
#define SR_ABI_FINGERPRINT 0x9281338daf474abeULL

/* ---- Status codes: append-only; a retired number is never used again (abi/retired-codes.txt) ------------ */

#define SR_OK 0u
/* 1xx: arguments */
#define SR_E_NULL_ARGUMENT 100u
#define SR_E_MISALIGNED_ARGUMENT 101u
#define SR_E_LENGTH_OUT_OF_RANGE 102u
#define SR_E_BUFFER_TOO_SMALL 103u
#define SR_E_INVALID_ARGUMENT 104u
#define SR_E_BUFFERS_OVERLAP 105u
#define SR_E_NOT_STARTED 106u
#define SR_E_ALREADY_STARTED 107u
/* 2xx: handles */
#define SR_E_INVALID_HANDLE 200u
#define SR_E_WRONG_KIND 201u
#define SR_E_STALE_HANDLE 202u
#define SR_E_HANDLE_POISONED 203u
#define SR_E_TOO_MANY_REFERENCES 204u
/* 3xx: rights */
#define SR_E_USAGE_NOT_ALLOWED 300u
/* 4xx: data */
#define SR_E_AUTHENTICATION_FAILED 400u
#define SR_E_MALFORMED_CIPHERTEXT 401u
#define SR_E_MESSAGE_TOO_LONG 402u
/* 5xx: sealing, sealed blobs and the root key */
#define SR_E_SEALED_BLOB_MALFORMED 500u
#define SR_E_SEALED_BLOB_NOT_AUTHENTIC 501u
#define SR_E_SEALED_BLOB_NOT_THIS_KEY 502u
#define SR_E_SEALED_BLOB_FORMAT_UNKNOWN 503u
#define SR_E_ROOT_KEY_FILE_MISSING 510u
#define SR_E_ROOT_KEY_FILE_EXISTS 511u
#define SR_E_ROOT_KEY_FILE_PERMISSIONS 512u
#define SR_E_ROOT_KEY_FILE_MALFORMED 513u
#define SR_E_ROOT_KEY_FILE_IO 514u
/* 6xx: resources */
#define SR_E_SECRET_MEMORY_EXHAUSTED 600u
#define SR_E_HANDLE_TABLE_FULL 601u
#define SR_E_OUT_OF_MEMORY 602u
#define SR_E_RANDOM_UNAVAILABLE 603u
/* 7xx: features */
#define SR_E_FEATURE_NOT_BUILT 700u
#define SR_E_ALGORITHM_UNAVAILABLE 701u
/* 9xx: internal */
#define SR_E_INTERNAL 900u
#define SR_E_PANIC 901u
#define SR_E_CRYPTO_LIBRARY 902u

/* ---- Values -------------------------------------------------------------------------------------------- */

/* Kinds of handle: the top 8 bits of a handle. Then 24 bits of slot and 32 of generation; zero is never valid. */
#define SR_KIND_ROOT 1u
#define SR_KIND_KEY 2u

/* Algorithms: append-only. */
#define SR_ALGORITHM_AES_256_GCM 1u
#define SR_ALGORITHM_XAES_256_GCM 2u

/* What a key may be used for, sealed into it: a set of bits. */
#define SR_USAGE_ENCRYPT 0x00000001u
#define SR_USAGE_DECRYPT 0x00000002u

/* Properties sealed into a key: a set of bits. */
#define SR_FLAG_EXPORTABLE 0x00000001u

/* Batch operations. */
#define SR_BATCH_ENCRYPT 1u
#define SR_BATCH_DECRYPT 2u
#define SR_BATCH_REENCRYPT 3u
#define SR_BATCH_DATA_KEY 4u
#define SR_BATCH_ITEMS_MAX 1000u

/* How secret memory is protected. */
#define SR_PROTECTION_MEMFD_SECRET 1u
#define SR_PROTECTION_MLOCK 2u

/* Feature bits of sr_features(). */
#define SR_FEATURE_EXPORT 0x1ULL
#define SR_FEATURE_LEGACY_ALGORITHMS 0x2ULL
#define SR_FEATURE_FAULT_INJECTION 0x4ULL

#define SR_KEY_ID_BYTES 16u
#define SR_ROOT_IDENTITY_BYTES 16u
#define SR_TOKEN_MAC_BYTES 32u
#define SR_SEALED_KEY_MAX_BYTES 512u
#define SR_RANDOM_MAX_BYTES 65536u
#define SR_DATA_KEY_MIN_BYTES 16u
#define SR_DATA_KEY_MAX_BYTES 512u
/* The longest plaintext of one operation: 32 MiB. */
#define SR_PLAINTEXT_MAX_BYTES 33554432ULL

/* ---- Structs -------------------------------------------------------------------------------------------- */

typedef struct { uint64_t bits; } sr_root_t;
typedef struct { uint64_t bits; } sr_key_t;

/* Bytes the core reads during the call and never keeps. */
typedef struct {
    const uint8_t *data;
    size_t length;
} sr_bytes_t;

/* Room the core writes to. `*length` receives the bytes written or, when there is too little room, needed. */
typedef struct {
    uint8_t *data;
    size_t capacity;
    size_t *length;
} sr_buffer_t;

/*
 * 128 bytes. `operation` is the function's number in abi/manifest.txt; `argument` counts from 1, 0 where no argument is
 * to blame; `numbers` are 0 unless the function or code says otherwise (with SR_E_BUFFER_TOO_SMALL the bytes needed and
 * the bytes there were); `text` is static, NUL-terminated.
 */
typedef struct {
    uint32_t code;
    uint32_t operation;
    uint32_t argument;
    uint32_t reserved;
    uint64_t numbers[2];
    char text[96];
} sr_error_t;

/* 40 bytes. What is sealed into a key version's header, all of it authenticated. Times are seconds since 1970. */
typedef struct {
    uint8_t key_id[SR_KEY_ID_BYTES];
    uint32_t version;
    uint32_t algorithm;
    uint32_t usages;
    uint32_t flags;
    uint64_t created_at;
} sr_key_spec_t;

/* 48 bytes. */
typedef struct {
    sr_key_spec_t spec;
    uint32_t ciphertext_overhead; /* bytes that a ciphertext is longer than its plaintext */
    uint32_t reserved;
} sr_key_description_t;

/* 24 bytes. */
typedef struct {
    uint64_t capacity;   /* bytes */
    uint64_t used;       /* bytes */
    uint32_t protection; /* SR_PROTECTION_* */
    uint32_t reserved;
} sr_secret_memory_t;

/*
 * 112 bytes. One item of a batch. Offsets count from the start of the batch's one input, or one output. `reencrypt`
 * decrypts under `key` and encrypts under `target`; `data_key` makes `data_key_bytes` random bytes, encrypts them to
 * the output, and puts the plaintext at the second output unless its capacity is 0. Output ranges ascend and do not
 * overlap, in the order of the items, and within an item the output before the second output. Members that an operation
 * does not use are ignored.
 */
typedef struct {
    sr_key_t key;
    sr_key_t target;
    uint64_t input_offset, input_length;
    uint64_t associated_data_offset, associated_data_length;
    uint64_t new_associated_data_offset, new_associated_data_length;
    uint64_t output_offset, output_capacity;
    uint64_t second_output_offset, second_output_capacity;
    uint32_t data_key_bytes;
    uint32_t code;          /* out: the item's own status */
    uint64_t output_length; /* out: bytes written to the output; with BUFFER_TOO_SMALL what the output, or if that
                               has room the second output, needs */
} sr_batch_item_t;

/* ---- Library -------------------------------------------------------------------------------------------- */

/* SR_ABI_MAJOR << 16 | SR_ABI_MINOR of the library; the fingerprint; the features it was built with. */
uint32_t sr_abi_version(void);
uint64_t sr_abi_fingerprint(void);
uint64_t sr_features(void);

/*
 * Reserves secret memory and prepares the library; once a process. Every other function that returns a status
 * answers SR_E_NOT_STARTED before it.
 * Errors: ALREADY_STARTED, LENGTH_OUT_OF_RANGE (0, or over 1 GiB), SECRET_MEMORY_EXHAUSTED (the memory could not be
 * locked: numbers[0] is the RLIMIT_MEMLOCK in force). After a failure it can be tried again. The size is rounded up to
 * pages; the library takes 4 KiB of it, a root 192 bytes, a key 32 to 64, and opening one some more in passing.
 */
uint32_t sr_start(uint64_t secret_memory_bytes, sr_error_t *error);

/* What protects secret memory, and how much of it is in use. */
uint32_t sr_secret_memory(sr_secret_memory_t *out, sr_error_t *error);

/* How many objects of a kind (SR_KIND_*) live. Errors: INVALID_ARGUMENT (no such kind). */
uint32_t sr_live_handles(uint32_t kind, uint64_t *out, sr_error_t *error);

/* Fills all of `out.capacity` (1 to SR_RANDOM_MAX_BYTES) from OpenSSL's DRBG. Secrets: the output may be one. */
uint32_t sr_random(sr_buffer_t out, sr_error_t *error);

/* ---- Root key ------------------------------------------------------------------------------------------- */

/*
 * Makes a new root key, writes it to a new file (mode 0600, synced with its folder), and opens it. The path is
 * absolute or relative, without NUL. The key is never in the caller's memory.
 * Errors: INVALID_ARGUMENT (an empty path, or NUL in it), ROOT_KEY_FILE_EXISTS, ROOT_KEY_FILE_IO (numbers[0] is errno),
 * SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL.
 */
uint32_t sr_root_create_file(sr_bytes_t path, sr_root_t *out, sr_error_t *error);

/*
 * Opens the root key of a file.
 * Errors: ROOT_KEY_FILE_MISSING, ROOT_KEY_FILE_PERMISSIONS (not a regular file, not the process's own, or open to
 * group or others: numbers[0] is its mode), ROOT_KEY_FILE_MALFORMED, ROOT_KEY_FILE_IO (numbers[0] is errno),
 * INVALID_ARGUMENT, SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL.
 */
uint32_t sr_root_open_file(sr_bytes_t path, sr_root_t *out, sr_error_t *error);

uint32_t sr_root_retain(sr_root_t root, sr_error_t *error);
uint32_t sr_root_release(sr_root_t root, sr_error_t *error);

/* SR_ROOT_IDENTITY_BYTES that tell root keys apart and give nothing away of them (HKDF). Not secret. */
uint32_t sr_root_identity(sr_root_t root, sr_buffer_t identity, sr_error_t *error);

/* HMAC-SHA-256 of an access token under the root's token key (HKDF): SR_TOKEN_MAC_BYTES. */
uint32_t sr_root_token_mac(sr_root_t root, sr_bytes_t token, sr_buffer_t mac, sr_error_t *error);

/* ---- Keys ----------------------------------------------------------------------------------------------- */

/*
 * Makes a new key version as `spec` says and gives it sealed under the root key, its header bound in.
 * SR_SEALED_KEY_MAX_BYTES is always room enough.
 * Errors: INVALID_ARGUMENT (unknown algorithm, usages that do not fit it or are empty, unknown flags, version 0).
 */
uint32_t sr_key_generate(sr_root_t root, const sr_key_spec_t *spec, sr_buffer_t sealed, sr_error_t *error);

/*
 * Makes the next version of a sealed key: algorithm, usages and flags come from `previous`, authenticated, and cannot
 * be changed on the way. `version` must be above the previous one. `previous` must be a version of `key_id`
 * (SR_KEY_ID_BYTES).
 * Errors: as sr_key_open; INVALID_ARGUMENT (version not above).
 */
uint32_t sr_key_rotate(sr_root_t root, sr_bytes_t key_id, sr_bytes_t previous, uint32_t version, uint64_t created_at,
                       sr_buffer_t sealed, sr_error_t *error);

/*
 * Opens a sealed key version, which must be version `version` of the key `key_id` (SR_KEY_ID_BYTES).
 * Errors: LENGTH_OUT_OF_RANGE (`key_id`), SEALED_BLOB_MALFORMED, SEALED_BLOB_FORMAT_UNKNOWN,
 * SEALED_BLOB_NOT_AUTHENTIC (edited, or another root's), SEALED_BLOB_NOT_THIS_KEY, ALGORITHM_UNAVAILABLE,
 * SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL.
 */
uint32_t sr_key_open(sr_root_t root, sr_bytes_t sealed, sr_bytes_t key_id, uint32_t version, sr_key_t *out,
                     sr_error_t *error);

uint32_t sr_key_describe(sr_key_t key, sr_key_description_t *out, sr_error_t *error);
uint32_t sr_key_retain(sr_key_t key, sr_error_t *error);
uint32_t sr_key_release(sr_key_t key, sr_error_t *error);

/*
 * Encrypts under a fresh random nonce: nonce || ciphertext || tag, sr_key_description_t.ciphertext_overhead bytes longer
 * than the plaintext. Errors: USAGE_NOT_ALLOWED, MESSAGE_TOO_LONG (plaintext or associated data above
 * SR_PLAINTEXT_MAX_BYTES), BUFFER_TOO_SMALL. Secrets: the plaintext.
 */
uint32_t sr_key_encrypt(sr_key_t key, sr_bytes_t plaintext, sr_bytes_t associated_data, sr_buffer_t ciphertext,
                        sr_error_t *error);

/*
 * Decrypts what sr_key_encrypt gave. Errors: USAGE_NOT_ALLOWED, MALFORMED_CIPHERTEXT (shorter than the overhead),
 * AUTHENTICATION_FAILED (wrong key, associated data, or an edited ciphertext: never told apart). Secrets: the plaintext.
 */
uint32_t sr_key_decrypt(sr_key_t key, sr_bytes_t ciphertext, sr_bytes_t associated_data, sr_buffer_t plaintext,
                        sr_error_t *error);

/* Decrypts under `from` and encrypts under `to` (they may be one key); the plaintext stays in the core. */
uint32_t sr_key_reencrypt(sr_key_t from, sr_key_t to, sr_bytes_t ciphertext, sr_bytes_t associated_data,
                          sr_bytes_t new_associated_data, sr_buffer_t new_ciphertext, sr_error_t *error);

/*
 * Makes `bytes` random bytes (SR_DATA_KEY_MIN_BYTES to SR_DATA_KEY_MAX_BYTES) and encrypts them. With the buffer
 * {NULL, 0, NULL} for `plaintext` they never leave the core. Errors: USAGE_NOT_ALLOWED, LENGTH_OUT_OF_RANGE.
 */
uint32_t sr_key_data_key(sr_key_t key, uint32_t bytes, sr_bytes_t associated_data, sr_buffer_t plaintext,
                         sr_buffer_t ciphertext, sr_error_t *error);

/*
 * Runs one operation (SR_BATCH_*) on 1 to SR_BATCH_ITEMS_MAX items in one call. Each item has its own status in
 * `code`; the call itself fails only when the batch as a whole is malformed, and then no item was run. A failed item's
 * output ranges are wiped. A panic in an item is that item's SR_E_PANIC. `output.length` receives the end of the last
 * range, whatever was written to it.
 * Errors: INVALID_ARGUMENT (no such operation, or output ranges that do not ascend), LENGTH_OUT_OF_RANGE (`count`, or a
 * range that reaches out of its buffer); of an item that is to blame numbers[0] is the index.
 */
uint32_t sr_key_batch(uint32_t operation, sr_bytes_t input, sr_batch_item_t *items, size_t count, sr_buffer_t output,
                      sr_error_t *error);

#ifdef __cplusplus
}
#endif

#endif
