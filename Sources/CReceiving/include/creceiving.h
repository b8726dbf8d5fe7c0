/* What libmicrohttpd receives, shown to the thread's observer before libmicrohttpd reads it: the library accepts framing of
   bodies that RFC 9112 has a server refuse, and neither has an option against that nor gives away the bytes. */
#ifndef CRECEIVING_H
#define CRECEIVING_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes have arrived at a descriptor; none: the client sends no more. `is_plain_text` tells what TLS has decrypted. False has the
   bytes wiped, and the caller told that the connection was reset. */
typedef bool (*creceiving_observer)(
    void *context, int descriptor, const void *bytes, size_t length, bool is_plain_text);

/* From here on the calling thread shows what it receives. */
void creceiving_observe(creceiving_observer observer, void *context);

/* Whether libraries that call `recv` and `gnutls_record_recv` call those of this module. */
bool creceiving_is_in_place(void);

#endif
