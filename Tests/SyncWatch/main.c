/*
 * Runs a program, notes which files it syncs, and has the kernel answer that a sync failed:
 * SyncWatch FOLDER PROGRAM [ARGUMENT...]. FOLDER/log gets a line for each fsync and fdatasync before it is made: its number,
 * from 1, and the file's path. The call waits while FOLDER/hold exists. It fails with EIO where FOLDER/fail has its number or a
 * part of its path.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *step) {
    fprintf(stderr, "SyncWatch: %s: %s\n", step, strerror(errno));
    return 70;
}

/* Has fsync and fdatasync of this process wait for what is read from the descriptor that this returns. */
static int install_filter(void) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fdatasync, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -1;
    }
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* One descriptor in one message of one byte. */
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
};

static int send_descriptor(int socket, int descriptor) {
    char byte = 0;
    union control control;
    memset(&control, 0, sizeof control);
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

static int receive_descriptor(int socket) {
    char byte;
    union control control;
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) {
        return -1;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int descriptor = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
        memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    }
    return descriptor;
}

/* Whether the call with this number, of the file at this path, is one that is to fail. */
static int is_to_fail(const char *folder, long number, const char *path) {
    char name[4096], wanted[4096] = {0};
    snprintf(name, sizeof name, "%s/fail", folder);
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    ssize_t length = read(file, wanted, sizeof wanted - 1);
    close(file);
    if (length <= 0) {
        return 0;
    }
    char *end;
    long wanted_number = strtol(wanted, &end, 10);
    return *end == 0 ? wanted_number == number : strstr(path, wanted) != NULL;
}

static int watch(int listener, const char *folder) {
    char log_name[4096], hold_name[4096];
    snprintf(log_name, sizeof log_name, "%s/log", folder);
    snprintf(hold_name, sizeof hold_name, "%s/hold", folder);
    int log = open(log_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) {
        return 1;
    }
    /* As long as any kernel's are. */
    static union {
        struct seccomp_notif request;
        char room[1024];
    } asked;
    static union {
        struct seccomp_notif_resp response;
        char room[1024];
    } told;
    for (long number = 1;; number++) {
        struct pollfd polled = {.fd = listener, .events = POLLIN};
        if (poll(&polled, 1, -1) < 0 && errno != EINTR) {
            return 1;
        }
        if (polled.revents & (POLLHUP | POLLERR)) {
            return 0; /* The program has ended. */
        }
        memset(&asked, 0, sizeof asked);
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
            number--;
            continue;
        }
        char link[64], path[4096] = "?", line[4200];
        snprintf(link, sizeof link, "/proc/%u/fd/%d", asked.request.pid, (int)asked.request.data.args[0]);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length > 0) {
            path[length] = 0;
        }
        int count = snprintf(line, sizeof line, "%ld %s\n", number, path);
        if (write(log, line, (size_t)count) != count) {
            return 1;
        }
        while (access(hold_name, F_OK) == 0) {
            usleep(2000);
        }
        memset(&told, 0, sizeof told);
        told.response.id = asked.request.id;
        if (is_to_fail(folder, number, path)) {
            told.response.error = -EIO;
        } else {
            told.response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        }
        /* It may have been killed meanwhile. */
        (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &told);
    }
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "SyncWatch FOLDER PROGRAM [ARGUMENT...]\n");
        return 64;
    }
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return fail("socketpair");
    }
    /* This process becomes the program, so that signals and its exit status are the program's. Who watches is no child of it. */
    pid_t child = fork();
    if (child < 0) {
        return fail("fork");
    }
    if (child == 0) {
        if (fork() == 0) {
            close(ends[0]);
            int listener = receive_descriptor(ends[1]);
            int nothing = open("/dev/null", O_RDWR);
            for (int descriptor = 0; descriptor < 3; descriptor++) {
                dup2(nothing, descriptor);
            }
            _exit(listener < 0 ? 1 : watch(listener, arguments[1]));
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
    close(ends[1]);
    int listener = install_filter();
    if (listener < 0 || send_descriptor(ends[0], listener) != 0) {
        return fail("seccomp");
    }
    close(listener);
    close(ends[0]);
    execv(arguments[2], arguments + 2);
    return fail(arguments[2]);
}
