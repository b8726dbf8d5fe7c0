/*
 * The boundary from C, from start to end: check the library, start it, make a root key and a key, use the key, give
 * everything back. A test runs it; docs/boundary.md explains it. Takes a folder to put the root key's file in.
 */
#define _GNU_SOURCE /* explicit_bzero */
#include <strongroom_core.h>

#include <stdio.h>
#include <string.h>

/* Says why a call failed and ends. Nothing in the error is to be freed, and nothing in it is secret. */
static int failed(const char *what, const sr_error_t *error) {
    fprintf(stderr, "%s: %s (%u, argument %u)\n", what, error->text, error->code, error->argument);
    return 1;
}

static sr_bytes_t bytes(const void *data, size_t length) {
    return (sr_bytes_t){.data = data, .length = length};
}

/* Encrypts, decrypts, and compares. The buffers are ours: the core keeps no pointer to them. */
static int use(sr_key_t key, sr_error_t *error) {
    uint8_t plaintext[32] = "thirty-two bytes of a plaintext";
    uint8_t ciphertext[128], decrypted[32];
    const sr_bytes_t context = bytes("order 7", 7); /* authenticated, not encrypted, and needed again */
    size_t length = 0, needed = 0;

    /* Too little room is told, with what is needed; so a caller who does not know can ask with none at all. */
    sr_buffer_t none = {.data = NULL, .capacity = 0, .length = &needed};
    if (sr_key_encrypt(key, bytes(plaintext, 32), context, none, error) != SR_E_BUFFER_TOO_SMALL) return 1;

    sr_buffer_t room = {.data = ciphertext, .capacity = sizeof ciphertext, .length = &length};
    if (sr_key_encrypt(key, bytes(plaintext, 32), context, room, error) != SR_OK) return failed("encrypt", error);
    if (length != needed) return 1;

    size_t back = 0;
    sr_buffer_t plain = {.data = decrypted, .capacity = sizeof decrypted, .length = &back};
    if (sr_key_decrypt(key, bytes(ciphertext, length), context, plain, error) != SR_OK) {
        return failed("decrypt", error);
    }
    int same = back == 32 && memcmp(plaintext, decrypted, 32) == 0;

    /* One edited byte, and there is no plaintext at all. */
    ciphertext[length - 1] ^= 1;
    uint32_t status = sr_key_decrypt(key, bytes(ciphertext, length), context, plain, error);
    int refused = status == SR_E_AUTHENTICATION_FAILED && back == 0 && decrypted[0] == 0;

    printf("32 bytes became %zu and came back: %s\n", needed, same ? "yes" : "no");
    printf("an edited ciphertext is refused: %s\n", refused ? "yes" : "no");
    /* Plaintexts on this side are this side's to wipe. */
    explicit_bzero(plaintext, sizeof plaintext);
    explicit_bzero(decrypted, sizeof decrypted);
    return same && refused ? 0 : 1;
}

/* Makes a key, opens it, uses it, gives it back. */
static int with_root(sr_root_t root, sr_error_t *error) {
    sr_key_spec_t spec = {
        .key_id = "example key id",
        .version = 1,
        .algorithm = SR_ALGORITHM_XAES_256_GCM,
        .usages = SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT,
        .created_at = 1700000000,
    };
    uint8_t sealed[SR_SEALED_KEY_MAX_BYTES];
    size_t length = 0;
    sr_buffer_t room = {.data = sealed, .capacity = sizeof sealed, .length = &length};
    /* A sealed key is no secret: it is what a program stores. */
    if (sr_key_generate(root, &spec, room, error) != SR_OK) return failed("generate", error);

    sr_key_t key;
    sr_bytes_t id = bytes(spec.key_id, SR_KEY_ID_BYTES);
    if (sr_key_open(root, bytes(sealed, length), id, spec.version, &key, error) != SR_OK) {
        return failed("open", error);
    }
    int result = use(key, error);
    /* One count was given, so one is given back. A second time is an error code, and never memory of someone else's. */
    if (sr_key_release(key, error) != SR_OK) return failed("release", error);
    if (sr_key_release(key, error) != SR_E_STALE_HANDLE) return 1;
    return result;
}

int main(int count, char **arguments) {
    if (count != 2) return 64;
    /* Before anything else: is it the library that the header was written for? */
    if (sr_abi_version() != (SR_ABI_MAJOR << 16 | SR_ABI_MINOR) || sr_abi_fingerprint() != SR_ABI_FINGERPRINT) {
        fputs("another library\n", stderr);
        return 1;
    }
    sr_error_t error;
    if (sr_start(64 * 1024, &error) != SR_OK) return failed("start", &error);

    char path[4096];
    int length = snprintf(path, sizeof path, "%s/root.key", arguments[1]);
    if (length < 0 || (size_t)length >= sizeof path) return 64;
    sr_root_t root;
    if (sr_root_create_file(bytes(path, (size_t)length), &root, &error) != SR_OK) return failed("create", &error);
    int result = with_root(root, &error);
    if (sr_root_release(root, &error) != SR_OK) return failed("release", &error);

    uint64_t roots = 1, keys = 1;
    sr_live_handles(SR_KIND_ROOT, &roots, NULL);
    sr_live_handles(SR_KIND_KEY, &keys, NULL);
    printf("root keys open: %u, keys open: %u\n", (unsigned)roots, (unsigned)keys);
    return result != 0 || roots != 0 || keys != 0;
}
