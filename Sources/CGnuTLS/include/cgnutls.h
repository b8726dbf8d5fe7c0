/*
 * GnuTLS as Swift can call it: credentials of a server that are put on the sessions that libmicrohttpd makes, and one
 * blocking client session. Functions give 0 or a (negative) GnuTLS error, unless they say otherwise.
 */
#ifndef STRONGROOM_CGNUTLS_H
#define STRONGROOM_CGNUTLS_H

#include <stddef.h>
#include <stdint.h>

/* What sessions of either side may negotiate: TLS 1.3 and 1.2, ephemeral key agreement and AEADs alone. */
extern const char *const ctls_priorities;

/* What an error means, in English. Never NULL; not to be freed. */
const char *ctls_error_text(int error);

/* A certificate with its chain and private key, and whose clients are let in. Any thread, until it is freed. */
typedef struct ctls_server ctls_server;

/* All in PEM; `authorities` may be NULL: clients need no certificate then. */
int ctls_server_make(
    const void *chain, size_t chain_length, const void *key, size_t key_length, const void *authorities,
    size_t authorities_length, ctls_server **server);
void ctls_server_free(ctls_server *server);

/* When the certificate ends, in seconds since 1970. */
int64_t ctls_server_expiry(const ctls_server *server);

/* The key that session tickets are sealed with, so that clients resume sessions, for an hour. GnuTLS derives others from it as time goes. */
typedef struct ctls_tickets ctls_tickets;
int ctls_tickets_make(ctls_tickets **tickets);
void ctls_tickets_free(ctls_tickets *tickets);

/* Puts the credentials on a session of libmicrohttpd's, before its handshake. They must outlive it. */
int ctls_server_accept(void *session, const ctls_server *server, const ctls_tickets *tickets);

/* Sends without waiting. Gives the bytes that went, or an error. */
ptrdiff_t ctls_send(void *session, const void *bytes, size_t length);

/* One client's session on a connected socket. One thread at a time. */
typedef struct ctls_client ctls_client;

/* Shakes hands, and holds the server to `host` (a name or an address). `authorities` in PEM; NULL: the system's. */
int ctls_client_start(
    int descriptor, const char *host, const void *authorities, size_t authorities_length, ctls_client **client);

/* Why the server was not believed, in English, into `room`; empty where that was not the reason. */
const char *ctls_client_distrust(const ctls_client *client);

/* Bytes, 0 at the end of the stream, or an error. */
ptrdiff_t ctls_client_send(ctls_client *client, const void *bytes, size_t length);
ptrdiff_t ctls_client_receive(ctls_client *client, void *room, size_t length);
/* NULL is allowed. */
void ctls_client_free(ctls_client *client);

#endif
