/*
 * Holds the layouts of the core's structs as this compiler sees them to what the header writes down, so that a
 * difference fails the Swift build and not a request. A test holds this file to the core's manifest.
 */
#include "CStrongroomCore.h"

#include <assert.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " is not " #bytes " bytes")
#define FIELD(type, field, at, bytes)                                                                      \
    _Static_assert(offsetof(type, field) == (at), #type "." #field " is not at " #at);                     \
    _Static_assert(sizeof(((type *)0)->field) == (bytes), #type "." #field " is not " #bytes " bytes")

SIZE(sr_root_t, 8);
FIELD(sr_root_t, bits, 0, 8);

SIZE(sr_key_t, 8);
FIELD(sr_key_t, bits, 0, 8);

SIZE(sr_unseal_key_t, 8);
FIELD(sr_unseal_key_t, bits, 0, 8);

SIZE(sr_shares_t, 8);
FIELD(sr_shares_t, bits, 0, 8);

SIZE(sr_share_progress_t, 16);
FIELD(sr_share_progress_t, index, 0, 4);
FIELD(sr_share_progress_t, have, 4, 4);
FIELD(sr_share_progress_t, threshold, 8, 4);
FIELD(sr_share_progress_t, reserved, 12, 4);

SIZE(sr_root_method_t, 16);
FIELD(sr_root_method_t, method, 0, 4);
FIELD(sr_root_method_t, threshold, 4, 4);
FIELD(sr_root_method_t, count, 8, 4);
FIELD(sr_root_method_t, cost, 12, 4);

SIZE(sr_bytes_t, 16);
FIELD(sr_bytes_t, data, 0, 8);
FIELD(sr_bytes_t, length, 8, 8);

SIZE(sr_buffer_t, 24);
FIELD(sr_buffer_t, data, 0, 8);
FIELD(sr_buffer_t, capacity, 8, 8);
FIELD(sr_buffer_t, length, 16, 8);

SIZE(sr_error_t, 128);
FIELD(sr_error_t, code, 0, 4);
FIELD(sr_error_t, operation, 4, 4);
FIELD(sr_error_t, argument, 8, 4);
FIELD(sr_error_t, reserved, 12, 4);
FIELD(sr_error_t, numbers, 16, 16);
FIELD(sr_error_t, text, 32, 96);

SIZE(sr_key_spec_t, 40);
FIELD(sr_key_spec_t, key_id, 0, 16);
FIELD(sr_key_spec_t, version, 16, 4);
FIELD(sr_key_spec_t, algorithm, 20, 4);
FIELD(sr_key_spec_t, usages, 24, 4);
FIELD(sr_key_spec_t, flags, 28, 4);
FIELD(sr_key_spec_t, created_at, 32, 8);

SIZE(sr_signature_scheme_t, 24);
FIELD(sr_signature_scheme_t, scheme, 0, 4);
FIELD(sr_signature_scheme_t, hash, 4, 4);
FIELD(sr_signature_scheme_t, encoding, 8, 4);
FIELD(sr_signature_scheme_t, salt_length, 12, 4);
FIELD(sr_signature_scheme_t, prehashed, 16, 4);
FIELD(sr_signature_scheme_t, reserved, 20, 4);

SIZE(sr_key_description_t, 48);
FIELD(sr_key_description_t, spec, 0, 40);
FIELD(sr_key_description_t, ciphertext_overhead, 40, 4);
FIELD(sr_key_description_t, secret_bytes, 44, 4);

SIZE(sr_secret_memory_t, 24);
FIELD(sr_secret_memory_t, capacity, 0, 8);
FIELD(sr_secret_memory_t, used, 8, 8);
FIELD(sr_secret_memory_t, protection, 16, 4);
FIELD(sr_secret_memory_t, key_bytes, 20, 4);

SIZE(sr_diagnostic_t, 80);
FIELD(sr_diagnostic_t, sequence, 0, 8);
FIELD(sr_diagnostic_t, time, 8, 8);
FIELD(sr_diagnostic_t, operation, 16, 4);
FIELD(sr_diagnostic_t, code, 20, 4);
FIELD(sr_diagnostic_t, argument, 24, 4);
FIELD(sr_diagnostic_t, item, 28, 4);
FIELD(sr_diagnostic_t, numbers, 32, 16);
FIELD(sr_diagnostic_t, function, 48, 32);

SIZE(sr_range_t, 16);
FIELD(sr_range_t, offset, 0, 8);
FIELD(sr_range_t, length, 8, 8);

SIZE(sr_batch_item_t, 176);
FIELD(sr_batch_item_t, key, 0, 8);
FIELD(sr_batch_item_t, target, 8, 8);
FIELD(sr_batch_item_t, inputs, 16, 48);
FIELD(sr_batch_item_t, outputs, 64, 48);
FIELD(sr_batch_item_t, written, 112, 24);
FIELD(sr_batch_item_t, scheme, 136, 24);
FIELD(sr_batch_item_t, operation, 160, 4);
FIELD(sr_batch_item_t, number, 164, 4);
FIELD(sr_batch_item_t, code, 168, 4);
FIELD(sr_batch_item_t, valid, 172, 4);
