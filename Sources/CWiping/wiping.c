/*
 * Wipes every block of the heap as it is given back. A token or a plaintext passes through memory that is not ours: connections of
 * libmicrohttpd, records of GnuTLS, texts of Swift. They free it on more paths than one could find, without wiping it. All of
 * them call these two functions, which the program has in front of the C library's.
 */
#include "cwiping.h"

#include <malloc.h>
#include <stddef.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define CWIPING_IS_OFF
#endif
#endif

#ifdef CWIPING_IS_OFF

bool cwiping_is_on(void) { return false; }

#else

extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

bool cwiping_is_on(void) { return true; }

/* Whether a block has pages of its own, which the kernel takes back and clears. Wiping them would have it make those first that
 * nothing was ever written to. The second bit of the word before a block says so, as debuggers of glibc's heap know. */
static bool has_own_pages(const void *memory) { return (((const size_t *)memory)[-1] & 2) != 0; }

void free(void *memory) {
    if (memory == NULL) {
        return;
    }
    if (!has_own_pages(memory)) {
        explicit_bzero(memory, malloc_usable_size(memory));
    }
    __libc_free(memory);
}

void *realloc(void *memory, size_t size) {
    if (memory == NULL || has_own_pages(memory)) {
        return __libc_realloc(memory, size);
    }
    size_t before = malloc_usable_size(memory);
    if (size <= before) {
        /* What is cut off. A size of 0 frees it all. */
        explicit_bzero((char *)memory + size, before - size);
        return __libc_realloc(memory, size);
    }
    /* The library would move it and leave what was there. */
    void *moved = __libc_malloc(size);
    if (moved != NULL) {
        memcpy(moved, memory, before);
        free(memory);
    }
    return moved;
}

#endif
