/* What a build says of itself: see build_information.h. */
#include "build_information.h"

const char *const strongroom_build_revision = STRONGROOM_REVISION;
