/* What the core does, written straight against OpenSSL in C with a context kept: what its boundary is measured against. */

#ifndef BENCH_TWINS_H
#define BENCH_TWINS_H

#include <stddef.h>
#include <stdint.h>

/* Makes the contexts. 0 where OpenSSL fails. */
int twins_prepare(void);

/* Nonce, ciphertext and tag of `length` bytes under a fresh random nonce; the nonce is drawn in blocks. 0 on failure. */
int twins_encrypt_aes(const uint8_t *plaintext, size_t length, const uint8_t associated_data[16], uint8_t *output);
int twins_encrypt_xaes(const uint8_t *plaintext, size_t length, const uint8_t associated_data[16], uint8_t *output);

/* The plaintext of what the functions above gave, with `length` of the plaintext. 0 where it is not authentic. */
int twins_decrypt_aes(const uint8_t *input, size_t length, const uint8_t associated_data[16], uint8_t *plaintext);
int twins_decrypt_xaes(const uint8_t *input, size_t length, const uint8_t associated_data[16], uint8_t *plaintext);

/* HMAC-SHA-256 with the key's two blocks digested before. */
void twins_mac(const uint8_t *message, size_t length, uint8_t mac[32]);

#endif
