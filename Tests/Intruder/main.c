/*
 * Makes a thread of another process issue one system call, as code that an attacker got into it would:
 * Intruder PID NUMBER [ARGUMENT...], where an argument is a number, or s:TEXT for the address of a text in the process. Prints
 * what the call answered, or "killed" where the process did not live to tell. x86-64.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *step) {
    fprintf(stderr, "%s: %s\n", step, strerror(errno));
    return 2;
}

#if defined(__x86_64__)
int main(int count, char **arguments) {
    if (count < 3 || count > 9) {
        fprintf(stderr, "Intruder PID NUMBER [ARGUMENT...]\n");
        return 64;
    }
    pid_t process = atoi(arguments[1]);
    int status = 0;
    if (ptrace(PTRACE_SEIZE, process, NULL, NULL) != 0) {
        return fail("seize");
    }
    struct user_regs_struct before, during;
    /* Until it waits in a system call, whose instruction is then behind it: a service that has just started may be on its way there. */
    for (int attempt = 0;; attempt++) {
        if (ptrace(PTRACE_INTERRUPT, process, NULL, NULL) != 0 || waitpid(process, &status, __WALL) != process) {
            return fail("interrupt");
        }
        if (ptrace(PTRACE_GETREGS, process, NULL, &before) != 0) {
            return fail("registers");
        }
        long code = ptrace(PTRACE_PEEKTEXT, process, (void *)(before.rip - 2), NULL);
        if ((code & 0xFFFF) == 0x050F && (long long)before.orig_rax >= 0) {
            break;
        }
        if (attempt == 1000 || ptrace(PTRACE_CONT, process, NULL, NULL) != 0) {
            fprintf(stderr, "it does not wait in a system call\n");
            return 2;
        }
        usleep(10000);
    }
    during = before;
    during.rip -= 2;
    during.rax = strtoull(arguments[2], NULL, 0);
    during.orig_rax = (unsigned long long)-1;
    unsigned long long *registers[] = {&during.rdi, &during.rsi, &during.rdx, &during.r10, &during.r8, &during.r9};
    /* Far below what the thread uses of its stack. */
    unsigned long long room = before.rsp - 16384;
    for (int index = 3; index < count; index++) {
        const char *text = arguments[index];
        if (strncmp(text, "s:", 2) != 0) {
            *registers[index - 3] = strtoull(text, NULL, 0);
            continue;
        }
        size_t length = strlen(text + 2) + 1;
        char padded[1024] = {0};
        if (length > sizeof padded) {
            return 64;
        }
        memcpy(padded, text + 2, length);
        for (size_t at = 0; at < length; at += sizeof(long)) {
            long word;
            memcpy(&word, padded + at, sizeof word);
            if (ptrace(PTRACE_POKEDATA, process, (void *)(room + at), (void *)word) != 0) {
                return fail("write");
            }
        }
        *registers[index - 3] = room;
        room += 1024;
    }
    if (ptrace(PTRACE_SETREGS, process, NULL, &during) != 0 || ptrace(PTRACE_SINGLESTEP, process, NULL, NULL) != 0) {
        return fail("step");
    }
    if (waitpid(process, &status, __WALL) != process) {
        return fail("wait");
    }
    if (WIFSIGNALED(status) || WIFEXITED(status)) {
        printf("killed\n");
        return 0;
    }
    struct user_regs_struct after;
    if (ptrace(PTRACE_GETREGS, process, NULL, &after) != 0) {
        printf("killed\n");
        return 0;
    }
    printf("%lld\n", (long long)after.rax);
    fflush(stdout);
    ptrace(PTRACE_SETREGS, process, NULL, &before);
    ptrace(PTRACE_DETACH, process, NULL, NULL);
    return 0;
}
#else
int main(void) {
    fprintf(stderr, "only on x86-64\n");
    return 69;
}
#endif
