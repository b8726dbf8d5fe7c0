/* Embeds the documents themselves, so that the binary serves and checks against exactly what is in the tree. */
#include "openapi_documents.h"

const unsigned char openapi_strongroom_json[] = {
#embed "../../openapi/strongroom.json"
};
const size_t openapi_strongroom_json_length = sizeof openapi_strongroom_json;
