#include "seal/keys.h"

#include <sodium.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seal.h"

enum { USES = sizeof(struct seal_keys) / SEAL_KEY };

/* Law 1 */
static void subkeys_differ(void)
{
    uint8_t master[SEAL_KEY], key[USES][SEAL_KEY];
    struct seal_keys a, b;

    fill(master, sizeof master, 1);
    seal_keys_init(&a, master);
    seal_keys_init(&b, master);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    memcpy(key, &a, sizeof key);
    for (int i = 0; i < USES; i++) {
        CHECK(memcmp(key[i], master, SEAL_KEY) != 0);
        for (int j = 0; j < i; j++)
            CHECK(memcmp(key[i], key[j], SEAL_KEY) != 0);
    }
    EACH_BIT(master, sizeof master, {
        seal_keys_init(&b, master);
        for (size_t i = 0; i < USES; i++)
            CHECK(memcmp((uint8_t *)&a + i * SEAL_KEY,
                         (uint8_t *)&b + i * SEAL_KEY, SEAL_KEY) != 0);
    });
}

/* Law 2 */
static void close_wipes(void)
{
    uint8_t master[SEAL_KEY];
    struct seal_keys keys;

    fill(master, sizeof master, 2);
    seal_keys_init(&keys, master);
    seal_keys_close(&keys);
    CHECK(sodium_is_zero((const uint8_t *)&keys, sizeof keys));
    seal_keys_close(&keys);
    CHECK(sodium_is_zero((const uint8_t *)&keys, sizeof keys));
}

/* Law 3, by a child. */
static void fixed_is_fixed(void)
{
    uint8_t master[SEAL_KEY];
    struct seal_keys *keys = seal_keys_new();
    int status;
    pid_t child;

    CHECK(keys != NULL);
    fill(master, sizeof master, 3);
    seal_keys_init(keys, master);
    seal_keys_fix(keys);
    CHECK(!sodium_is_zero(keys->token, sizeof keys->token));
    child = fork();
    if (child == 0) {
        (void)close(STDERR_FILENO); /* of a sanitizer's complaint */
        keys->token[0] = 1;
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    seal_keys_free(keys);
    seal_keys_free(NULL);
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    subkeys_differ();
    close_wipes();
    fixed_is_fixed();
    return check_report("seal/keys");
}
