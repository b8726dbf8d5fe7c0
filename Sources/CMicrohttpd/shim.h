// libmicrohttpd as Swift can call it: its variadic functions, each with the arguments it is used with.
#ifndef STRONGROOM_MICROHTTPD_SHIM_H
#define STRONGROOM_MICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// Not in the Swift toolchain's Glibc.
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#ifndef __USE_GNU
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
#endif

/// What one event loop's daemon is started with. `context` is given to every callback but `unescape`.
typedef struct {
    size_t connection_memory;
    unsigned int connection_limit;
    unsigned int idle_seconds;
    /// What TLS may negotiate, as GnuTLS spells it; NULL: no TLS.
    const char *tls_priorities;
    void *context;
    MHD_AccessHandlerCallback request;
    void *(*target)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    MHD_LogCallback log;
    size_t (*unescape)(void *context, struct MHD_Connection *connection, char *text);
} sr_mhd_options_t;

/// For a daemon that is given no certificate: each session gets its own before its handshake, and this is never called.
static int sr_mhd_no_certificate(
    void *session, const void *names, int name_count, const void *algorithms, int algorithm_count, void **certificates,
    unsigned int *certificate_count, void **key) {
    (void)session, (void)names, (void)name_count, (void)algorithms, (void)algorithm_count, (void)certificates;
    (void)certificate_count, (void)key;
    return -1;
}

/// A daemon without a thread and without a listening socket: the caller polls its epoll descriptor, calls `MHD_run`,
/// and adds connections. NULL on failure.
static inline struct MHD_Daemon *sr_mhd_start(const sr_mhd_options_t *options) {
    unsigned int flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)options->tls_priorities},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)sr_mhd_no_certificate},
        {MHD_OPTION_END, 0, NULL},
    };
    if (options->tls_priorities != NULL) {
        flags |= MHD_USE_TLS;
    } else {
        tls[0] = tls[2];
    }
    return MHD_start_daemon(
        flags, 0, NULL, NULL,
        options->request, options->context,
        // First, so that nothing is ever printed by the library itself.
        MHD_OPTION_EXTERNAL_LOGGER, options->log, options->context,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory,
        MHD_OPTION_CONNECTION_LIMIT, options->connection_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds,
        MHD_OPTION_URI_LOG_CALLBACK, options->target, options->context,
        MHD_OPTION_UNESCAPE_CALLBACK, options->unescape, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, options->completed, options->context,
        MHD_OPTION_NOTIFY_CONNECTION, options->connection, options->context,
        // Not strict: strictly, the library closes without an answer where we would answer 400. We check more, later.
        MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_ARRAY, tls,
        MHD_OPTION_END);
}

static inline int sr_mhd_epoll_descriptor(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

static inline int sr_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

/// The pointer that the connection callback stored.
static inline void *sr_mhd_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static inline const struct sockaddr *sr_mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == NULL ? NULL : info->client_addr;
}

/// The connection's GnuTLS session; NULL where it has none.
static inline void *sr_mhd_session(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info == NULL ? NULL : info->tls_session;
}

typedef struct { unsigned int uid; } sr_peer_credentials_t;

/// Who is at the other end of a Unix socket, as it was connected. 0, or -1.
static inline int sr_peer_credentials(int descriptor, sr_peer_credentials_t *credentials) {
    // As struct ucred, which needs _GNU_SOURCE: process, user, group.
    unsigned int found[3];
    socklen_t length = sizeof found;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, found, &length) != 0 || length != sizeof found) return -1;
    credentials->uid = found[1];
    return 0;
}

/// Bytes from the method to the empty line's end. 0 before the head has arrived.
static inline size_t sr_mhd_head_length(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? 0 : info->header_size;
}

static ssize_t sr_mhd_nothing(void *context, uint64_t position, char *room, size_t length) {
    (void)context, (void)position, (void)room, (void)length;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/// An answer without a body and without a Content-Length, for 304: that length would have to be what 200 would have had (RFC
/// 9110, 8.6). The library leaves it out only where it takes the length for unknown and may not send chunks; it then closes the
/// connection after the answer.
static inline struct MHD_Response *sr_mhd_response_without_length(
    void *context, MHD_ContentReaderFreeCallback release) {
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 64, sr_mhd_nothing, context, release);
    if (response != NULL) MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return response;
}

enum { sr_mhd_header_lines_capacity = 1024 };

/// Adds a header whose value is `length` bytes of `text`, at most the capacity above; they may go on with further
/// header lines. The library copies and checks each header one by one, with three allocations, which for the six of an
/// answer is a tenth of a request's cost; and it refuses line ends in a value. So it copies a filler of that length,
/// and its copy, which it keeps on the heap until the response is destroyed and only ever copies out, is overwritten.
/// The caller has checked the text. 1 on success, 0 on failure.
static inline int sr_mhd_add_header_lines(
    struct MHD_Response *response, const char *name, const void *text, size_t length) {
    char filler[sr_mhd_header_lines_capacity + 1];
    if (length == 0 || length > sr_mhd_header_lines_capacity) return 0;
    memset(filler, 'x', length);
    filler[length] = 0;
    if (MHD_add_response_header(response, name, filler) != MHD_YES) return 0;
    const char *copy = MHD_get_response_header(response, name);
    if (copy == NULL || copy == filler || strlen(copy) != length) return 0;
    memcpy((char *)(uintptr_t)copy, text, length);
    return 1;
}

/// The status of an answer of the library's own, from what it tells its log before it sends that.
static inline unsigned int sr_mhd_error_status(va_list arguments) { return va_arg(arguments, unsigned int); }

/// Headers, cookies and arguments that the library made a record of in the connection's memory, each on its own.
static inline int sr_mhd_record_count(struct MHD_Connection *connection) {
    return MHD_get_connection_values_n(
        connection, (enum MHD_ValueKind)(MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND), NULL, NULL);
}

static inline void sr_mhd_set_timeout(struct MHD_Connection *connection, unsigned int seconds) {
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

#endif
