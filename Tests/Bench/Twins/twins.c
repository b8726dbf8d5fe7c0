/* See twins.h. One thread, a context kept for each key, keys on the ordinary heap, nothing checked or wiped: as little as C can
   do and still encrypt. */

#define OPENSSL_SUPPRESS_DEPRECATED
#include "twins.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

enum { NONCE = 12, LONG_NONCE = 24, TAG = 16, DRAWN = 2048 };

static EVP_CIPHER_CTX *aes, *blocks, *message;
static SHA256_CTX inner, outer;
static uint8_t drawn[DRAWN];
static size_t used = DRAWN;

int twins_prepare(void)
{
    static const uint8_t key[32] = "a key of 32 bytes for the twins";
    uint8_t pad[64];
    EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    EVP_CIPHER *ecb = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
    aes = EVP_CIPHER_CTX_new();
    blocks = EVP_CIPHER_CTX_new();
    message = EVP_CIPHER_CTX_new();
    if (!gcm || !ecb || !aes || !blocks || !message)
        return 0;
    memset(pad, 0x36, sizeof pad);
    SHA256_Init(&inner);
    SHA256_Update(&inner, pad, sizeof pad);
    memset(pad, 0x5c, sizeof pad);
    SHA256_Init(&outer);
    SHA256_Update(&outer, pad, sizeof pad);
    return EVP_EncryptInit_ex(aes, gcm, NULL, key, NULL) == 1 && EVP_EncryptInit_ex(message, gcm, NULL, NULL, NULL) == 1
           && EVP_EncryptInit_ex(blocks, ecb, NULL, key, NULL) == 1 && EVP_CIPHER_CTX_set_padding(blocks, 0) == 1;
}

static int draw(uint8_t *nonce, size_t length)
{
    if (DRAWN - used < length) {
        if (RAND_bytes(drawn, DRAWN) != 1)
            return 0;
        used = 0;
    }
    memcpy(nonce, drawn + used, length);
    used += length;
    return 1;
}

static int seal(
    EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *nonce, const uint8_t *plaintext, size_t length,
    const uint8_t *associated_data, uint8_t *output)
{
    int written;
    return EVP_EncryptInit_ex(context, NULL, NULL, key, nonce) == 1
           && EVP_EncryptUpdate(context, NULL, &written, associated_data, 16) == 1
           && EVP_EncryptUpdate(context, output, &written, plaintext, (int)length) == 1
           && EVP_EncryptFinal_ex(context, output + length, &written) == 1
           && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG, output + length) == 1;
}

static int open_sealed(
    EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *nonce, const uint8_t *sealed, size_t length,
    const uint8_t *associated_data, uint8_t *plaintext)
{
    int written;
    return EVP_DecryptInit_ex(context, NULL, NULL, key, nonce) == 1
           && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG, (void *)(sealed + length)) == 1
           && EVP_DecryptUpdate(context, NULL, &written, associated_data, 16) == 1
           && EVP_DecryptUpdate(context, plaintext, &written, sealed, (int)length) == 1
           && EVP_DecryptFinal_ex(context, plaintext + length, &written) == 1;
}

/* Two blocks of the nonce's first half. That they lack K1 changes nothing of the work. */
static int derive(const uint8_t *nonce, uint8_t derived[32])
{
    uint8_t input[32] = {0, 1, 'X', 0};
    int written;
    memcpy(input + 4, nonce, 12);
    memcpy(input + 16, input, 16);
    input[17] = 2;
    return EVP_EncryptUpdate(blocks, derived, &written, input, 32) == 1;
}

int twins_encrypt_aes(const uint8_t *plaintext, size_t length, const uint8_t associated_data[16], uint8_t *output)
{
    return draw(output, NONCE) && seal(aes, NULL, output, plaintext, length, associated_data, output + NONCE);
}

int twins_decrypt_aes(const uint8_t *input, size_t length, const uint8_t associated_data[16], uint8_t *plaintext)
{
    return open_sealed(aes, NULL, input, input + NONCE, length, associated_data, plaintext);
}

int twins_encrypt_xaes(const uint8_t *plaintext, size_t length, const uint8_t associated_data[16], uint8_t *output)
{
    uint8_t derived[32];
    return draw(output, LONG_NONCE) && derive(output, derived)
           && seal(message, derived, output + 12, plaintext, length, associated_data, output + LONG_NONCE);
}

int twins_decrypt_xaes(const uint8_t *input, size_t length, const uint8_t associated_data[16], uint8_t *plaintext)
{
    uint8_t derived[32];
    return derive(input, derived)
           && open_sealed(message, derived, input + 12, input + LONG_NONCE, length, associated_data, plaintext);
}

void twins_mac(const uint8_t *message_bytes, size_t length, uint8_t mac[32])
{
    uint8_t digest[32];
    SHA256_CTX state = inner;
    SHA256_Update(&state, message_bytes, length);
    SHA256_Final(digest, &state);
    state = outer;
    SHA256_Update(&state, digest, sizeof digest);
    SHA256_Final(mac, &state);
}
