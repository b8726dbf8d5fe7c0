/* Root keys. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_ROOT_H
#define STRONGROOM_ROOT_H

/*
 * Makes a new root key, writes it to a new file (mode 0600, synced with its folder), and opens it. The path is
 * absolute or relative, without NUL. A failure leaves neither file nor handle.
 * Ownership: `out` receives one count. Threads: any; waits for the disk.
 * Errors: the common ones; INVALID_ARGUMENT (an empty path, or NUL in it), ROOT_KEY_FILE_EXISTS, ROOT_KEY_FILE_IO
 * (numbers[0] is errno), SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL, RANDOM_UNAVAILABLE.
 * Secrets: the key is never in the caller's memory; the file is one.
 */
uint32_t sr_root_create_file(sr_bytes_t path, sr_root_t *out, sr_error_t *error);

/*
 * Opens the root key of a file.
 * Ownership: `out` receives one count. Threads: any; waits for the disk.
 * Errors: the common ones; ROOT_KEY_FILE_MISSING, ROOT_KEY_FILE_PERMISSIONS (not a regular file, not the process's own,
 * or open to group or others: numbers[0] is its mode), ROOT_KEY_FILE_MALFORMED, ROOT_KEY_FILE_IO (numbers[0] is errno),
 * INVALID_ARGUMENT, SECRET_MEMORY_EXHAUSTED, HANDLE_TABLE_FULL.
 * Secrets: the key is never in the caller's memory.
 */
uint32_t sr_root_open_file(sr_bytes_t path, sr_root_t *out, sr_error_t *error);

/*
 * Adds a count.
 * Ownership: one `release` more is owed. Threads: any. Errors: the common ones; TOO_MANY_REFERENCES. Secrets: none.
 */
uint32_t sr_root_retain(sr_root_t root, sr_error_t *error);

/*
 * Takes a count away. The last one ends the root key; keys that were opened with it live on.
 * Ownership: the caller's count is gone, also that of a poisoned root. Threads: any; calls under way finish.
 * Errors: the common ones but HANDLE_POISONED; released too often is STALE_HANDLE. Secrets: wiped with the last count.
 */
uint32_t sr_root_release(sr_root_t root, sr_error_t *error);

/*
 * SR_ROOT_IDENTITY_BYTES that tell root keys apart and give nothing away of them (HKDF).
 * Ownership: `identity` is the caller's. Threads: any. Errors: the common ones. Secrets: none.
 */
uint32_t sr_root_identity(sr_root_t root, sr_buffer_t identity, sr_error_t *error);

/*
 * HMAC-SHA-256 of an access token under the root's token key (HKDF): SR_TOKEN_MAC_BYTES.
 * Ownership: `mac` is the caller's. Threads: any. Errors: the common ones. Secrets: the token; the MAC is none.
 */
uint32_t sr_root_token_mac(sr_root_t root, sr_bytes_t token, sr_buffer_t mac, sr_error_t *error);

/*
 * HMAC-SHA-256 of a record that is stored beside sealed keys, under the root's record key (HKDF): SR_RECORD_MAC_BYTES.
 * Ownership: `mac` is the caller's. Threads: any. Errors: the common ones. Secrets: none.
 */
uint32_t sr_root_record_mac(sr_root_t root, sr_bytes_t record, sr_buffer_t mac, sr_error_t *error);

/*
 * The MACs that chain records of the audit trail: each is HMAC-SHA-256 of the MAC before it and the record, under a key
 * (HKDF) that rotations of the root key leave as it is. `previous` is the last MAC before these records, zeros before the
 * first; each record ends with a newline, which is in no MAC; `macs` takes SR_AUDIT_MAC_BYTES for each.
 * Ownership: `macs` is the caller's. Threads: any. Errors: the common ones; INVALID_ARGUMENT (`previous` is not
 * SR_AUDIT_MAC_BYTES, there is no record, or the last is without its newline). Secrets: none.
 */
uint32_t sr_root_audit_macs(
    sr_root_t root, sr_bytes_t previous, sr_bytes_t records, sr_buffer_t macs, sr_error_t *error);

#endif
