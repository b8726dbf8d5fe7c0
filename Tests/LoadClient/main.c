// Load for a server on this machine: busy keep-alive connections that repeat one request, idle ones beside them, every
// answer checked, and one line of JSON at the end. A process of its own, because server and clients together need more
// descriptors than one process may have. Connects to 127.0.0.1 only, and ends by itself.
//
// `--any-status` takes every answer, counts those that are not the expected one, and connects again where the server closes:
// an attacker's way. `--record FILE` writes each answer's start, seconds and status as doubles, by the monotonic clock. With
// `--pace MICROSECONDS` each connection asks so often, and not as soon as it can; a late answer's time counts from when its
// request was due.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 20000, MAX_BODY = 64 << 20, HEAD_ROOM = 8192, BATCH = 512 };

struct options {
    int port;
    int connections;
    int idle;
    double seconds;
    uint64_t count;
    int status;
    bool allow_close;
    bool any_status;
    double pace;
    FILE *record;
    const char *method;
    const char *path;
    char headers[4096];
    char *body;
    size_t body_length;
};

struct connection {
    int descriptor;
    bool busy;
    size_t sent;
    // Of the answer: its head as far as it has arrived, then the bytes of the body that are missing.
    char head[HEAD_ROOM];
    size_t head_length;
    bool in_body;
    bool closing;
    uint64_t body_left;
    int status;
    uint64_t answers;
    double asked;
    // With a pace: when the next request is due, and whether that is still to come.
    double due;
    bool resting;
};

static struct options options;
static char *request;
static size_t request_length;
static int poller;
static struct connection *connections;
static int open_busy;
static uint64_t started, answered, others, errors, closed, idle_closed, bytes;
static double longest_wait;
static bool stopping;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "LoadClient: %s\n", what);
    exit(2);
}

static long number(const char *text, long least, long most) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || *text == 0 || *end != 0 || value < least || value > most) fail("a number is out of range");
    return value;
}

static void read_body(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail("cannot open the body's file");
    options.body = malloc(MAX_BODY);
    if (options.body == NULL) fail("out of memory");
    options.body_length = fread(options.body, 1, MAX_BODY, file);
    fclose(file);
}

static void parse(int count, char **arguments) {
    options.connections = 1;
    options.seconds = 1;
    options.status = 200;
    options.method = "GET";
    options.path = "/";
    for (int index = 1; index < count; index++) {
        const char *name = arguments[index];
        if (strcmp(name, "--allow-close") == 0) {
            options.allow_close = true;
            continue;
        }
        if (strcmp(name, "--any-status") == 0) {
            options.any_status = true;
            continue;
        }
        if (index + 1 >= count) fail("an option without its value");
        char *value = arguments[++index];
        if (strcmp(name, "--port") == 0) {
            options.port = (int)number(value, 1, 65535);
        } else if (strcmp(name, "--connections") == 0) {
            options.connections = (int)number(value, 0, MAX_CONNECTIONS);
        } else if (strcmp(name, "--idle") == 0) {
            options.idle = (int)number(value, 0, MAX_CONNECTIONS);
        } else if (strcmp(name, "--milliseconds") == 0) {
            options.seconds = (double)number(value, 1, 600000) / 1000;
        } else if (strcmp(name, "--count") == 0) {
            options.count = (uint64_t)number(value, 1, 1000000000);
        } else if (strcmp(name, "--status") == 0) {
            options.status = (int)number(value, 200, 599);
        } else if (strcmp(name, "--method") == 0) {
            options.method = value;
        } else if (strcmp(name, "--path") == 0) {
            options.path = value;
        } else if (strcmp(name, "--body") == 0) {
            options.body = value;
            options.body_length = strlen(value);
        } else if (strcmp(name, "--body-file") == 0) {
            read_body(value);
        } else if (strcmp(name, "--pace") == 0) {
            options.pace = (double)number(value, 1, 60000000) / 1e6;
        } else if (strcmp(name, "--record") == 0) {
            options.record = fopen(value, "wb");
            if (options.record == NULL) fail("cannot open the record's file");
        } else if (strcmp(name, "--header") == 0) {
            size_t used = strlen(options.headers);
            int length = snprintf(options.headers + used, sizeof options.headers - used, "%s\r\n", value);
            if (length < 0 || (size_t)length >= sizeof options.headers - used) fail("too many headers");
        } else {
            fail("unknown option");
        }
    }
    if (options.port == 0) fail("--port is missing");
    if (options.connections + options.idle > MAX_CONNECTIONS) fail("too many connections");
}

static void compose(void) {
    size_t room = strlen(options.method) + strlen(options.path) + strlen(options.headers) + 128;
    request = malloc(room + options.body_length);
    if (request == NULL) fail("out of memory");
    int length = snprintf(
        request, room, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s", options.method, options.path, options.headers);
    if (options.body != NULL) {
        length += snprintf(request + length, room - (size_t)length, "Content-Length: %zu\r\n", options.body_length);
    }
    length += snprintf(request + length, room - (size_t)length, "\r\n");
    memcpy(request + length, options.body == NULL ? "" : options.body, options.body_length);
    request_length = (size_t)length + options.body_length;
}

static void connect_one(struct connection *connection, bool busy) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->descriptor < 0) fail("no descriptor for a socket");
    if (connect(connection->descriptor, (struct sockaddr *)&address, sizeof address) != 0) fail("cannot connect");
    int on = 1;
    setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection->descriptor, F_SETFL, O_NONBLOCK);
    connection->busy = busy;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->descriptor, &event) != 0) fail("epoll_ctl");
}

static void drop(struct connection *connection) {
    close(connection->descriptor);
    connection->descriptor = -1;
    if (connection->busy) open_busy--;
}

static void ask(struct connection *connection);

// Connects in place of a connection that was closed, and asks again.
static void again(struct connection *connection) {
    double due = connection->due;
    close(connection->descriptor);
    memset(connection, 0, sizeof *connection);
    connection->due = due;
    connect_one(connection, true);
    ask(connection);
}

static void want(struct connection *connection, bool writing) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | (writing ? EPOLLOUT : 0), .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_MOD, connection->descriptor, &event);
}

// The connection is gone. Before an answer has begun that is the server's right when it stops.
static void lost(struct connection *connection) {
    if (options.any_status && !stopping) {
        closed++;
        again(connection);
        return;
    }
    if ((options.allow_close && connection->head_length == 0 && !connection->in_body) || options.any_status) {
        closed++;
    } else {
        errors++;
    }
    drop(connection);
}

static void push(struct connection *connection) {
    size_t before = connection->sent;
    while (connection->sent < request_length) {
        ssize_t length = send(
            connection->descriptor, request + connection->sent, request_length - connection->sent, MSG_NOSIGNAL);
        if (length < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) {
                want(connection, true);
                return;
            }
            // The answer may be there all the same.
            connection->sent = request_length;
            break;
        }
        connection->sent += (size_t)length;
    }
    if (before != 0) want(connection, false);
}

static void ask(struct connection *connection) {
    if (stopping || (options.count != 0 && started >= options.count)) {
        drop(connection);
        return;
    }
    connection->asked = now();
    if (options.pace > 0) {
        if (connection->due == 0) connection->due = connection->asked;
        connection->resting = connection->due > connection->asked;
        if (connection->resting) return;
        connection->asked = connection->due;
        connection->due += options.pace;
    }
    started++;
    connection->sent = 0;
    push(connection);
}

// Asks on connections whose next request is due. Answers the seconds until another one is.
static double ask_due(void) {
    double time = now(), next = 0.02;
    for (int index = 0; index < options.connections; index++) {
        struct connection *connection = &connections[index];
        if (connection->descriptor < 0 || !connection->resting) continue;
        if (stopping || connection->due <= time) {
            ask(connection);
        } else if (connection->due - time < next) {
            next = connection->due - time;
        }
    }
    return next;
}

// Takes the head apart. False when it is none.
static bool take_head(struct connection *connection, size_t length) {
    char *head = connection->head;
    head[length - 1] = 0;
    int status = 0;
    if (sscanf(head, "HTTP/1.1 %3d ", &status) != 1) return false;
    const char *field = strcasestr(head, "\r\nContent-Length: ");
    char *end;
    if (field == NULL) return false;
    connection->body_left = strtoull(field + 18, &end, 10);
    if (*end != '\r' || (status != options.status && !options.any_status)) return false;
    connection->status = status;
    connection->closing = strcasestr(head, "\r\nConnection: close") != NULL;
    return true;
}

static void finish(struct connection *connection) {
    double wait = now() - connection->asked;
    if (wait > longest_wait) longest_wait = wait;
    if (options.record != NULL) {
        double sample[3] = {connection->asked, wait, connection->status};
        fwrite(sample, sizeof sample, 1, options.record);
    }
    answered++;
    if (connection->status != options.status) others++;
    connection->answers++;
    connection->in_body = false;
    connection->head_length = 0;
    // What is answered before it was sent whole is refused, and what follows would be taken for the rest of it.
    if (connection->sent < request_length) connection->closing = true;
    if (connection->closing) {
        closed++;
        if (options.any_status && !stopping) {
            again(connection);
            return;
        }
        if (!options.allow_close && !options.any_status) errors++;
        drop(connection);
        return;
    }
    ask(connection);
}

static void pull(struct connection *connection) {
    static char buffer[262144];
    ssize_t length = recv(connection->descriptor, buffer, sizeof buffer, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (!connection->busy) {
        idle_closed++;
        drop(connection);
        return;
    }
    if (length <= 0) {
        lost(connection);
        return;
    }
    bytes += (uint64_t)length;
    size_t position = 0;
    while (position < (size_t)length) {
        size_t left = (size_t)length - position;
        if (connection->in_body) {
            size_t taken = left < connection->body_left ? left : (size_t)connection->body_left;
            connection->body_left -= taken;
            position += taken;
        } else {
            // Copied byte by byte up to the empty line; heads are short.
            while (position < (size_t)length && connection->head_length < HEAD_ROOM) {
                connection->head[connection->head_length++] = buffer[position++];
                size_t filled = connection->head_length;
                if (filled >= 4 && memcmp(connection->head + filled - 4, "\r\n\r\n", 4) == 0) {
                    if (!take_head(connection, filled)) {
                        errors++;
                        drop(connection);
                        return;
                    }
                    connection->in_body = true;
                    break;
                }
            }
            if (!connection->in_body && connection->head_length == HEAD_ROOM) {
                errors++;
                drop(connection);
                return;
            }
        }
        if (connection->in_body && connection->body_left == 0) {
            if (position != (size_t)length) errors++;
            finish(connection);
            return;
        }
    }
}

int main(int count, char **arguments) {
    parse(count, arguments);
    compose();
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    int total = options.connections + options.idle;
    connections = calloc((size_t)(total > 0 ? total : 1), sizeof *connections);
    if (poller < 0 || connections == NULL) fail("out of memory");
    for (int index = 0; index < total; index++) connect_one(&connections[index], index < options.connections);
    open_busy = options.connections;
    fputs("ready\n", stderr);

    double began = now();
    double end = began + options.seconds;
    // A count has a time to keep to as well.
    if (options.count != 0) end = began + 600;
    for (int index = 0; index < options.connections; index++) ask(&connections[index]);
    while (true) {
        double time = now();
        if (!stopping && time >= end) stopping = true;
        // Answers under way get a while to come in.
        if (stopping && time >= end + 10) break;
        if (options.connections > 0 ? open_busy == 0 : stopping) break;
        struct epoll_event events[BATCH];
        struct timespec timeout = {.tv_nsec = 20000000};
        if (options.pace > 0) timeout.tv_nsec = (long)(ask_due() * 1e9);
        int ready = epoll_pwait2(poller, events, BATCH, &timeout, NULL);
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (connection->descriptor >= 0 && (events[index].events & EPOLLOUT) != 0) push(connection);
            if (connection->descriptor >= 0 && (events[index].events & ~(uint32_t)EPOLLOUT) != 0) pull(connection);
        }
    }
    double seconds = now() - began;
    uint64_t fewest = UINT64_MAX;
    uint64_t unanswered = 0;
    for (int index = 0; index < options.connections; index++) {
        if (connections[index].answers < fewest) fewest = connections[index].answers;
        if (connections[index].descriptor >= 0) unanswered++;
    }
    if (options.connections == 0) fewest = 0;
    printf(
        "{\"requests\": %llu, \"errors\": %llu, \"seconds\": %.3f, \"max_gap_ms\": %.1f, \"fewest\": %llu, "
        "\"unanswered\": %llu, \"others\": %llu, \"closed\": %llu, \"idle_closed\": %llu, \"bytes\": %llu}\n",
        (unsigned long long)answered, (unsigned long long)errors, seconds, longest_wait * 1000,
        (unsigned long long)fewest, (unsigned long long)unanswered, (unsigned long long)others, (unsigned long long)closed,
        (unsigned long long)idle_closed, (unsigned long long)bytes);
    if (options.record != NULL && fclose(options.record) != 0) fail("cannot write the record's file");
    return errors == 0 && unanswered == 0 ? 0 : 1;
}
