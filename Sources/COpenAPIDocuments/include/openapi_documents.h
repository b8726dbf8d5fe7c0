/* The OpenAPI documents of openapi/, as they were when this was compiled. */
#ifndef OPENAPI_DOCUMENTS_H
#define OPENAPI_DOCUMENTS_H
#include <stddef.h>

extern const unsigned char openapi_strongroom_json[];
extern const size_t openapi_strongroom_json_length;

/* As a pointer: Swift does not see arrays of unknown length. */
static inline const unsigned char *openapi_strongroom_json_start(void) { return openapi_strongroom_json; }

#endif
