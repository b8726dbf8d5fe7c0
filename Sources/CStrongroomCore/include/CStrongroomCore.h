/* The one way in to the core's committed header; nothing is declared here. */
#ifndef CSTRONGROOMCORE_H
#define CSTRONGROOMCORE_H
#include "../../../rust-core/ffi/include/strongroom_core.h"
#endif
