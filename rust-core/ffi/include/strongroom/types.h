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
    uint32_t reserved;            /* 44 +4: 0 */
} sr_key_description_t;

/* 24 bytes. */
typedef struct {
    uint64_t capacity;   /* 0 +8: bytes */
    uint64_t used;       /* 8 +8: bytes */
    uint32_t protection; /* 16 +4: SR_PROTECTION_* */
    uint32_t reserved;   /* 20 +4: 0 */
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

/*
 * 112 bytes. One item of a batch. Offsets count from the start of the batch's one input, or one output. `reencrypt`
 * decrypts under `key` and encrypts under `target`; `data_key` makes `data_key_bytes` random bytes, encrypts them to
 * the output, and puts the plaintext at the second output unless its capacity is 0. Output ranges ascend and do not
 * overlap, in the order of the items, and within an item the output before the second output. Members that an operation
 * does not use are ignored.
 */
typedef struct {
    sr_key_t key;                        /* 0 +8 */
    sr_key_t target;                     /* 8 +8 */
    uint64_t input_offset;               /* 16 +8 */
    uint64_t input_length;               /* 24 +8 */
    uint64_t associated_data_offset;     /* 32 +8 */
    uint64_t associated_data_length;     /* 40 +8 */
    uint64_t new_associated_data_offset; /* 48 +8 */
    uint64_t new_associated_data_length; /* 56 +8 */
    uint64_t output_offset;              /* 64 +8 */
    uint64_t output_capacity;            /* 72 +8 */
    uint64_t second_output_offset;       /* 80 +8 */
    uint64_t second_output_capacity;     /* 88 +8 */
    uint32_t data_key_bytes;             /* 96 +4 */
    uint32_t code;                       /* 100 +4: out: the item's own status */
    uint64_t output_length;              /* 104 +8: out: bytes written to the output; with BUFFER_TOO_SMALL what the
                                            output, or if that has room the second output, needs */
} sr_batch_item_t;

#endif
