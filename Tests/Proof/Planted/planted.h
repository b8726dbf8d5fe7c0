/* The planted faults of a core that was built with fault-injection (rust-core/ffi/src/planted.rs). */
#include "../../../rust-core/ffi/include/strongroom_core.h"

uint32_t sr_test_fault(uint32_t kind, sr_buffer_t out, sr_error_t *error);
