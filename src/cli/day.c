#include "cli/day.h"

#include <string.h>

#include "base/require.h"

enum { BLOCK_LINES = 1024 };

struct cli_day_block {
    struct cli_day_block *next;
    uint32_t lines;
    struct cli_day_line line[BLOCK_LINES];
};

struct cli_day_card {
    uint32_t version, vocabulary_version;
    uint64_t show;
    uint8_t role, haves, seeks, seek_tokens, musts, must_tokens, must_nots;
    uint32_t word[]; /* have, must_not, seek tokens, must tokens, then a group
                        of seek each, then two words of must each */
};

void cli_day_init(struct cli_day *day)
{
    *day = (struct cli_day){0};
    cli_names_init(&day->members, CLI_DAY_MEMBERS_MAX);
    cli_names_init(&day->pools, CLI_DAY_POOLS_MAX);
    cli_names_init(&day->terms, CLI_DAY_MEMBERS_MAX);
    cli_names_init(&day->tickets, CLI_DAY_TICKETS_MAX);
    arena_init(&day->arena, CLI_DAY_BYTES_MAX);
}

void cli_day_close(struct cli_day *day)
{
    cli_names_close(&day->members);
    cli_names_close(&day->pools);
    cli_names_close(&day->terms);
    cli_names_close(&day->tickets);
    arena_reset(&day->arena);
    *day = (struct cli_day){0};
}

/* Law 2. */
static enum err room(struct cli_day *day, size_t size, void *piece)
{
    void *memory = arena_alloc(&day->arena, size);

    memcpy(piece, &memory, sizeof memory);
    if (memory)
        return ERR_NONE;
    return size > day->arena.budget - day->arena.taken ? ERR_FULL : ERR_NOMEM;
}

static uint32_t *pack_tokens(uint32_t *to, const uint64_t *token, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++) {
        REQUIRE(token[i] <= UINT32_MAX); /* the number of a term */
        *to++ = (uint32_t)token[i];
    }
    return to;
}

static uint32_t pack_group(const struct match_group *group)
{
    return (uint32_t)group->first | (uint32_t)group->count << 8 |
           (uint32_t)group->importance << 16;
}

static struct match_group unpack_group(uint32_t word)
{
    return (struct match_group){.first = (uint8_t)word,
                                .count = (uint8_t)(word >> 8),
                                .importance = (uint8_t)(word >> 16)};
}

static enum err pack(struct cli_day *day, const struct match_card *card,
                     const struct cli_day_card **out)
{
    size_t words = (size_t)card->haves + card->must_nots + card->seek_tokens +
                   card->must_tokens + card->seeks + 2u * card->musts;
    struct cli_day_card *packed;
    uint32_t *to;
    enum err err =
        room(day, sizeof *packed + words * sizeof packed->word[0], &packed);

    if (err != ERR_NONE)
        return err;
    *packed =
        (struct cli_day_card){.version = card->version,
                              .vocabulary_version = card->vocabulary_version,
                              .show = card->show,
                              .role = (uint8_t)card->role,
                              .haves = card->haves,
                              .seeks = card->seeks,
                              .seek_tokens = card->seek_tokens,
                              .musts = card->musts,
                              .must_tokens = card->must_tokens,
                              .must_nots = card->must_nots};
    to = pack_tokens(packed->word, card->have, card->haves);
    to = pack_tokens(to, card->must_not, card->must_nots);
    to = pack_tokens(to, card->seek_token, card->seek_tokens);
    to = pack_tokens(to, card->must_token, card->must_tokens);
    for (uint8_t i = 0; i < card->seeks; i++)
        *to++ = pack_group(&card->seek[i]);
    for (uint8_t i = 0; i < card->musts; i++) {
        *to++ = pack_group(&card->must[i]);
        *to++ = card->must[i].relax_after_ms;
    }
    REQUIRE(to == packed->word + words);
    *out = packed;
    return ERR_NONE;
}

static const uint32_t *unpack_tokens(const uint32_t *from, uint64_t *token,
                                     uint8_t n)
{
    for (uint8_t i = 0; i < n; i++)
        token[i] = *from++;
    return from;
}

void cli_day_unpack(const struct cli_day_card *packed, struct match_card *card)
{
    const uint32_t *from = packed->word;

    card->version = packed->version;
    card->vocabulary_version = packed->vocabulary_version;
    card->show = packed->show;
    card->role = (enum match_role)packed->role;
    card->haves = packed->haves;
    card->seeks = packed->seeks;
    card->seek_tokens = packed->seek_tokens;
    card->musts = packed->musts;
    card->must_tokens = packed->must_tokens;
    card->must_nots = packed->must_nots;
    from = unpack_tokens(from, card->have, card->haves);
    from = unpack_tokens(from, card->must_not, card->must_nots);
    from = unpack_tokens(from, card->seek_token, card->seek_tokens);
    from = unpack_tokens(from, card->must_token, card->must_tokens);
    for (uint8_t i = 0; i < card->seeks; i++)
        card->seek[i] = unpack_group(*from++);
    for (uint8_t i = 0; i < card->musts; i++) {
        card->must[i] = unpack_group(*from++);
        card->must[i].relax_after_ms = *from++;
    }
}

/* A copy of n pieces, if any, where *from then points. */
static enum err keep(struct cli_day *day, size_t size, const void *from,
                     void *out)
{
    void *copy = NULL;
    enum err err = size > 0 ? room(day, size, &copy) : ERR_NONE;

    if (err == ERR_NONE && size > 0)
        memcpy(copy, from, size);
    memcpy(out, &copy, sizeof copy);
    return err;
}

static enum err next_place(struct cli_day *day)
{
    struct cli_day_block *block;
    enum err err;

    if (day->last && day->last->lines < BLOCK_LINES)
        return ERR_NONE;
    err = room(day, sizeof *block, &block);
    if (err != ERR_NONE)
        return err;
    block->next = NULL;
    block->lines = 0;
    if (day->last)
        day->last->next = block;
    else
        day->first = block;
    day->last = block;
    return ERR_NONE;
}

enum err cli_day_add(struct cli_day *day, const struct cli_day_line *line,
                     const struct match_card *card)
{
    struct cli_day_line kept = *line;
    enum err err = next_place(day);

    REQUIRE(line->t_ms >= day->end_ms);
    if (err == ERR_NONE && card)
        err = pack(day, card, &kept.card);
    else if (err == ERR_NONE && line->what == CLI_DAY_ATTEND)
        err = keep(day, line->count * sizeof *line->answer, line->answer,
                   &kept.answer);
    else if (err == ERR_NONE && line->what == CLI_DAY_RARITY)
        err = keep(day, line->count * sizeof *line->rarity, line->rarity,
                   &kept.rarity);
    if (err != ERR_NONE)
        return err;
    day->last->line[day->last->lines++] = kept; /* Law 1 */
    day->lines++;
    day->end_ms = kept.t_ms;
    return ERR_NONE;
}

struct cli_day_at cli_day_start(const struct cli_day *day)
{
    return (struct cli_day_at){.block = day->first};
}

const struct cli_day_line *cli_day_next(struct cli_day_at *at)
{
    if (at->block && at->index == at->block->lines) {
        at->block = at->block->next;
        at->index = 0;
    }
    return at->block && at->index < at->block->lines
               ? &at->block->line[at->index++]
               : NULL;
}
