/* The structs, each field with its offset and bytes. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_TYPES_H
#define STRONGROOM_TYPES_H

typedef struct {
    uint64_t bits; /* 0 +8: kind, slot, generation */
} sr_root_t;

typedef struct {
    uint64_t bits; /* 0 +8: kind, slot, generation */
} sr_key_t;

typedef struct {
    uint64_t bits; /* 0 +8: kind, slot, generation */
} sr_unseal_key_t;

typedef struct {
    uint64_t bits; /* 0 +8: kind, slot, generation */
} sr_shares_t;

/* 16 bytes. How far collecting shares is. */
typedef struct {
    uint32_t index;     /* 0 +4: the share that was given, from 1 */
    uint32_t have;      /* 4 +4: how many different ones were given */
    uint32_t threshold; /* 8 +4: how many are needed */
    uint32_t reserved;  /* 12 +4: 0 */
} sr_share_progress_t;

/* 16 bytes. How a root key is unsealed. */
typedef struct {
    uint32_t method;    /* 0 +4: SR_UNSEAL_* */
    uint32_t threshold; /* 4 +4: shares that are needed, 0 where there are none */
    uint32_t count;     /* 8 +4: shares there are, 0 where there are none */
    uint32_t cost;      /* 12 +4: the base-2 logarithm of scrypt's N, 0 where there is no passphrase */
} sr_root_method_t;

/* 16 bytes. Bytes the core reads during the call and never keeps. */
typedef struct {
    const uint8_t *data; /* 0 +8 */
    size_t length;       /* 8 +8 */
} sr_bytes_t;

/* 24 bytes. Room the core writes to. */
typedef struct {
    uint8_t *data;   /* 0 +8 */
    size_t capacity; /* 8 +8 */
    size_t *length;  /* 16 +8: receives the bytes written or, when there is too little room, needed */
} sr_buffer_t;

/* 128 bytes. How a call ended. */
typedef struct {
    uint32_t code;       /* 0 +4: the status */
    uint32_t operation;  /* 4 +4: the function's number in abi/manifest.txt */
    uint32_t argument;   /* 8 +4: which parameter is to blame, from 1; 0 for none */
    uint32_t reserved;   /* 12 +4: 0 */
    uint64_t numbers[2]; /* 16 +16: 0 unless the function or code says otherwise; with BUFFER_TOO_SMALL the bytes
                            needed and the bytes there were; with PANIC the line and column of the core's source */
    char text[96];       /* 32 +96: static, NUL-terminated */
} sr_error_t;

/* 40 bytes. What is sealed into a key version's header, all of it authenticated. */
typedef struct {
    uint8_t key_id[SR_KEY_ID_BYTES]; /* 0 +16: the same in all versions of a key */
    uint32_t version;                /* 16 +4: above 0 */
    uint32_t algorithm;              /* 20 +4: SR_ALGORITHM_* */
    uint32_t usages;                 /* 24 +4: SR_USAGE_* */
    uint32_t flags;                  /* 28 +4: SR_FLAG_* */
    uint64_t created_at;             /* 32 +8: seconds since 1970 */
} sr_key_spec_t;

/* 24 bytes. How a signature is made. Members that a scheme does not use are ignored. */
typedef struct {
    uint32_t scheme;      /* 0 +4: SR_SIGNATURE_* */
    uint32_t hash;        /* 4 +4: SR_HASH_* */
    uint32_t encoding;    /* 8 +4: SR_ENCODING_*; JWS has the bytes of P1363 */
    uint32_t salt_length; /* 12 +4: bytes, SR_SALT_AUTO or SR_SALT_DIGEST */
    uint32_t prehashed;   /* 16 +4: 0 for a message, 1 for its digest */
    uint32_t reserved;    /* 20 +4: 0 */
} sr_signature_scheme_t;

/* 48 bytes. */
typedef struct {
    sr_key_spec_t spec;           /* 0 +40 */
    uint32_t ciphertext_overhead; /* 40 +4: bytes that a ciphertext is longer than its plaintext */
    uint32_t secret_bytes;        /* 44 +4: bytes of secret memory that the key takes */
} sr_key_description_t;

/* 24 bytes. */
typedef struct {
    uint64_t capacity;   /* 0 +8: bytes */
    uint64_t used;       /* 8 +8: bytes */
    uint32_t protection; /* 16 +4: SR_PROTECTION_* */
    uint32_t key_bytes;  /* 20 +4: bytes of it that open keys can take, those that they have taken among them */
} sr_secret_memory_t;

/* 80 bytes. One failure, as the diagnostics keep it. */
typedef struct {
    uint64_t sequence;   /* 0 +8: 1, and one more with each failure that was kept */
    uint64_t time;       /* 8 +8: milliseconds since 1970 */
    uint32_t operation;  /* 16 +4: as in sr_error_t, like the following */
    uint32_t code;       /* 20 +4 */
    uint32_t argument;   /* 24 +4 */
    uint32_t item;       /* 28 +4: which item of a batch it was, from 1; 0 where it was the call */
    uint64_t numbers[2]; /* 32 +16 */
    char function[32];   /* 48 +32: the function's name, NUL-terminated */
} sr_diagnostic_t;

/* 16 bytes. A part of a batch's one input, or one output. */
typedef struct {
    uint64_t offset; /* 0 +8 */
    uint64_t length; /* 8 +8: bytes */
} sr_range_t;

/*
 * 176 bytes. One item of a batch: a call of the function on data that `operation` (SR_BATCH_*) is named after. `key` is its
 * first parameter, and `target` the other key of sr_key_reencrypt. `inputs` are its sr_bytes_t and `outputs` its sr_buffer_t,
 * each in the order of its parameters; an output that it may be called without is left out by a length of 0. `scheme` is that of
 * sr_key_sign and sr_key_verify, `number` the uint32_t of any other. The outputs of all items, as they come, ascend and do
 * not overlap. Members that an operation does not use are ignored.
 */
typedef struct {
    sr_key_t key;                 /* 0 +8 */
    sr_key_t target;              /* 8 +8 */
    sr_range_t inputs[3];         /* 16 +48 */
    sr_range_t outputs[3];        /* 64 +48 */
    uint64_t written[3];          /* 112 +24: out: bytes written to each output; with BUFFER_TOO_SMALL what one of them needs */
    sr_signature_scheme_t scheme; /* 136 +24 */
    uint32_t operation;           /* 160 +4 */
    uint32_t number;              /* 164 +4 */
    uint32_t code;                /* 168 +4: out: the item's own status */
    uint32_t valid;               /* 172 +4: out: 1 for a signature or MAC that is valid, or 0 */
} sr_batch_item_t;

#endif
