/* What Swift needs of jansson: parsing with our allocators in place, and its macros as functions. */
#ifndef CJANSSON_H
#define CJANSSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What went wrong, by kind: jansson's codes are hidden in the last byte of a text that Swift must not read. */
typedef enum cjansson_failure {
    CJANSSON_MALFORMED,
    CJANSSON_DUPLICATE_MEMBER,
    CJANSSON_NUMBER_OUT_OF_RANGE,
    CJANSSON_OUT_OF_MEMORY
} cjansson_failure;

/* Parses one JSON text of any kind: duplicates rejected, no trailing bytes. `length` must fit an int, because jansson
   counts positions in ints. On success the caller owns one reference; on failure the answer is NULL, and `failure` and
   `position` (bytes read when the error was seen) are set. The first call installs, once for the process, allocators
   that wipe memory when it is freed, and seeds the hash of member names. Any thread. */
json_t *cjansson_parse(const char *bytes, size_t length, bool allow_nul, cjansson_failure *failure, size_t *position);

/* Gives the one reference back. */
static inline void cjansson_release(json_t *value) { json_decref(value); }

static inline json_type cjansson_type(const json_t *value) { return json_typeof(value); }

#endif
