/*
 * Holds the layouts of the core's structs as this compiler sees them to what the header writes down, so that a
 * difference fails the Swift build and not a request.
 */
#include "CStrongroomCore.h"

#include <assert.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " is not " #bytes " bytes")
#define FIELD(type, field, at) _Static_assert(offsetof(type, field) == (at), #type "." #field " is not at " #at)

SIZE(sr_root_t, 8);
SIZE(sr_key_t, 8);

SIZE(sr_bytes_t, 16);
FIELD(sr_bytes_t, length, 8);

SIZE(sr_buffer_t, 24);
FIELD(sr_buffer_t, capacity, 8);
FIELD(sr_buffer_t, length, 16);

SIZE(sr_error_t, 128);
FIELD(sr_error_t, operation, 4);
FIELD(sr_error_t, argument, 8);
FIELD(sr_error_t, numbers, 16);
FIELD(sr_error_t, text, 32);

SIZE(sr_key_spec_t, 40);
FIELD(sr_key_spec_t, version, 16);
FIELD(sr_key_spec_t, algorithm, 20);
FIELD(sr_key_spec_t, usages, 24);
FIELD(sr_key_spec_t, flags, 28);
FIELD(sr_key_spec_t, created_at, 32);

SIZE(sr_key_description_t, 48);
FIELD(sr_key_description_t, ciphertext_overhead, 40);

SIZE(sr_secret_memory_t, 24);
FIELD(sr_secret_memory_t, used, 8);
FIELD(sr_secret_memory_t, protection, 16);

SIZE(sr_batch_item_t, 112);
FIELD(sr_batch_item_t, target, 8);
FIELD(sr_batch_item_t, input_offset, 16);
FIELD(sr_batch_item_t, associated_data_offset, 32);
FIELD(sr_batch_item_t, new_associated_data_offset, 48);
FIELD(sr_batch_item_t, output_offset, 64);
FIELD(sr_batch_item_t, second_output_offset, 80);
FIELD(sr_batch_item_t, data_key_bytes, 96);
FIELD(sr_batch_item_t, code, 100);
FIELD(sr_batch_item_t, output_length, 104);
