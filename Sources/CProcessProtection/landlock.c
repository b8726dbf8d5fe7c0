/*
 * Landlock (Linux 5.13 and later), by its system calls: the C library has none of them. Debian 12's header ends with the second
 * version of the interface, so what came later stands here.
 */
#define _GNU_SOURCE
#include "cprocessprotection.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FILES_FIRST = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1, /* the thirteen rights of version 1 */
    FILE_READ = LANDLOCK_ACCESS_FS_READ_FILE,
    FILE_WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE,
    FOLDER_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    FOLDER_WRITE = FOLDER_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK,
};
#define FS_REFER (1ULL << 13)     /* version 2 */
#define FS_TRUNCATE (1ULL << 14)  /* version 3 */
#define NET_BIND_TCP (1ULL << 0)  /* version 4 */
#define NET_CONNECT_TCP (1ULL << 1)
#define FS_IOCTL_DEVICE (1ULL << 15) /* version 5 */
#define SCOPE_ABSTRACT_SOCKETS (1ULL << 0) /* version 6 */
#define SCOPE_SIGNALS (1ULL << 1)
#define RULE_NET_PORT 2

/* The kernel takes as much of it as it knows; the rest must be zero. */
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

struct port_rule {
    uint64_t allowed;
    uint64_t port;
};

static int allow(int ruleset, const cprotection_path *path, uint64_t handled) {
    int file = open(path->path, O_PATH | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    struct stat status;
    bool is_folder = fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
    uint64_t rights = path->writable ? (is_folder ? FOLDER_WRITE | FS_REFER | FS_TRUNCATE : FILE_WRITE | FS_TRUNCATE)
                                     : (is_folder ? FOLDER_READ : FILE_READ);
    struct landlock_path_beneath_attr rule = {.allowed_access = rights & handled, .parent_fd = file};
    int fault = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : errno;
    close(file);
    return fault;
}

static int allow_port(int ruleset, uint64_t right, uint16_t port) {
    struct port_rule rule = {.allowed = right, .port = port};
    return syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) == 0 ? 0 : errno;
}

int cprotection_landlock(
    const cprotection_path *paths, size_t count, uint16_t port, const uint16_t *peers, size_t peer_count) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0) {
        return errno;
    }
    struct ruleset handled = {.files = FILES_FIRST};
    if (version >= 2) {
        handled.files |= FS_REFER;
    }
    if (version >= 3) {
        handled.files |= FS_TRUNCATE;
    }
    if (version >= 4) {
        handled.network = NET_BIND_TCP | NET_CONNECT_TCP;
    }
    if (version >= 5) {
        handled.files |= FS_IOCTL_DEVICE;
    }
    if (version >= 6) {
        handled.scopes = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
    }
    size_t size = version >= 6 ? sizeof handled : version >= 4 ? offsetof(struct ruleset, scopes)
                                                               : offsetof(struct ruleset, network);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (ruleset < 0) {
        return errno;
    }
    int fault = 0;
    for (size_t index = 0; index < count && fault == 0; index++) {
        fault = allow(ruleset, &paths[index], handled.files);
    }
    if (fault == 0 && version >= 4) {
        fault = allow_port(ruleset, NET_BIND_TCP, port);
        for (size_t index = 0; index < peer_count && fault == 0; index++) {
            fault = allow_port(ruleset, NET_CONNECT_TCP, peers[index]);
        }
    }
    if (fault == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
        fault = errno;
    }
    close(ruleset);
    return fault;
}
