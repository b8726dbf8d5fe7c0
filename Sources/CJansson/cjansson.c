/* Parsing, and the allocators that keep what was parsed from staying behind in freed memory. */
#define _GNU_SOURCE
#include "cjansson.h"

#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

static void wiping_free(void *memory) {
    if (memory == NULL) {
        return;
    }
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static void prepare(void) {
    json_set_alloc_funcs(malloc, wiping_free);
    size_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        seed = 0; /* jansson then draws one of its own */
    }
    json_object_seed(seed);
}

static cjansson_failure failure_of(const json_error_t *error) {
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return CJANSSON_DUPLICATE_MEMBER;
    case json_error_numeric_overflow:
        return CJANSSON_NUMBER_OUT_OF_RANGE;
    case json_error_out_of_memory:
        return CJANSSON_OUT_OF_MEMORY;
    default:
        return CJANSSON_MALFORMED;
    }
}

json_t *cjansson_parse(const char *bytes, size_t length, bool allow_nul, cjansson_failure *failure, size_t *position) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare);

    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | (allow_nul ? JSON_ALLOW_NUL : 0);
    json_error_t error;
    json_t *value = json_loadb(bytes, length, flags, &error);
    if (value == NULL) {
        *failure = failure_of(&error);
        *position = error.position < 0 ? 0 : (size_t)error.position;
        explicit_bzero(&error, sizeof error); /* its text quotes the input */
    }
    return value;
}
