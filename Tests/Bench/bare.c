/*
 * bare PORT BYTES: the least a libmicrohttpd server can do with Strongroom's request: read the POST's body, keep it, answer
 * BYTES fixed bytes. Driven as Strongroom drives it (one loop a core, poll on the epoll descriptor), so that what is measured
 * beside it is the difference in work and nothing else.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *answer;
static size_t answer_length;

struct body {
    char *bytes;
    size_t length;
    size_t capacity;
};

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *length, void **state) {
    (void)context, (void)url, (void)method, (void)version;
    struct body *body = *state;
    if (!body) {
        *state = calloc(1, sizeof *body);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*length) {
        if (body->length + *length > body->capacity) {
            const char *expected = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
            size_t wanted = expected ? strtoul(expected, NULL, 10) : 0;
            body->capacity = wanted > body->length + *length ? wanted : 2 * (body->length + *length);
            char *larger = realloc(body->bytes, body->capacity);
            if (!larger) return MHD_NO;
            body->bytes = larger;
        }
        memcpy(body->bytes + body->length, data, *length);
        body->length += *length;
        *length = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer_length, answer, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static void completed(void *context, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code) {
    (void)context, (void)connection, (void)code;
    struct body *body = *state;
    if (body) free(body->bytes);
    free(body);
    *state = NULL;
}

static void *loop(void *daemon) {
    struct pollfd descriptor = {MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, POLLIN, 0};
    for (;;) {
        MHD_UNSIGNED_LONG_LONG wait;
        int timeout = MHD_get_timeout(daemon, &wait) == MHD_YES && wait < 1000 ? (int)wait : 1000;
        poll(&descriptor, 1, timeout);
        MHD_run(daemon);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    signal(SIGPIPE, SIG_IGN);
    answer_length = strtoul(arguments[2], NULL, 10);
    answer = malloc(answer_length + 1);
    if (!answer) return 1;
    memset(answer, 'x', answer_length);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    for (long core = 0; core < cores; core++) {
        struct MHD_Daemon *daemon = MHD_start_daemon(
            MHD_USE_EPOLL, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address,
            MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)4096,
            MHD_OPTION_CONNECTION_LIMIT, 2000u, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
        pthread_t thread;
        if (!daemon || pthread_create(&thread, NULL, loop, daemon)) return 1;
    }
    pause();
    return 0;
}
