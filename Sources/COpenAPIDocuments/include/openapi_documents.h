/* The OpenAPI documents of openapi/ and the page that shows them, as they were when this was compiled. */
#ifndef OPENAPI_DOCUMENTS_H
#define OPENAPI_DOCUMENTS_H
#include <stddef.h>

/* Bytes that live as long as the process. */
typedef struct openapi_file {
    const unsigned char *start;
    size_t length;
} openapi_file;

openapi_file openapi_strongroom_json(void);

/* A file of openapi/docs by its name; a null start where there is none. */
openapi_file openapi_docs_file(const char *name);

#endif
