/* Commits one planted fault of the core: `planted KIND`. For valgrind, under which nothing is instrumented. */
#include "planted.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    if (count != 2 || sr_start(1 << 20, NULL) != SR_OK) return 65;
    uint8_t *room = malloc(64);
    size_t length = 0;
    sr_buffer_t out = {.data = room, .capacity = 64, .length = &length};
    uint32_t status = sr_test_fault((uint32_t)strtoul(arguments[1], NULL, 10), out, NULL);
    free(room);
    return status == SR_OK ? 0 : 66;
}
