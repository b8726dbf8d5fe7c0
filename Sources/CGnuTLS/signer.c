/* Private keys that are not here: GnuTLS asks for signatures, and whoever has the key makes them (see cgnutls.h). */
#include "shared.h"

#include <gnutls/abstract.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any signature of the keys that there are. */
enum { signature_capacity = 1024 };

static int hash_of(gnutls_sign_algorithm_t algorithm) {
    switch (gnutls_sign_get_hash_algorithm(algorithm)) {
    case GNUTLS_DIG_SHA256:
        return 256;
    case GNUTLS_DIG_SHA384:
        return 384;
    case GNUTLS_DIG_SHA512:
        return 512;
    default:
        return 0;
    }
}

static int ask(const ctls_signer *signer, ctls_scheme scheme, int hash, const gnutls_datum_t *input, gnutls_datum_t *signature) {
    unsigned char made[signature_capacity];
    size_t length = signer->sign(signer->context, scheme, hash, input->data, input->size, made, sizeof made);
    if (length == 0 || length > sizeof made) {
        return GNUTLS_E_PK_SIGN_FAILED;
    }
    signature->data = gnutls_malloc(length);
    if (signature->data == NULL) {
        return GNUTLS_E_MEMORY_ERROR;
    }
    memcpy(signature->data, made, length);
    signature->size = (unsigned int)length;
    return 0;
}

/* For keys that hash what they sign themselves. */
static int sign_data(
    gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *context, unsigned int flags, const gnutls_datum_t *data,
    gnutls_datum_t *signature) {
    (void)key, (void)flags;
    const ctls_signer *signer = context;
    if (algorithm != GNUTLS_SIGN_EDDSA_ED25519 || signer->kind != ctls_ed25519) {
        return GNUTLS_E_PK_SIGN_FAILED;
    }
    return ask(signer, ctls_scheme_ed25519, 0, data, signature);
}

/* The digest in a DigestInfo (RFC 8017, 9.2), which GnuTLS has put in front of it for PKCS#1, and its hash; 0 where there is none. */
static int digest_of(const gnutls_datum_t *info, gnutls_datum_t *digest) {
    enum { start = 19 };
    static const struct {
        int hash;
        const char *start;
    } known[] = {
        {256, "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"},
        {384, "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"},
        {512, "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"},
    };
    for (size_t index = 0; index < sizeof known / sizeof known[0]; index++) {
        if (info->size == (unsigned int)(start + known[index].hash / 8) && memcmp(info->data, known[index].start, (size_t)start) == 0) {
            digest->data = info->data + start;
            digest->size = info->size - start;
            return known[index].hash;
        }
    }
    return 0;
}

static int sign_hash(
    gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *context, unsigned int flags, const gnutls_datum_t *hash,
    gnutls_datum_t *signature) {
    (void)key, (void)flags;
    const ctls_signer *signer = context;
    if (algorithm == GNUTLS_SIGN_RSA_RAW && signer->kind == ctls_rsa) {
        gnutls_datum_t digest = {NULL, 0};
        int found = digest_of(hash, &digest);
        return found == 0 ? GNUTLS_E_PK_SIGN_FAILED : ask(signer, ctls_scheme_rsa_pkcs1, found, &digest, signature);
    }
    int wanted = hash_of(algorithm);
    if (wanted == 0 || hash->size != (unsigned int)wanted / 8) {
        return GNUTLS_E_PK_SIGN_FAILED;
    }
    gnutls_pk_algorithm_t kind = gnutls_sign_get_pk_algorithm(algorithm);
    if (kind == GNUTLS_PK_RSA_PSS && signer->kind == ctls_rsa) {
        return ask(signer, ctls_scheme_rsa_pss, wanted, hash, signature);
    }
    if (kind == GNUTLS_PK_ECDSA && signer->kind == ctls_ecdsa) {
        return ask(signer, ctls_scheme_ecdsa, wanted, hash, signature);
    }
    return GNUTLS_E_PK_SIGN_FAILED;
}

static int has_algorithm(const ctls_signer *signer, gnutls_sign_algorithm_t algorithm) {
    switch (algorithm) {
    case GNUTLS_SIGN_RSA_SHA256:
    case GNUTLS_SIGN_RSA_SHA384:
    case GNUTLS_SIGN_RSA_SHA512:
    case GNUTLS_SIGN_RSA_PSS_RSAE_SHA256:
    case GNUTLS_SIGN_RSA_PSS_RSAE_SHA384:
    case GNUTLS_SIGN_RSA_PSS_RSAE_SHA512:
        return signer->kind == ctls_rsa;
    case GNUTLS_SIGN_ECDSA_SHA256:
    case GNUTLS_SIGN_ECDSA_SHA384:
    case GNUTLS_SIGN_ECDSA_SHA512:
        return signer->kind == ctls_ecdsa;
    case GNUTLS_SIGN_ECDSA_SECP256R1_SHA256:
        return signer->kind == ctls_ecdsa && signer->bits == 256;
    case GNUTLS_SIGN_ECDSA_SECP384R1_SHA384:
        return signer->kind == ctls_ecdsa && signer->bits == 384;
    case GNUTLS_SIGN_ECDSA_SECP521R1_SHA512:
        return signer->kind == ctls_ecdsa && signer->bits == 521;
    case GNUTLS_SIGN_EDDSA_ED25519:
        return signer->kind == ctls_ed25519;
    default:
        return 0;
    }
}

static int describe(gnutls_privkey_t key, unsigned int flags, void *context) {
    (void)key;
    const ctls_signer *signer = context;
    if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0) {
        return signer->kind == ctls_rsa ? GNUTLS_PK_RSA
            : signer->kind == ctls_ecdsa ? GNUTLS_PK_ECDSA
                                         : GNUTLS_PK_EDDSA_ED25519;
    }
    if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0) {
        return signer->bits;
    }
    if ((flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) != 0) {
        return has_algorithm(signer, GNUTLS_FLAGS_TO_SIGN_ALGO(flags));
    }
    return -1;
}

static void release(gnutls_privkey_t key, void *context) {
    (void)key;
    ctls_signer *signer = context;
    signer->release(signer->context);
    free(signer);
}

/* Whether a certificate is of the signer's public key. */
static int matches(gnutls_x509_crt_t certificate, ctls_pem public_key) {
    gnutls_pubkey_t found = NULL;
    gnutls_datum_t encoded = {NULL, 0};
    int status = gnutls_pubkey_init(&found);
    if (status == 0) {
        status = gnutls_pubkey_import_x509(found, certificate, 0);
    }
    if (status == 0) {
        status = gnutls_pubkey_export2(found, GNUTLS_X509_FMT_DER, &encoded);
    }
    if (status == 0 && (encoded.size != public_key.length || memcmp(encoded.data, public_key.bytes, encoded.size) != 0)) {
        status = GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
    }
    gnutls_free(encoded.data);
    gnutls_pubkey_deinit(found);
    return status;
}

/* GnuTLS's key of a signer, which it takes over whether this succeeds or not. */
static int make_key(const ctls_signer *signer, gnutls_privkey_t *key) {
    ctls_signer *kept = malloc(sizeof *kept);
    int status = kept == NULL ? GNUTLS_E_MEMORY_ERROR : gnutls_privkey_init(key);
    if (status == 0) {
        *kept = *signer;
        status = gnutls_privkey_import_ext4(*key, kept, sign_data, sign_hash, NULL, release, describe, 0);
        if (status == 0) {
            return 0;
        }
        gnutls_privkey_deinit(*key);
    }
    free(kept);
    signer->release(signer->context);
    *key = NULL;
    return status;
}

int set_signer(gnutls_certificate_credentials_t credentials, ctls_pem chain, const ctls_signer *signer, ctls_pem public_key) {
    gnutls_privkey_t key = NULL;
    gnutls_x509_crt_t *list = NULL;
    gnutls_pcert_st *certificates = NULL;
    unsigned int count = 0, read = 0;
    int status = make_key(signer, &key);
    gnutls_datum_t text = datum(chain);
    if (status == 0) {
        status = gnutls_x509_crt_list_import2(&list, &count, &text, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);
    }
    if (status >= 0) {
        status = found((int)count);
    }
    if (status == 0) {
        status = matches(list[0], public_key);
    }
    if (status == 0) {
        certificates = calloc(count, sizeof *certificates);
        status = certificates == NULL ? GNUTLS_E_MEMORY_ERROR : 0;
    }
    while (status == 0 && read < count) {
        status = gnutls_pcert_import_x509(&certificates[read], list[read], 0);
        read += status == 0;
    }
    if (status == 0) {
        status = gnutls_certificate_set_key(credentials, NULL, 0, certificates, (int)read, key);
    }
    if (status >= 0) {
        /* It has taken over the key, and what the certificates hold. */
        status = 0;
        key = NULL;
        read = 0;
    }
    for (unsigned int index = 0; index < read; index++) {
        gnutls_pcert_deinit(&certificates[index]);
    }
    free(certificates);
    for (unsigned int index = 0; index < count; index++) {
        gnutls_x509_crt_deinit(list[index]);
    }
    gnutls_free(list);
    if (key != NULL) {
        gnutls_privkey_deinit(key);
    }
    return status;
}
