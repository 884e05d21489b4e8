#include "seal/challenge.h"

#include <sodium.h>
#include <string.h>

#include "base/require.h"
#include "seal/bytes.h"

enum { MAC = 16, TIME = 8, SALT = SEAL_CHALLENGE_SALT };

static const char label_mac[] = "kindred.v1.challenge"; /* with its zero byte */
static const char label_time[] = "kindred.v1.challenge.time";

static void make_mac(uint8_t mac[static MAC],
                     const uint8_t key[static SEAL_KEY], uint64_t made_ms,
                     const uint8_t salt[static SALT])
{
    uint8_t in[sizeof label_mac + TIME + SALT], *at = in + sizeof label_mac;

    memcpy(in, label_mac, sizeof label_mac);
    at = seal_bytes_put(at, made_ms, TIME);
    memcpy(at, salt, SALT);
    REQUIRE(crypto_generichash(mac, MAC, in, sizeof in, key, SEAL_KEY) == 0);
}

/* What hides the time in a nonce with this mac. */
static uint64_t time_mask(const uint8_t key[static SEAL_KEY],
                          const uint8_t mac[static MAC])
{
    uint8_t in[sizeof label_time + MAC], mask[MAC];

    memcpy(in, label_time, sizeof label_time);
    memcpy(in + sizeof label_time, mac, MAC);
    REQUIRE(crypto_generichash(mask, MAC, in, sizeof in, key, SEAL_KEY) == 0);
    return seal_bytes_get(mask, TIME);
}

void seal_challenge_make(uint8_t nonce[static SEAL_CHALLENGE],
                         const uint8_t key[static SEAL_KEY], uint64_t now_ms,
                         const uint8_t salt[static SEAL_CHALLENGE_SALT])
{
    make_mac(nonce, key, now_ms, salt);
    (void)seal_bytes_put(nonce + MAC, now_ms ^ time_mask(key, nonce), TIME);
    memcpy(nonce + MAC + TIME, salt, SALT);
}

/* When the nonce was made, if it is ours. */
static enum err read_nonce(const uint8_t nonce[static SEAL_CHALLENGE],
                           const uint8_t key[static SEAL_KEY],
                           uint64_t *made_ms)
{
    uint8_t mac[MAC];

    *made_ms = seal_bytes_get(nonce + MAC, TIME) ^ time_mask(key, nonce);
    make_mac(mac, key, *made_ms, nonce + MAC + TIME);
    return sodium_memcmp(mac, nonce, MAC) ? ERR_CHALLENGE : ERR_NONE;
}

/* Law 1 */
static enum err check(const uint8_t nonce[static SEAL_CHALLENGE],
                      const uint8_t key[static SEAL_KEY], uint64_t now_ms,
                      uint64_t *made_ms)
{
    enum err err = read_nonce(nonce, key, made_ms);

    if (err)
        return err;
    if (*made_ms > now_ms && *made_ms - now_ms > SEAL_CHALLENGE_SKEW_MS)
        return ERR_CHALLENGE;
    if (*made_ms < now_ms && now_ms - *made_ms >= SEAL_CHALLENGE_VALID_MS)
        return ERR_CHALLENGE;
    return ERR_NONE;
}

enum err seal_challenge_check(const uint8_t nonce[static SEAL_CHALLENGE],
                              const uint8_t key[static SEAL_KEY],
                              uint64_t now_ms)
{
    uint64_t made_ms;

    return check(nonce, key, now_ms, &made_ms);
}

void seal_challenge_book_init(struct seal_challenge_book *book,
                              struct seal_challenge_used *ring, uint32_t cap,
                              struct map_slot *slot, uint64_t now_ms)
{
    REQUIRE(cap > 0);
    *book = (struct seal_challenge_book){
        .ring = ring, .cap = cap, .since_ms = now_ms};
    map_init(&book->map, slot, map_slots_for(cap));
}

/* The one used longest ago, of a book that is not empty. */
static const struct seal_challenge_used *
oldest(const struct seal_challenge_book *book)
{
    uint64_t past_head = (uint64_t)book->head + book->cap;

    return &book->ring[(past_head - book->map.size) % book->cap];
}

/* Forget what no thread's clock can find valid any more. */
static void forget(struct seal_challenge_book *book, uint64_t now_ms)
{
    while (book->map.size > 0 && now_ms >= oldest(book)->made_ms +
                                               SEAL_CHALLENGE_VALID_MS +
                                               SEAL_CHALLENGE_SKEW_MS)
        REQUIRE(map_remove(&book->map, oldest(book)->id));
}

/* Law 3, and with it law 2: what is forgotten early is too old from here on. */
static void make_room(struct seal_challenge_book *book)
{
    const struct seal_challenge_used *used;

    REQUIRE(book->cap > 0);
    if (book->map.size < book->cap)
        return;
    used = oldest(book);
    if (book->since_ms <= used->made_ms)
        book->since_ms = used->made_ms + 1;
    REQUIRE(map_remove(&book->map, used->id));
}

enum err seal_challenge_book_use(struct seal_challenge_book *book,
                                 const uint8_t nonce[static SEAL_CHALLENGE],
                                 const uint8_t key[static SEAL_KEY],
                                 uint64_t now_ms)
{
    uint64_t made_ms, id = seal_bytes_get(nonce, 8); /* of the mac: random */
    enum err err = check(nonce, key, now_ms, &made_ms);

    if (err)
        return err;
    if (made_ms < book->since_ms || id == 0)
        return ERR_CHALLENGE; /* Law 2 */
    forget(book, now_ms);
    if (map_get(&book->map, id) != MAP_NONE)
        return ERR_CHALLENGE; /* Law 2 */
    make_room(book);
    REQUIRE(map_put(&book->map, id, 0) == ERR_NONE);
    book->ring[book->head] =
        (struct seal_challenge_used){.id = id, .made_ms = made_ms};
    book->head = (book->head + 1) % book->cap;
    return ERR_NONE;
}
