/* What a build says of itself. */
#ifndef STRONGROOM_BUILD_INFORMATION_H
#define STRONGROOM_BUILD_INFORMATION_H

/* The source's revision, as STRONGROOM_REVISION named it when this was built; empty where it did not. */
extern const char *const strongroom_build_revision;

#endif
