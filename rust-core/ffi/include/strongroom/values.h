/* Kinds, algorithms, sets of bits, and bounds: append-only. Part of strongroom_core.h, and included by it alone. */
#ifndef STRONGROOM_VALUES_H
#define STRONGROOM_VALUES_H

/* Kinds of handle: the top 8 bits of a handle. Then 24 bits of slot and 32 of generation; zero is never valid. */
#define SR_KIND_ROOT 1u
#define SR_KIND_KEY 2u
#define SR_KIND_UNSEAL_KEY 3u
#define SR_KIND_SHARES 4u

/* Algorithms: append-only. */
#define SR_ALGORITHM_AES_256_GCM 1u
#define SR_ALGORITHM_XAES_256_GCM 2u
#define SR_ALGORITHM_AES_128_GCM 3u
#define SR_ALGORITHM_CHACHA20_POLY1305 4u
#define SR_ALGORITHM_ED25519 5u
#define SR_ALGORITHM_ECDSA_P256 6u
#define SR_ALGORITHM_ECDSA_P384 7u
#define SR_ALGORITHM_ECDSA_P521 8u
#define SR_ALGORITHM_ECDSA_SECP256K1 9u
#define SR_ALGORITHM_RSA_2048 10u
#define SR_ALGORITHM_RSA_3072 11u
#define SR_ALGORITHM_RSA_4096 12u
#define SR_ALGORITHM_HMAC_SHA224 13u
#define SR_ALGORITHM_HMAC_SHA256 14u
#define SR_ALGORITHM_HMAC_SHA384 15u
#define SR_ALGORITHM_HMAC_SHA512 16u
#define SR_ALGORITHM_AES_256_CMAC 17u
#define SR_ALGORITHM_ECDH_P256 18u
#define SR_ALGORITHM_ECDH_P384 19u
#define SR_ALGORITHM_ECDH_P521 20u
#define SR_ALGORITHM_X25519 21u
#define SR_ALGORITHM_HKDF_SHA256 22u
#define SR_ALGORITHM_AES_256_KWP 23u
#define SR_ALGORITHM_ML_DSA_44 24u
#define SR_ALGORITHM_ML_DSA_65 25u
#define SR_ALGORITHM_ML_DSA_87 26u

/* What a key may be used for, sealed into it: a set of bits. */
#define SR_USAGE_ENCRYPT 0x00000001u
#define SR_USAGE_DECRYPT 0x00000002u
#define SR_USAGE_SIGN 0x00000004u
#define SR_USAGE_VERIFY 0x00000008u
#define SR_USAGE_MAC 0x00000010u
#define SR_USAGE_VERIFY_MAC 0x00000020u
#define SR_USAGE_WRAP 0x00000040u
#define SR_USAGE_UNWRAP 0x00000080u
#define SR_USAGE_DERIVE 0x00000100u
#define SR_USAGE_AGREE 0x00000200u

/* Properties sealed into a key: a set of bits. */
#define SR_FLAG_EXPORTABLE 0x00000001u
#define SR_FLAG_DERIVED 0x00000002u
#define SR_FLAG_CONVERGENT 0x00000004u
#define SR_FLAG_IMPORTED 0x00000008u

/* Hashes. */
#define SR_HASH_SHA1 1u
#define SR_HASH_SHA224 2u
#define SR_HASH_SHA256 3u
#define SR_HASH_SHA384 4u
#define SR_HASH_SHA512 5u
#define SR_HASH_SHA3_224 6u
#define SR_HASH_SHA3_256 7u
#define SR_HASH_SHA3_384 8u
#define SR_HASH_SHA3_512 9u

/* Signature schemes, the encodings of ECDSA, and lengths of PSS's salt that are no number of bytes. */
#define SR_SIGNATURE_ED25519 1u
#define SR_SIGNATURE_ED25519PH 2u
#define SR_SIGNATURE_ECDSA 3u
#define SR_SIGNATURE_RSA_PSS 4u
#define SR_SIGNATURE_RSA_PKCS1 5u
#define SR_SIGNATURE_ML_DSA 6u
#define SR_ENCODING_DER 1u
#define SR_ENCODING_P1363 2u
#define SR_SALT_AUTO 0xFFFFFFFFu
#define SR_SALT_DIGEST 0xFFFFFFFEu

/* Algorithms of JSON Web Signatures (RFC 7518, 3.1; RFC 8037): append-only. */
#define SR_JWS_RS256 1u
#define SR_JWS_RS384 2u
#define SR_JWS_RS512 3u
#define SR_JWS_PS256 4u
#define SR_JWS_PS384 5u
#define SR_JWS_PS512 6u
#define SR_JWS_ES256 7u
#define SR_JWS_ES384 8u
#define SR_JWS_ES512 9u
#define SR_JWS_EDDSA 10u

/* How key material is wrapped; the forms of a public key; how an import is wrapped. */
#define SR_WRAP_KWP 1u
#define SR_WRAP_KW 2u
#define SR_PUBLIC_KEY_DER 1u
#define SR_PUBLIC_KEY_PEM 2u
#define SR_PUBLIC_KEY_JWK 3u
#define SR_PUBLIC_KEY_RAW 4u
#define SR_IMPORT_OAEP_KWP 1u
#define SR_IMPORT_OAEP 2u

/* Batch operations. */
#define SR_BATCH_ENCRYPT 1u
#define SR_BATCH_DECRYPT 2u
#define SR_BATCH_REENCRYPT 3u
#define SR_BATCH_DATA_KEY 4u
#define SR_BATCH_SIGN 5u
#define SR_BATCH_VERIFY 6u
#define SR_BATCH_MAC 7u
#define SR_BATCH_VERIFY_MAC 8u
#define SR_BATCH_DERIVE 9u
#define SR_BATCH_AGREE 10u
#define SR_BATCH_ENCRYPT_OAEP 11u
#define SR_BATCH_DECRYPT_OAEP 12u
#define SR_BATCH_WRAP 13u
#define SR_BATCH_UNWRAP 14u
#define SR_BATCH_DATA_KEY_PAIR 15u
#define SR_BATCH_ITEMS_MAX 1000u

/* How secret memory is protected. */
#define SR_PROTECTION_MEMFD_SECRET 1u
#define SR_PROTECTION_MLOCK 2u

/* Ways to unseal a root key. */
#define SR_UNSEAL_FILE 1u
#define SR_UNSEAL_PASSPHRASE 2u
#define SR_UNSEAL_SHARES 3u

/* Features: a set of bits. */
#define SR_FEATURE_EXPORT 0x1ULL
#define SR_FEATURE_LEGACY_ALGORITHMS 0x2ULL
#define SR_FEATURE_FAULT_INJECTION 0x4ULL

/* The most failures that the diagnostics keep. */
#define SR_DIAGNOSTICS_MAX 4096u

#define SR_KEY_ID_BYTES 16u
#define SR_ROOT_IDENTITY_BYTES 16u
#define SR_TOKEN_MAC_BYTES 32u
#define SR_RECORD_MAC_BYTES 32u
#define SR_AUDIT_MAC_BYTES 32u
#define SR_SEALED_KEY_MAX_BYTES 5208u
#define SR_RANDOM_MAX_BYTES 65536u
#define SR_DATA_KEY_MIN_BYTES 16u
#define SR_DATA_KEY_MAX_BYTES 512u
/* The longest plaintext of one operation: 32 MiB. */
#define SR_PLAINTEXT_MAX_BYTES 33554432ULL
#define SR_DERIVED_MAX_BYTES 8160u
#define SR_WRAP_MAX_BYTES 65536u
#define SR_PRIVATE_KEY_MAX_BYTES 5184u
#define SR_PUBLIC_KEY_MAX_BYTES 4096u
#define SR_EXPORT_MAX_BYTES 6224u
#define SR_BACKUP_METADATA_MAX_BYTES 65536u
#define SR_PASSPHRASE_MIN_BYTES 12u
#define SR_PASSPHRASE_MAX_BYTES 1024u
#define SR_SCRYPT_COST_MIN 14u
#define SR_SCRYPT_COST_MAX 20u
#define SR_SHARES_MIN 2u
#define SR_SHARES_MAX 32u
#define SR_SHARE_TEXT_BYTES 81u
#define SR_WRAPPED_ROOT_MAX_BYTES 1678u

#endif
