/* GnuTLS as Swift can call it: see cgnutls.h. */
#include "cgnutls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

const char *const ctls_priorities =
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:+AEAD:+COMP-NULL:"
    "+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ALL:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:"
    "-SIGN-DSA-SHA224:-SIGN-RSA-SHA224:-SIGN-ECDSA-SHA224:+CTYPE-X509:%SERVER_PRECEDENCE:%SAFE_RENEGOTIATION";

struct ctls_server {
    gnutls_certificate_credentials_t credentials;
    int64_t expiry;
    int asks_client;
};

struct ctls_tickets {
    gnutls_datum_t key;
};

struct ctls_client {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t distrust;
};

static gnutls_datum_t datum(const void *bytes, size_t length) {
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)bytes, (unsigned int)length};
    return datum;
}

const char *ctls_error_text(int error) {
    const char *text = gnutls_strerror(error);
    return text == NULL ? "unknown" : text;
}

int ctls_server_make(
    const void *chain, size_t chain_length, const void *key, size_t key_length, const void *authorities,
    size_t authorities_length, ctls_server **server) {
    struct ctls_server *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return GNUTLS_E_MEMORY_ERROR;
    }
    int status = gnutls_certificate_allocate_credentials(&made->credentials);
    gnutls_datum_t certificates = datum(chain, chain_length);
    gnutls_datum_t private_key = datum(key, key_length);
    if (status == 0) {
        status = gnutls_certificate_set_x509_key_mem2(
            made->credentials, &certificates, &private_key, GNUTLS_X509_FMT_PEM, NULL, 0);
        /* Where it succeeds it gives the key's place. */
        status = status > 0 ? 0 : status;
    }
    if (status == 0 && authorities != NULL) {
        gnutls_datum_t trusted = datum(authorities, authorities_length);
        int count = gnutls_certificate_set_x509_trust_mem(made->credentials, &trusted, GNUTLS_X509_FMT_PEM);
        status = count > 0 ? 0 : count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND;
        made->asks_client = 1;
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
    free(server);
}

int64_t ctls_server_expiry(const ctls_server *server) { return server->expiry; }

int ctls_tickets_make(ctls_tickets **tickets) {
    struct ctls_tickets *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return GNUTLS_E_MEMORY_ERROR;
    }
    int status = gnutls_session_ticket_key_generate(&made->key);
    if (status != 0) {
        free(made);
        return status;
    }
    *tickets = made;
    return 0;
}

void ctls_tickets_free(ctls_tickets *tickets) {
    if (tickets == NULL) {
        return;
    }
    gnutls_memset(tickets->key.data, 0, tickets->key.size);
    gnutls_free(tickets->key.data);
    free(tickets);
}

int ctls_server_accept(void *session, const ctls_server *server, const ctls_tickets *tickets) {
    /* In place of what libmicrohttpd has put there. */
    int status = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, server->credentials);
    if (status == 0) {
        gnutls_db_set_cache_expiration(session, 3600);
        status = gnutls_session_ticket_enable_server(session, &tickets->key);
    }
    if (status == 0 && server->asks_client) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        /* Within the handshake, and for what it was given out for. The library keeps the pointer. */
        static gnutls_typed_vdata_st purpose = {
            GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT, 0};
        gnutls_session_set_verify_cert2(session, &purpose, 1, 0);
    }
    return status;
}

ptrdiff_t ctls_send(void *session, const void *bytes, size_t length) {
    return gnutls_record_send(session, bytes, length);
}

int ctls_client_start(
    int descriptor, const char *host, const void *authorities, size_t authorities_length, ctls_client **client) {
    struct ctls_client *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return GNUTLS_E_MEMORY_ERROR;
    }
    *client = made;
    int status = gnutls_certificate_allocate_credentials(&made->credentials);
    if (status == 0) {
        gnutls_datum_t trusted = datum(authorities, authorities_length);
        int count = authorities == NULL
            ? gnutls_certificate_set_x509_system_trust(made->credentials)
            : gnutls_certificate_set_x509_trust_mem(made->credentials, &trusted, GNUTLS_X509_FMT_PEM);
        status = count > 0 ? 0 : count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND;
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
        if (strspn(host, "0123456789.") != strlen(host) && strchr(host, ':') == NULL) {
            status = gnutls_server_name_set(made->session, GNUTLS_NAME_DNS, host, strlen(host));
        }
        gnutls_session_set_verify_cert(made->session, host, 0);
        gnutls_transport_set_int(made->session, descriptor);
    }
    while (status == 0) {
        status = gnutls_handshake(made->session);
        if (status == 0) {
            return 0;
        }
        if (gnutls_error_is_fatal(status) == 0) {
            status = 0;
        }
    }
    if (status == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) {
        unsigned int reasons = gnutls_session_get_verify_cert_status(made->session);
        gnutls_certificate_verification_status_print(reasons, GNUTLS_CRT_X509, &made->distrust, 0);
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
        if (poll(&socket, 1, 30000) == 0) {
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
