/* `recv` and `gnutls_record_recv` for the whole process: a program's own functions come before those of its libraries. */
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE
#include "creceiving.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

/* As <gnutls/gnutls.h> has them. */
typedef void *session_t;
ssize_t gnutls_record_recv(session_t session, void *room, size_t size);
int gnutls_transport_get_int(session_t session);
enum { pull_error = -54 };

static _Thread_local creceiving_observer thread_observer;
static _Thread_local void *thread_context;

/* Found when the program is loaded, before it has threads. */
static ssize_t (*library_record_recv)(session_t session, void *room, size_t size);

__attribute__((constructor)) static void find_library(void) {
    void *found = dlsym(RTLD_NEXT, "gnutls_record_recv");
    memcpy(&library_record_recv, &found, sizeof found);
}

void creceiving_observe(creceiving_observer observer, void *context) {
    thread_context = context;
    thread_observer = observer;
}

bool creceiving_is_in_place(void) {
    ssize_t (*own_recv)(int, void *, size_t, int) = recv;
    ssize_t (*own_record_recv)(session_t, void *, size_t) = gnutls_record_recv;
    void *found_recv = dlsym(RTLD_DEFAULT, "recv");
    void *found_record_recv = dlsym(RTLD_DEFAULT, "gnutls_record_recv");
    return library_record_recv != NULL && memcmp(&found_recv, &own_recv, sizeof found_recv) == 0 &&
           memcmp(&found_record_recv, &own_record_recv, sizeof found_record_recv) == 0;
}

/* False where the observer will not have the bytes. */
static bool show(int descriptor, void *room, ssize_t length, bool is_plain_text) {
    if (thread_observer(thread_context, descriptor, room, (size_t)length, is_plain_text)) return true;
    explicit_bzero(room, (size_t)length);
    return false;
}

ssize_t recv(int descriptor, void *room, size_t size, int flags) {
    ssize_t length = recvfrom(descriptor, room, size, flags, NULL, NULL);
    if (thread_observer == NULL || length < 0 || (flags & MSG_PEEK) != 0 || show(descriptor, room, length, false)) {
        return length;
    }
    errno = ECONNRESET;
    return -1;
}

ssize_t gnutls_record_recv(session_t session, void *room, size_t size) {
    if (library_record_recv == NULL) return pull_error;
    ssize_t length = library_record_recv(session, room, size);
    if (thread_observer == NULL || length < 0 || show(gnutls_transport_get_int(session), room, length, true)) {
        return length;
    }
    return pull_error;
}
