/* libFuzzer, from a program that has a main of its own. */
#ifndef CLIBFUZZER_H
#define CLIBFUZZER_H
#include <stddef.h>
#include <stdint.h>

/* Runs `target` on one input after the other, as the arguments say; gives the exit status. A failure ends the process. */
int fuzz(int argc, char **argv, int (*target)(const uint8_t *data, size_t length));
#endif
