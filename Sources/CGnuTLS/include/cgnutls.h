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

/* A certificate with its chain, and whose clients are let in. Any thread, until it is freed. */
typedef struct ctls_server ctls_server;

/* Bytes of a text in PEM; NULL where there is none. */
typedef struct {
    const void *bytes;
    size_t length;
} ctls_pem;

/* What kinds of private keys sign handshakes, and how they do it. */
typedef enum { ctls_rsa = 1, ctls_ecdsa, ctls_ed25519 } ctls_key_kind;
typedef enum { ctls_scheme_rsa_pkcs1 = 1, ctls_scheme_rsa_pss, ctls_scheme_ecdsa, ctls_scheme_ed25519 } ctls_scheme;

/* A private key that lies elsewhere. Both functions are called on any thread, several at once, and must not fail in another way than by 0. */
typedef struct {
    void *context;
    ctls_key_kind kind;
    /* Of RSA's modulus, or of the curve. */
    int bits;
    /*
     * Signs a digest made with SHA-2 of `hash` bits, or for Ed25519 the message itself, `hash` being 0. PSS has a salt as long as the
     * digest; ECDSA's signature is in DER. Gives the bytes written to `signature`; 0 where it cannot.
     */
    size_t (*sign)(
        void *context, ctls_scheme scheme, int hash, const void *input, size_t length, void *signature, size_t capacity);
    /* Called once, when nothing is to be signed any more. */
    void (*release)(void *context);
} ctls_signer;

/*
 * The certificate's key is the signer's, which is taken over, also where this fails; `public_key` is its SubjectPublicKeyInfo in DER.
 * Without `authorities` clients are not asked for a certificate; with them it has to be by one of them and not in any of
 * `revocations`, and where `required` it has to be there. Each of those lists has to be signed by one of the authorities, and not be
 * of the future. With it goes the key that session tickets are sealed with, so that
 * clients resume sessions, for an hour; GnuTLS derives others from it as time goes.
 */
int ctls_server_make(
    ctls_pem chain, const ctls_signer *signer, ctls_pem public_key, ctls_pem authorities, ctls_pem revocations, int required,
    ctls_server **server);
void ctls_server_free(ctls_server *server);

/* When the certificate ends, in seconds since 1970. */
int64_t ctls_server_expiry(const ctls_server *server);

/* Puts the credentials on a session of libmicrohttpd's, before its handshake. They must outlive it. */
int ctls_server_accept(void *session, const ctls_server *server);

/*
 * Whether a session's client, which may have shaken hands with other credentials, has shown a certificate that these accept. The
 * session's thread waits.
 */
int ctls_server_trusts(const ctls_server *server, void *session);

/* A client's certificate, as it was accepted in the handshake. One thread at a time. */
typedef struct ctls_certificate ctls_certificate;

/* NULL where the session's client has shown none, or memory is out. */
ctls_certificate *ctls_certificate_of(void *session);
void ctls_certificate_free(ctls_certificate *certificate);

/* When it ends, in seconds since 1970. */
int64_t ctls_certificate_expiry(const ctls_certificate *certificate);

/*
 * Its names, one by one: an attribute of its subject by its object identifier, or an alternative name by its GnuTLS type. Into
 * `room`; give its length or a negative error, which is `ctls_past_last` past the last one.
 */
ptrdiff_t ctls_certificate_subject(
    const ctls_certificate *certificate, const char *identifier, int index, char *room, size_t length);
ptrdiff_t ctls_certificate_name(
    const ctls_certificate *certificate, int index, int *type, char *room, size_t length);
/* All of its subject as RFC 4514 writes it. */
ptrdiff_t ctls_certificate_distinguished_name(const ctls_certificate *certificate, char *room, size_t length);
extern const int ctls_name_dns, ctls_name_email, ctls_name_uri, ctls_past_last;

/* What receiving gives where the connection ended without the other side's word for it. */
extern const int ctls_cut;

/* Sends without waiting. Gives the bytes that went, or an error. */
ptrdiff_t ctls_send(void *session, const void *bytes, size_t length);

/* One client's session on a connected socket. One thread at a time. */
typedef struct ctls_client ctls_client;

/*
 * Shakes hands, and holds the server to `host` (a name or an address). `authorities`: NULL: the system's. With `pinned` the server is
 * held to the first certificate in that instead, whoever issued it for whatever name. `certificate` with `key` is shown where the
 * server asks for one; NULL: none is.
 */
int ctls_client_start(
    int descriptor, const char *host, int timeout, ctls_pem authorities, ctls_pem pinned, ctls_pem certificate,
    ctls_pem key, ctls_client **client);

/* Why the server was not believed, in English, into `room`; empty where that was not the reason. */
const char *ctls_client_distrust(const ctls_client *client);

/* Bytes, 0 at the end of the stream, or an error. */
ptrdiff_t ctls_client_send(ctls_client *client, const void *bytes, size_t length);
ptrdiff_t ctls_client_receive(ctls_client *client, void *room, size_t length);
/* NULL is allowed. */
void ctls_client_free(ctls_client *client);

#endif
