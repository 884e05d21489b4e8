#include "server/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"

/* Hashes are keyed, so their first bytes are as good as random. */
static uint64_t key_of(const uint8_t receive_hash[static 32])
{
    uint64_t key;

    memcpy(&key, receive_hash, sizeof key);
    return key == 0 ? 1 : key;
}

enum err server_secrets_init(struct server_secrets *secrets, uint32_t cap)
{
    uint32_t slots = map_slots_for(cap);

    *secrets = (struct server_secrets){.cap = cap};
    secrets->slot = calloc(slots, sizeof *secrets->slot);
    secrets->hash_slot = calloc(slots, sizeof *secrets->hash_slot);
    secrets->secret = calloc(cap, sizeof *secrets->secret);
    if (!secrets->slot || !secrets->hash_slot || !secrets->secret) {
        server_secrets_close(secrets);
        return ERR_NOMEM;
    }
    map_init(&secrets->map, secrets->slot, slots);
    map_init(&secrets->by_hash, secrets->hash_slot, slots);
    for (uint32_t i = 0; i < cap; i++)
        secrets->secret[i].next_free = i + 1;
    return ERR_NONE;
}

void server_secrets_close(struct server_secrets *secrets)
{
    if (secrets->secret) /* Law 2 */
        wipe(secrets->secret, secrets->cap * sizeof *secrets->secret);
    free(secrets->secret);
    free(secrets->slot);
    free(secrets->hash_slot);
    *secrets = (struct server_secrets){0};
}

/* Two may name one mailbox, where a client drew it twice: the later counts. */
static void forget_hash(struct server_secrets *secrets, uint32_t at)
{
    uint64_t key = key_of(secrets->secret[at].side.receive_hash);

    if (map_get(&secrets->by_hash, key) == at)
        REQUIRE(map_remove(&secrets->by_hash, key));
}

enum err server_secrets_keep(struct server_secrets *secrets, uint64_t id,
                             const struct seal_row_side *side)
{
    uint32_t at = map_get(&secrets->map, id);

    REQUIRE(id != 0);
    if (at == MAP_NONE) { /* Law 1 */
        at = secrets->free;
        if (at == secrets->cap || map_put(&secrets->map, id, at) != ERR_NONE)
            return ERR_FULL;
        secrets->free = secrets->secret[at].next_free;
    } else {
        forget_hash(secrets, at);
    }
    secrets->secret[at].id = id;
    secrets->secret[at].side = *side;
    REQUIRE(map_put(&secrets->by_hash, key_of(side->receive_hash), at) ==
            ERR_NONE); /* it is no larger than the other */
    return ERR_NONE;
}

const struct seal_row_side *
server_secrets_find(const struct server_secrets *secrets, uint64_t id)
{
    uint32_t at = map_get(&secrets->map, id);

    if (at == MAP_NONE)
        return NULL;
    REQUIRE(secrets->secret[at].id == id);
    return &secrets->secret[at].side;
}

uint64_t server_secrets_of(const struct server_secrets *secrets,
                           const uint8_t receive_hash[static 32])
{
    uint32_t at = map_get(&secrets->by_hash, key_of(receive_hash));

    if (at == MAP_NONE ||
        memcmp(secrets->secret[at].side.receive_hash, receive_hash, 32) != 0)
        return 0;
    return secrets->secret[at].id; /* Law 3 */
}

void server_secrets_forget(struct server_secrets *secrets, uint64_t id)
{
    uint32_t at = map_get(&secrets->map, id);

    if (at == MAP_NONE)
        return;
    REQUIRE(map_remove(&secrets->map, id));
    forget_hash(secrets, at);
    wipe(&secrets->secret[at], sizeof secrets->secret[at]); /* Law 2 */
    secrets->secret[at].next_free = secrets->free;
    secrets->free = at;
}
