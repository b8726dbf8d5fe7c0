/* libFuzzer's entry, for one of the core's targets: -DTARGET=fuzz_handles. */
#include <stddef.h>
#include <stdint.h>

int TARGET(const uint8_t *data, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) { return TARGET(data, length); }
