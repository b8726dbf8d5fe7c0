#include "clibfuzzer.h"

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*target)(const uint8_t *data, size_t length));

int fuzz(int argc, char **argv, int (*target)(const uint8_t *data, size_t length)) {
    return LLVMFuzzerRunDriver(&argc, &argv, target);
}
