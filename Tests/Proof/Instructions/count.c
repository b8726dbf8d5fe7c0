/* Does one operation of the core again and again: `count OPERATION TIMES FOLDER`. Callgrind counts what happens in `measured`. */
#include <strongroom_core.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 64 };

static sr_root_t root;
static sr_key_t key, signer;
static uint8_t plaintext[32], ciphertext[128], signature[64];
static size_t ciphertext_length;
static sr_batch_item_t items[ITEMS];
static uint8_t input[ITEMS * 32], output[ITEMS * 128];

static sr_bytes_t bytes(const void *data, size_t length) { return (sr_bytes_t){.data = data, .length = length}; }

static uint32_t nothing(void) { return sr_abi_version() == 0; }

static uint32_t borrow(void) { return sr_key_retain(key, NULL) | sr_key_release(key, NULL); }

static uint32_t encrypt(void) {
    sr_buffer_t room = {.data = ciphertext, .capacity = sizeof ciphertext, .length = &ciphertext_length};
    return sr_key_encrypt(key, bytes(plaintext, 32), bytes(NULL, 0), room, NULL);
}

static uint32_t decrypt(void) {
    uint8_t back[32];
    size_t length;
    sr_buffer_t room = {.data = back, .capacity = sizeof back, .length = &length};
    return sr_key_decrypt(key, bytes(ciphertext, ciphertext_length), bytes(NULL, 0), room, NULL);
}

static uint32_t sign(void) {
    sr_signature_scheme_t scheme = {.scheme = SR_SIGNATURE_ED25519};
    size_t length;
    sr_buffer_t room = {.data = signature, .capacity = sizeof signature, .length = &length};
    return sr_key_sign(signer, &scheme, bytes(plaintext, 32), room, NULL);
}

static uint32_t batch(void) {
    for (size_t index = 0; index < ITEMS; index++) {
        items[index] = (sr_batch_item_t){.operation = SR_BATCH_ENCRYPT, .key = key, .inputs = {{index * 32, 32}},
                                         .outputs = {{index * 128, 128}}};
    }
    size_t length;
    sr_buffer_t room = {.data = output, .capacity = sizeof output, .length = &length};
    return sr_key_batch(bytes(input, sizeof input), items, ITEMS, room, NULL);
}

static const struct {
    const char *name;
    uint32_t (*run)(void);
} operations[] = {{"no-op", nothing}, {"borrow", borrow}, {"encrypt-32", encrypt},
                  {"decrypt-32", decrypt}, {"sign-ed25519", sign}, {"batch-64-encrypt-32", batch}};

__attribute__((noinline)) uint32_t measured(uint32_t (*run)(void), int times);

uint32_t measured(uint32_t (*run)(void), int times) {
    uint32_t status = 0;
    for (int time = 0; time < times; time++) status |= run();
    return status;
}

/* Makes and opens a key; a status that is not SR_OK ends the program. */
static sr_key_t open_key(uint32_t algorithm, uint32_t usages) {
    sr_key_spec_t spec = {.key_id = "instruction-cnt", .version = 1, .algorithm = algorithm, .usages = usages, .created_at = 1};
    uint8_t sealed[SR_SEALED_KEY_MAX_BYTES];
    size_t length;
    sr_buffer_t room = {.data = sealed, .capacity = sizeof sealed, .length = &length};
    sr_key_t made;
    if (sr_key_generate(root, &spec, room, NULL) != SR_OK) exit(65);
    if (sr_key_open(root, bytes(sealed, length), bytes(spec.key_id, 16), 1, &made, NULL) != SR_OK) exit(66);
    return made;
}

int main(int count, char **arguments) {
    if (count != 4 || sr_start(1 << 20, NULL) != SR_OK) return 64;
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/root.key", arguments[3]);
    if (sr_root_create_file(bytes(path, (size_t)length), &root, NULL) != SR_OK) return 67;
    remove(path);
    key = open_key(SR_ALGORITHM_AES_256_GCM, SR_USAGE_ENCRYPT | SR_USAGE_DECRYPT);
    signer = open_key(SR_ALGORITHM_ED25519, SR_USAGE_SIGN);
    if (encrypt() != SR_OK) return 68;
    for (size_t index = 0; index < sizeof operations / sizeof *operations; index++) {
        if (strcmp(operations[index].name, arguments[1]) != 0) continue;
        /* What is done once, such as binding symbols, is not counted. */
        if (measured(operations[index].run, 3) != 0) return 69;
        printf("begin\n");
        return measured(operations[index].run, atoi(arguments[2])) != 0;
    }
    return 70;
}
