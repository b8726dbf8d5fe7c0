/* GnuTLS as Swift can call it (see cgnutls.h): one client's session. */
#include "shared.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

struct ctls_client {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    /* While it shakes hands. */
    const char *host;
    gnutls_datum_t distrust;
    int timeout;
};

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

/*
 * Whether a certificate has an alternative name of the kind that a host is held to. GnuTLS else takes its common name instead, which
 * RFC 9110, 4.3.4 does not allow. Like GnuTLS it looks no further than a name that is longer than that of any host: what stands behind
 * is not compared.
 */
static int has_alternative_name(const gnutls_datum_t *encoded, const char *host) {
    int wanted = is_address(host) ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME, kind = 0;
    gnutls_x509_crt_t certificate;
    if (gnutls_x509_crt_init(&certificate) != 0) {
        return 0;
    }
    int status = gnutls_x509_crt_import(certificate, encoded, GNUTLS_X509_FMT_DER);
    int is_found = 0;
    for (unsigned int index = 0; status == 0 && kind >= 0 && !is_found; index++) {
        char room[256];
        size_t length = sizeof room;
        kind = gnutls_x509_crt_get_subject_alt_name(certificate, index, room, &length, NULL);
        is_found = kind == wanted;
    }
    gnutls_x509_crt_deinit(certificate);
    return is_found;
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
