#include "cli/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/large.h"
#include "base/require.h"

/* Of two names that meet in a slot few have the same hash: the others are not
 * looked at, nor is any when the slots become more. */
struct cli_names_slot {
    uint32_t id, hash; /* id 0: empty */
};

/* Eight bytes at a time, the last of them with zeros. */
static uint32_t hash_of(const char *name, size_t size)
{
    uint64_t h = size, word;

    for (; size >= sizeof word; size -= sizeof word, name += sizeof word) {
        memcpy(&word, name, sizeof word);
        h = chance_mix(h ^ word);
    }
    word = 0;
    memcpy(&word, name, size);
    return (uint32_t)chance_mix(h ^ word);
}

void cli_names_init(struct cli_names *names, uint32_t max)
{
    REQUIRE(max <= UINT32_MAX / 4);
    *names = (struct cli_names){.max = max};
    arena_init(&names->arena, SIZE_MAX); /* Law 2 is the bound */
}

void cli_names_close(struct cli_names *names)
{
    arena_reset(&names->arena);
    free(names->name);
    free(names->slot);
    *names = (struct cli_names){0};
}

/* The slot that holds name, or the empty one where it belongs. */
static struct cli_names_slot *probe(const struct cli_names *names,
                                    const char *name, uint32_t hash)
{
    uint32_t at = hash & (names->slots - 1);
    const struct cli_names_slot *slot;

    for (;; at = (at + 1) & (names->slots - 1)) {
        slot = &names->slot[at];
        if (slot->id == 0 || (slot->hash == hash &&
                              strcmp(names->name[slot->id - 1], name) == 0))
            return &names->slot[at];
    }
}

uint32_t cli_names_find(const struct cli_names *names, const char *name)
{
    return names->slots ? probe(names, name, hash_of(name, strlen(name)))->id
                        : 0;
}

/* Where there is room: in the first empty slot of those where it may be. */
static void settle(const struct cli_names *names, struct cli_names_slot put)
{
    uint32_t at = put.hash & (names->slots - 1);

    while (names->slot[at].id != 0)
        at = (at + 1) & (names->slots - 1);
    names->slot[at] = put;
}

/* Room for one more: at most half of the slots are taken. */
static enum err grow(struct cli_names *names)
{
    uint32_t cap = names->cap ? names->cap * 2 : 64;
    const char **name = realloc(names->name, cap * sizeof *name);
    struct cli_names_slot *old = names->slot, *slot;
    uint32_t olds = names->slots;

    if (!name)
        return ERR_NOMEM;
    names->name = name;
    slot = calloc(cap * 2, sizeof *slot);
    if (!slot)
        return ERR_NOMEM;
    large_pages(slot, cap * 2 * sizeof *slot);
    names->slot = slot;
    names->cap = cap;
    names->slots = cap * 2;
    for (uint32_t i = 0; i < olds; i++)
        if (old[i].id != 0)
            settle(names, old[i]);
    free(old);
    return ERR_NONE;
}

enum err cli_names_add(struct cli_names *names, const char *name, uint32_t *id)
{
    size_t size = strlen(name);
    struct cli_names_slot new = {.hash = hash_of(name, size)};
    char *copy;

    *id = names->slots ? probe(names, name, new.hash)->id : 0; /* Law 1 */
    if (*id != 0)
        return ERR_NONE;
    if (names->n == names->max)
        return ERR_FULL; /* Law 2 */
    if (names->n == names->cap && grow(names) != ERR_NONE)
        return ERR_NOMEM;
    copy = arena_alloc(&names->arena, size + 1);
    if (!copy)
        return ERR_NOMEM;
    memcpy(copy, name, size + 1);
    names->name[names->n++] = copy;
    *id = new.id = names->n;
    settle(names, new);
    return ERR_NONE;
}

const char *cli_names_get(const struct cli_names *names, uint32_t id)
{
    REQUIRE(id >= 1);
    REQUIRE(id <= names->n);
    return names->name[id - 1];
}
