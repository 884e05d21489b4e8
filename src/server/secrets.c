#include "server/secrets.h"

#include <stdlib.h>

#include "base/require.h"
#include "base/wipe.h"

enum err server_secrets_init(struct server_secrets *secrets, uint32_t cap)
{
    uint32_t slots = map_slots_for(cap);

    *secrets = (struct server_secrets){.cap = cap};
    secrets->slot = calloc(slots, sizeof *secrets->slot);
    secrets->secret = calloc(cap, sizeof *secrets->secret);
    if (!secrets->slot || !secrets->secret) {
        server_secrets_close(secrets);
        return ERR_NOMEM;
    }
    map_init(&secrets->map, secrets->slot, slots);
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
    *secrets = (struct server_secrets){0};
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
    }
    secrets->secret[at].id = id;
    secrets->secret[at].side = *side;
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

void server_secrets_forget(struct server_secrets *secrets, uint64_t id)
{
    uint32_t at = map_get(&secrets->map, id);

    if (at == MAP_NONE)
        return;
    REQUIRE(map_remove(&secrets->map, id));
    wipe(&secrets->secret[at], sizeof secrets->secret[at]); /* Law 2 */
    secrets->secret[at].next_free = secrets->free;
    secrets->free = at;
}
