/* Counts what the calling thread allocates. For the program that links it only: it takes the place of the C library's malloc. */
#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H
#include <stddef.h>

/* How many times this thread has asked for memory since it began. */
size_t allocation_count(void);

#endif
