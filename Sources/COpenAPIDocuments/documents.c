/* Embeds the documents themselves, so that the binary serves and checks against exactly what is in the tree. */
#include "openapi_documents.h"

#include <string.h>

static const unsigned char strongroom_json[] = {
#embed "../../openapi/strongroom.json"
};

static const unsigned char page_html[] = {
#embed "../../openapi/docs/page.html"
};
static const unsigned char page_css[] = {
#embed "../../openapi/docs/page.css"
};
static const unsigned char page_js[] = {
#embed "../../openapi/docs/page.js"
};
static const unsigned char request_js[] = {
#embed "../../openapi/docs/request.js"
};
static const unsigned char schema_js[] = {
#embed "../../openapi/docs/schema.js"
};

openapi_file openapi_strongroom_json(void) { return (openapi_file){strongroom_json, sizeof strongroom_json}; }

openapi_file openapi_docs_file(const char *name) {
    if (strcmp(name, "page.html") == 0) return (openapi_file){page_html, sizeof page_html};
    if (strcmp(name, "page.css") == 0) return (openapi_file){page_css, sizeof page_css};
    if (strcmp(name, "page.js") == 0) return (openapi_file){page_js, sizeof page_js};
    if (strcmp(name, "request.js") == 0) return (openapi_file){request_js, sizeof request_js};
    if (strcmp(name, "schema.js") == 0) return (openapi_file){schema_js, sizeof schema_js};
    return (openapi_file){NULL, 0};
}
