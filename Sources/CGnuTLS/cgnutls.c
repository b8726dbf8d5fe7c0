/* GnuTLS as Swift can call it: see cgnutls.h. */
#include "cgnutls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
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
    gnutls_x509_crl_t *revocations;
    unsigned int revocation_count;
};

struct ctls_certificate {
    gnutls_x509_crt_t certificate;
};

struct ctls_client {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    /* While it shakes hands. */
    const char *host;
    gnutls_datum_t distrust;
    int timeout;
};

static gnutls_datum_t datum(ctls_pem pem) {
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)pem.bytes, (unsigned int)pem.length};
    return datum;
}

/* What functions give that say how many they have found. */
static int found(int count) { return count > 0 ? 0 : count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND; }

const char *ctls_error_text(int error) {
    const char *text = gnutls_strerror(error);
    return text == NULL ? "unknown" : text;
}

int ctls_server_make(
    ctls_pem chain, ctls_pem key, ctls_pem authorities, ctls_pem revocations, int required, ctls_server **server) {
    struct ctls_server *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return GNUTLS_E_MEMORY_ERROR;
    }
    int status = gnutls_certificate_allocate_credentials(&made->credentials);
    gnutls_datum_t certificates = datum(chain), private_key = datum(key);
    if (status == 0) {
        status = gnutls_certificate_set_x509_key_mem2(
            made->credentials, &certificates, &private_key, GNUTLS_X509_FMT_PEM, NULL, 0);
        /* Where it succeeds it gives the key's place. */
        status = status > 0 ? 0 : status;
    }
    if (status == 0 && authorities.bytes != NULL) {
        gnutls_datum_t trusted = datum(authorities);
        status = found(gnutls_certificate_set_x509_trust_mem(made->credentials, &trusted, GNUTLS_X509_FMT_PEM));
        made->asks_client = required ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST;
    }
    if (status == 0 && revocations.bytes != NULL) {
        gnutls_datum_t revoked = datum(revocations);
        status = found(gnutls_certificate_set_x509_crl_mem(made->credentials, &revoked, GNUTLS_X509_FMT_PEM));
        if (status == 0) {
            status = gnutls_x509_crl_list_import2(
                &made->revocations, &made->revocation_count, &revoked, GNUTLS_X509_FMT_PEM, 0);
        }
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
    for (unsigned int index = 0; index < server->revocation_count; index++) {
        gnutls_x509_crl_deinit(server->revocations[index]);
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

/* Within the handshake: by an authority that is believed, not revoked, and for what it was given out for. */
static int verify_client(gnutls_session_t session) {
    unsigned int count = 0, faults = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    /* Where one has to be there, GnuTLS has seen to it. */
    if (chain == NULL || count == 0) {
        return 0;
    }
    for (unsigned int index = 0; index < count; index++) {
        if (is_list_old(gnutls_db_get_ptr(session), &chain[index])) {
            return GNUTLS_E_CERTIFICATE_ERROR;
        }
    }
    gnutls_typed_vdata_st purpose = {
        GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT, 0};
    int status = gnutls_certificate_verify_peers(session, &purpose, 1, &faults);
    return status == 0 && faults == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
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

/* Whether the server has shown this very certificate. */
static int shows(gnutls_session_t session, ctls_pem pinned) {
    unsigned int count = 0, wanted_count = 1;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    gnutls_datum_t text = datum(pinned), wanted = {NULL, 0};
    gnutls_x509_crt_t certificate;
    int status = gnutls_x509_crt_list_import(
        &certificate, &wanted_count, &text, GNUTLS_X509_FMT_PEM, 0);
    if (status < 1) {
        return 0;
    }
    int is_shown = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &wanted) == 0 && chain != NULL &&
        count > 0 && chain[0].size == wanted.size && memcmp(chain[0].data, wanted.data, wanted.size) == 0;
    gnutls_free(wanted.data);
    gnutls_x509_crt_deinit(certificate);
    return is_shown;
}

static int is_address(const char *host) {
    return strspn(host, "0123456789.") == strlen(host) || strchr(host, ':') != NULL;
}

/* Whether a certificate has an alternative name of the kind that a host is held to. GnuTLS else takes its common name instead, which RFC
 * 9110, 4.3.4 does not allow. */
static int has_alternative_name(const gnutls_datum_t *encoded, const char *host) {
    int wanted = is_address(host) ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME, kind = GNUTLS_E_SHORT_MEMORY_BUFFER;
    gnutls_x509_crt_t certificate;
    if (gnutls_x509_crt_init(&certificate) != 0) {
        return 0;
    }
    int status = gnutls_x509_crt_import(certificate, encoded, GNUTLS_X509_FMT_DER);
    for (unsigned int index = 0; status == 0 && kind != wanted && (kind >= 0 || kind == GNUTLS_E_SHORT_MEMORY_BUFFER); index++) {
        /* Longer than the name of any host is the name of something else. */
        char room[256];
        size_t length = sizeof room;
        kind = gnutls_x509_crt_get_subject_alt_name(certificate, index, room, &length, NULL);
    }
    gnutls_x509_crt_deinit(certificate);
    return kind == wanted;
}

/* Within the handshake: by an authority that is believed, for the host by an alternative name, and for servers. */
static int verify_server(gnutls_session_t session) {
    struct ctls_client *client = gnutls_session_get_ptr(session);
    unsigned int count = 0, faults = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    gnutls_typed_vdata_st terms[] = {
        {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)client->host, 0},
        {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, 0},
    };
    int status = gnutls_certificate_verify_peers(session, terms, 2, &faults);
    if (status == 0 && faults == 0 && (chain == NULL || count == 0 || !has_alternative_name(&chain[0], client->host))) {
        faults = GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER;
    }
    if (status == 0 && faults != 0) {
        gnutls_certificate_verification_status_print(faults, GNUTLS_CRT_X509, &client->distrust, 0);
    }
    return status == 0 && faults == 0 ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

int ctls_client_start(
    int descriptor, const char *host, int timeout, ctls_pem authorities, ctls_pem pinned, ctls_pem certificate,
    ctls_pem key, ctls_client **client) {
    struct ctls_client *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return GNUTLS_E_MEMORY_ERROR;
    }
    *client = made;
    made->timeout = timeout;
    int status = gnutls_certificate_allocate_credentials(&made->credentials);
    if (status == 0) {
        gnutls_datum_t trusted = datum(authorities);
        status = found(
            authorities.bytes == NULL
                ? gnutls_certificate_set_x509_system_trust(made->credentials)
                : gnutls_certificate_set_x509_trust_mem(made->credentials, &trusted, GNUTLS_X509_FMT_PEM));
    }
    if (status == 0 && certificate.bytes != NULL) {
        gnutls_datum_t chain = datum(certificate), private_key = datum(key);
        status = gnutls_certificate_set_x509_key_mem2(
            made->credentials, &chain, &private_key, GNUTLS_X509_FMT_PEM, NULL, 0);
        status = status > 0 ? 0 : status;
    }
    if (status == 0) {
        status = gnutls_init(&made->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    }
    if (status == 0) {
        status = gnutls_priority_set_direct(made->session, ctls_priorities, NULL);
    }
    if (status == 0) {
        status = gnutls_credentials_set(made->session, GNUTLS_CRD_CERTIFICATE, made->credentials);
    }
    if (status == 0) {
        /* Of no use for an address, and allowed with it nowhere (RFC 6066, 3). */
        if (!is_address(host)) {
            status = gnutls_server_name_set(made->session, GNUTLS_NAME_DNS, host, strlen(host));
        }
        if (pinned.bytes == NULL) {
            made->host = host;
            gnutls_session_set_ptr(made->session, made);
            gnutls_session_set_verify_function(made->session, verify_server);
        }
        gnutls_transport_set_int(made->session, descriptor);
    }
    while (status == 0) {
        status = gnutls_handshake(made->session);
        if (status == 0) {
            return pinned.bytes == NULL || shows(made->session, pinned) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
        }
        /* The socket waits by itself: it says so when its time is over, and a silent server must not hold its client. */
        if (status == GNUTLS_E_AGAIN) {
            status = GNUTLS_E_TIMEDOUT;
        }
        if (gnutls_error_is_fatal(status) == 0) {
            status = 0;
        }
    }
    return status;
}

const char *ctls_client_distrust(const ctls_client *client) {
    return client == NULL || client->distrust.data == NULL ? "" : (const char *)client->distrust.data;
}

ptrdiff_t ctls_client_send(ctls_client *client, const void *bytes, size_t length) {
    return gnutls_record_send(client->session, bytes, length);
}

ptrdiff_t ctls_client_receive(ctls_client *client, void *room, size_t length) {
    for (;;) {
        ptrdiff_t count = gnutls_record_recv(client->session, room, length);
        if (count != GNUTLS_E_INTERRUPTED && count != GNUTLS_E_AGAIN) {
            return count;
        }
        /* What came was not for the application, such as a ticket; or the socket's time is over. */
        struct pollfd socket = {.fd = gnutls_transport_get_int(client->session), .events = POLLIN};
        if (poll(&socket, 1, client->timeout * 1000) == 0) {
            return GNUTLS_E_TIMEDOUT;
        }
    }
}

void ctls_client_free(ctls_client *client) {
    if (client == NULL) {
        return;
    }
    if (client->session != NULL) {
        gnutls_bye(client->session, GNUTLS_SHUT_WR);
        gnutls_deinit(client->session);
    }
    if (client->credentials != NULL) {
        gnutls_certificate_free_credentials(client->credentials);
    }
    gnutls_free(client->distrust.data);
    free(client);
}
