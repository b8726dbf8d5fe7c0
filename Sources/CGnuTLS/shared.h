/* What the files of this module share. */
#ifndef STRONGROOM_CGNUTLS_SHARED_H
#define STRONGROOM_CGNUTLS_SHARED_H

#include "cgnutls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

static inline gnutls_datum_t datum(ctls_pem pem) {
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)pem.bytes, (unsigned int)pem.length};
    return datum;
}

/* What functions give that say how many they have found. */
static inline int found(int count) { return count > 0 ? 0 : count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND; }

/* Has credentials show a chain of certificates, in PEM, whose key the signer has. Takes over the signer, whatever it gives. */
int set_signer(gnutls_certificate_credentials_t credentials, ctls_pem chain, const ctls_signer *signer, ctls_pem public_key);

#endif
