/* The status codes: append-only; a retired number is never used again (abi/retired.txt). Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_STATUS_H
#define STRONGROOM_STATUS_H

#define SR_OK 0u
/* 1xx: arguments */
#define SR_E_NULL_ARGUMENT 100u
#define SR_E_MISALIGNED_ARGUMENT 101u
#define SR_E_LENGTH_OUT_OF_RANGE 102u
#define SR_E_BUFFER_TOO_SMALL 103u
#define SR_E_INVALID_ARGUMENT 104u
#define SR_E_BUFFERS_OVERLAP 105u
#define SR_E_NOT_STARTED 106u
#define SR_E_ALREADY_STARTED 107u
#define SR_E_FORKED 108u
/* 2xx: handles */
#define SR_E_INVALID_HANDLE 200u
#define SR_E_WRONG_KIND 201u
#define SR_E_STALE_HANDLE 202u
#define SR_E_HANDLE_POISONED 203u
#define SR_E_TOO_MANY_REFERENCES 204u
/* 3xx: rights */
#define SR_E_USAGE_NOT_ALLOWED 300u
#define SR_E_NOT_EXPORTABLE 301u
#define SR_E_ROTATION_REQUIRED 302u
#define SR_E_USES_NOT_RESERVED 303u
/* 4xx: data */
#define SR_E_AUTHENTICATION_FAILED 400u
#define SR_E_MALFORMED_CIPHERTEXT 401u
#define SR_E_MESSAGE_TOO_LONG 402u
#define SR_E_DIGEST_LENGTH 403u
#define SR_E_PUBLIC_KEY_INVALID 404u
#define SR_E_KEY_MATERIAL_INVALID 405u
#define SR_E_CONTEXT_MISMATCH 406u
#define SR_E_SCHEME_NOT_OF_KEY 407u
#define SR_E_BACKUP_MALFORMED 408u
#define SR_E_BACKUP_NOT_AUTHENTIC 409u
/* 5xx: sealing, sealed blobs and the root key */
#define SR_E_SEALED_BLOB_MALFORMED 500u
#define SR_E_SEALED_BLOB_NOT_AUTHENTIC 501u
#define SR_E_SEALED_BLOB_NOT_THIS_KEY 502u
#define SR_E_SEALED_BLOB_FORMAT_UNKNOWN 503u
#define SR_E_ROOT_KEY_FILE_MISSING 510u
#define SR_E_ROOT_KEY_FILE_EXISTS 511u
#define SR_E_ROOT_KEY_FILE_PERMISSIONS 512u
#define SR_E_ROOT_KEY_FILE_MALFORMED 513u
#define SR_E_ROOT_KEY_FILE_IO 514u
/* 6xx: resources */
#define SR_E_SECRET_MEMORY_EXHAUSTED 600u
#define SR_E_HANDLE_TABLE_FULL 601u
#define SR_E_OUT_OF_MEMORY 602u
#define SR_E_RANDOM_UNAVAILABLE 603u
/* 7xx: features */
#define SR_E_FEATURE_NOT_BUILT 700u
#define SR_E_ALGORITHM_UNAVAILABLE 701u
#define SR_E_FEATURE_NOT_ALLOWED 702u
/* 9xx: internal */
#define SR_E_INTERNAL 900u
#define SR_E_PANIC 901u
#define SR_E_CRYPTO_LIBRARY 902u

#endif
