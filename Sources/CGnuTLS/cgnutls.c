/* GnuTLS as Swift can call it (see cgnutls.h): credentials of a server, and the certificates of its clients. */
#include "shared.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const ctls_priorities =
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:+AEAD:+COMP-NULL:"
    "+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ALL:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:"
    "-SIGN-DSA-SHA224:-SIGN-RSA-SHA224:-SIGN-ECDSA-SHA224:+CTYPE-X509:%SERVER_PRECEDENCE:%SAFE_RENEGOTIATION";

struct ctls_server {
    gnutls_certificate_credentials_t credentials;
    int64_t expiry;
    gnutls_certificate_request_t asks_client;
    gnutls_datum_t tickets;
    /* What clients are held to: authorities, and lists of what these have revoked. NULL where clients are asked for nothing. */
    gnutls_x509_trust_list_t trusted;
    /* Those lists, which are the trust list's own. */
    gnutls_x509_crl_t *revocations;
    unsigned int revocation_count;
};

struct ctls_certificate {
    gnutls_x509_crt_t certificate;
};

/* Far from those of GnuTLS. */
static const int ctls_list_unsound = -100000;

const char *ctls_error_text(int error) {
    if (error == ctls_list_unsound) {
        return "a list of revoked certificates is not signed by one of the client authorities, or is from the future";
    }
    const char *text = gnutls_strerror(error);
    return text == NULL ? "unknown" : text;
}

/* How far a list of revoked certificates may be of the future: clocks differ. */
static const time_t clock_difference = 300;

/* Whether a list is of one of these authorities, signed by it, and not of the future. One that is out of date is taken: it refuses
 * all certificates of its authority. */
static int is_list_sound(gnutls_x509_crl_t list, const gnutls_x509_crt_t *authorities, unsigned int count) {
    time_t made = gnutls_x509_crl_get_this_update(list);
    if (made == (time_t)-1 || made > time(NULL) + clock_difference) {
        return 0;
    }
    const unsigned int of_time = GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
    for (unsigned int index = 0; index < count; index++) {
        unsigned int faults = 0;
        /* One by one: authorities that have changed their key have one name. */
        if (gnutls_x509_crl_verify(list, &authorities[index], 1, 0, &faults) == 0 &&
            ((faults & of_time) != 0 ? (faults & ~(of_time | GNUTLS_CERT_INVALID)) : faults) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Takes the authorities of clients, and all lists of what they have revoked. */
static int trust(struct ctls_server *server, ctls_pem authorities, ctls_pem revocations) {
    gnutls_datum_t trusted = datum(authorities), revoked = datum(revocations);
    gnutls_x509_crt_t *list = NULL;
    unsigned int count = 0;
    int status = gnutls_x509_trust_list_init(&server->trusted, 0);
    if (status == 0) {
        status = gnutls_x509_crt_list_import2(&list, &count, &trusted, GNUTLS_X509_FMT_PEM, 0);
    }
    if (status >= 0) {
        status = found((int)count);
    }
    if (status == 0 && revocations.bytes != NULL) {
        status = gnutls_x509_crl_list_import2(
            &server->revocations, &server->revocation_count, &revoked, GNUTLS_X509_FMT_PEM, 0);
        status = status < 0 ? status : found((int)server->revocation_count);
    }
    for (unsigned int index = 0; status == 0 && index < server->revocation_count; index++) {
        status = is_list_sound(server->revocations[index], list, count) ? 0 : ctls_list_unsound;
    }
    unsigned int kept = 0;
    if (status == 0) {
        kept = (unsigned int)gnutls_x509_trust_list_add_cas(server->trusted, list, count, 0);
        status = kept == count ? 0 : GNUTLS_E_MEMORY_ERROR;
    }
    for (unsigned int index = kept; index < count; index++) {
        gnutls_x509_crt_deinit(list[index]);
    }
    gnutls_free(list);
    kept = 0;
    if (status == 0 && server->revocation_count > 0) {
        /* All of them, also several of one issuer: what any of them names is refused. */
        kept = (unsigned int)gnutls_x509_trust_list_add_crls(
            server->trusted, server->revocations, server->revocation_count, 0, 0);
        status = kept == server->revocation_count ? 0 : GNUTLS_E_MEMORY_ERROR;
    }
    for (unsigned int index = kept; index < server->revocation_count; index++) {
        gnutls_x509_crl_deinit(server->revocations[index]);
    }
    server->revocation_count = kept;
    return status;
}

int ctls_server_make(
    ctls_pem chain, const ctls_signer *signer, ctls_pem public_key, ctls_pem authorities, ctls_pem revocations, int required,
    ctls_server **server) {
    struct ctls_server *made = calloc(1, sizeof *made);
    int status = made == NULL ? GNUTLS_E_MEMORY_ERROR : gnutls_certificate_allocate_credentials(&made->credentials);
    if (status != 0) {
        signer->release(signer->context);
        free(made);
        return status;
    }
    status = set_signer(made->credentials, chain, signer, public_key);
    if (status == 0 && authorities.bytes != NULL) {
        gnutls_datum_t trusted = datum(authorities);
        status = found(gnutls_certificate_set_x509_trust_mem(made->credentials, &trusted, GNUTLS_X509_FMT_PEM));
        made->asks_client = required ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST;
    }
    if (status == 0 && authorities.bytes != NULL) {
        status = trust(made, authorities, revocations);
    }
    if (status == 0) {
        status = gnutls_session_ticket_key_generate(&made->tickets);
    }
    gnutls_x509_crt_t *list = NULL;
    unsigned int count = 0;
    if (status == 0) {
        status = gnutls_certificate_get_x509_crt(made->credentials, 0, &list, &count);
    }
    if (status == 0) {
        made->expiry = (int64_t)gnutls_x509_crt_get_expiration_time(list[0]);
        for (unsigned int index = 0; index < count; index++) {
            gnutls_x509_crt_deinit(list[index]);
        }
        gnutls_free(list);
        *server = made;
        return 0;
    }
    ctls_server_free(made);
    return status;
}

void ctls_server_free(ctls_server *server) {
    if (server == NULL) {
        return;
    }
    if (server->credentials != NULL) {
        gnutls_certificate_free_credentials(server->credentials);
    }
    if (server->trusted != NULL) {
        gnutls_x509_trust_list_deinit(server->trusted, 1);
    }
    gnutls_free(server->revocations);
    if (server->tickets.data != NULL) {
        gnutls_memset(server->tickets.data, 0, server->tickets.size);
        gnutls_free(server->tickets.data);
    }
    free(server);
}

int64_t ctls_server_expiry(const ctls_server *server) { return server->expiry; }

/* Whether the list of those that a certificate's issuer has revoked is out of date, which GnuTLS does not mind. */
static int is_list_old(const ctls_server *server, const gnutls_datum_t *encoded) {
    gnutls_x509_crt_t certificate;
    if (gnutls_x509_crt_init(&certificate) != 0) {
        return 1;
    }
    gnutls_datum_t issuer = {NULL, 0}, list_issuer = {NULL, 0};
    int is_old = gnutls_x509_crt_import(certificate, encoded, GNUTLS_X509_FMT_DER) != 0 ||
        gnutls_x509_crt_get_raw_issuer_dn(certificate, &issuer) != 0;
    for (unsigned int index = 0; index < server->revocation_count && !is_old; index++) {
        time_t next = gnutls_x509_crl_get_next_update(server->revocations[index]);
        if (gnutls_x509_crl_get_raw_issuer_dn(server->revocations[index], &list_issuer) != 0) {
            is_old = 1;
        } else {
            is_old = list_issuer.size == issuer.size && memcmp(list_issuer.data, issuer.data, issuer.size) == 0 &&
                next != (time_t)-1 && next < time(NULL);
            gnutls_free(list_issuer.data);
        }
    }
    gnutls_free(issuer.data);
    gnutls_x509_crt_deinit(certificate);
    return is_old;
}

static gnutls_typed_vdata_st client_purpose(void) {
    gnutls_typed_vdata_st purpose = {
        GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT, 0};
    return purpose;
}

int ctls_server_trusts(const ctls_server *server, void *session) {
    enum { longest_chain = 16 };
    gnutls_x509_crt_t certificates[longest_chain];
    unsigned int count = 0, read = 0, faults = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (server->trusted == NULL || chain == NULL || count == 0 || count > longest_chain) {
        return 0;
    }
    int status = 0;
    for (unsigned int index = 0; index < count && status == 0; index++) {
        status = is_list_old(server, &chain[index]) ? GNUTLS_E_CERTIFICATE_ERROR : gnutls_x509_crt_init(&certificates[index]);
        if (status == 0) {
            read++;
            status = gnutls_x509_crt_import(certificates[index], &chain[index], GNUTLS_X509_FMT_DER);
        }
    }
    if (status == 0) {
        gnutls_typed_vdata_st purpose = client_purpose();
        status = gnutls_x509_trust_list_verify_crt2(server->trusted, certificates, count, &purpose, 1, 0, &faults, NULL);
    }
    for (unsigned int index = 0; index < read; index++) {
        gnutls_x509_crt_deinit(certificates[index]);
    }
    return status == 0 && faults == 0;
}

/* Within the handshake: by an authority that is believed, not revoked, and for what it was given out for. */
static int verify_client(gnutls_session_t session) {
    unsigned int count = 0, faults = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    /* Where one has to be there, GnuTLS has seen to it. */
    if (chain == NULL || count == 0) {
        return 0;
    }
    gnutls_typed_vdata_st purpose = client_purpose();
    /* With the credentials, which know no lists, for what the session's priorities ask of signatures. */
    int status = gnutls_certificate_verify_peers(session, &purpose, 1, &faults);
    return status == 0 && faults == 0 && ctls_server_trusts(gnutls_db_get_ptr(session), session)
        ? 0
        : GNUTLS_E_CERTIFICATE_ERROR;
}

int ctls_server_accept(void *session, const ctls_server *server) {
    /* In place of what libmicrohttpd has put there. */
    int status = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, server->credentials);
    if (status == 0) {
        gnutls_db_set_cache_expiration(session, 3600);
        status = gnutls_session_ticket_enable_server(session, &server->tickets);
    }
    if (status == 0 && server->asks_client != GNUTLS_CERT_IGNORE) {
        gnutls_certificate_server_set_request(session, server->asks_client);
        /* Nothing else is kept there: sessions are resumed by tickets. */
        gnutls_db_set_ptr(session, (void *)(uintptr_t)server);
        gnutls_session_set_verify_function(session, verify_client);
    }
    return status;
}

ctls_certificate *ctls_certificate_of(void *session) {
    unsigned int count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (chain == NULL || count == 0) {
        return NULL;
    }
    struct ctls_certificate *made = calloc(1, sizeof *made);
    if (made == NULL || gnutls_x509_crt_init(&made->certificate) != 0) {
        free(made);
        return NULL;
    }
    if (gnutls_x509_crt_import(made->certificate, &chain[0], GNUTLS_X509_FMT_DER) != 0) {
        ctls_certificate_free(made);
        return NULL;
    }
    return made;
}

void ctls_certificate_free(ctls_certificate *certificate) {
    if (certificate != NULL) {
        gnutls_x509_crt_deinit(certificate->certificate);
        free(certificate);
    }
}

int64_t ctls_certificate_expiry(const ctls_certificate *certificate) {
    return (int64_t)gnutls_x509_crt_get_expiration_time(certificate->certificate);
}

ptrdiff_t ctls_certificate_subject(
    const ctls_certificate *certificate, const char *identifier, int index, char *room, size_t length) {
    int status = gnutls_x509_crt_get_dn_by_oid(
        certificate->certificate, identifier, (unsigned int)index, 0, room, &length);
    return status < 0 ? status : (ptrdiff_t)length;
}

ptrdiff_t ctls_certificate_name(
    const ctls_certificate *certificate, int index, int *type, char *room, size_t length) {
    *type = gnutls_x509_crt_get_subject_alt_name(certificate->certificate, (unsigned int)index, room, &length, NULL);
    return *type < 0 ? *type : (ptrdiff_t)length;
}

ptrdiff_t ctls_certificate_distinguished_name(const ctls_certificate *certificate, char *room, size_t length) {
    gnutls_datum_t name = {NULL, 0};
    int status = gnutls_x509_crt_get_dn3(certificate->certificate, &name, 0);
    if (status == 0 && name.size > length) {
        status = GNUTLS_E_SHORT_MEMORY_BUFFER;
    }
    if (status == 0) {
        memcpy(room, name.data, name.size);
    }
    gnutls_free(name.data);
    return status < 0 ? status : (ptrdiff_t)name.size;
}

const int ctls_name_dns = GNUTLS_SAN_DNSNAME, ctls_name_email = GNUTLS_SAN_RFC822NAME, ctls_name_uri = GNUTLS_SAN_URI;
const int ctls_past_last = GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE, ctls_cut = GNUTLS_E_PREMATURE_TERMINATION;

ptrdiff_t ctls_send(void *session, const void *bytes, size_t length) {
    return gnutls_record_send(session, bytes, length);
}
