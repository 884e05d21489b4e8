#include "seal/request.h"

#include <sodium.h>

#include "seal.h"

/* Law 1 */
static void depends_on_all(void)
{
    uint8_t key[SEAL_KEY], body[96];
    uint64_t hash;

    fill(key, sizeof key, 1);
    fill(body, sizeof body, 2);
    hash = seal_request_hash(key, 7, body, sizeof body);
    CHECK(seal_request_hash(key, 7, body, sizeof body) == hash);
    EACH_BIT(body, sizeof body,
             CHECK(seal_request_hash(key, 7, body, sizeof body) != hash));
    EACH_BIT(key, sizeof key,
             CHECK(seal_request_hash(key, 7, body, sizeof body) != hash));
    for (unsigned bit = 0; bit < 32; bit++)
        CHECK(seal_request_hash(key, 7 ^ (uint32_t)1 << bit, body,
                                sizeof body) != hash);
    for (size_t size = 0; size < sizeof body; size++)
        CHECK(seal_request_hash(key, 7, body, size) != hash);
    CHECK(seal_request_hash(key, 7, NULL, 0) ==
          seal_request_hash(key, 7, body, 0));
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    depends_on_all();
    return check_report("seal/request");
}
