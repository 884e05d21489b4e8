#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "store/memory_tables.h"

/* Recovery order: rarity, exclusions, tickets by (since, id), open offers,
 * live talks. */
enum { PHASE_RARITY, PHASE_PAIR, PHASE_TICKET, PHASE_OFFER, PHASE_TALK };

static bool engaged(const struct store_memory *memory, uint64_t member)
{
    uint32_t slot;
    const struct store_memory_subject *duty =
        store_table_first(&memory->subject[ROW_DUTY], 0, member, &slot);

    return (duty && duty->row.row.duty.used > 0) ||
           store_memory_rows_lives(memory, member, MATCH_SEEKER);
}

static const struct store_table *table_of(const struct store_memory *memory,
                                          uint32_t phase)
{
    switch (phase) {
    case PHASE_RARITY:
        return &memory->rarity;
    case PHASE_PAIR:
        return &memory->pairs;
    case PHASE_TICKET:
        return &memory->subject[ROW_TICKET];
    case PHASE_OFFER:
        return &memory->subject[ROW_OFFER];
    default:
        return &memory->subject[ROW_TALK];
    }
}

/* Is the record of this place to be loaded, and where does it go? */
static bool placed(const struct store_memory *memory,
                   struct store_memory_place *place)
{
    const void *record =
        store_table_at(table_of(memory, place->phase), place->slot);
    const struct store_memory_subject *subject = record;
    const struct match_rarity_row *rarity = record;
    const struct match_pair_row *pair = record;

    if (!record)
        return false;
    switch (place->phase) {
    case PHASE_RARITY:
        place->first = rarity->pool;
        place->second = rarity->token;
        return true;
    case PHASE_PAIR:
        place->first = place->slot;
        return (store_memory_rows_lives(memory, pair->a, MATCH_SEEKER) ||
                store_memory_rows_lives(memory, pair->b, MATCH_SEEKER)) &&
               engaged(memory, pair->a) && engaged(memory, pair->b);
    case PHASE_TICKET:
        place->first = subject->row.row.ticket.since_ms;
        place->second = subject->row.row.ticket.id;
        return subject->row.row.ticket.state <= TICKET_OFFERED;
    case PHASE_OFFER:
        place->first = subject->row.row.offer.id;
        return subject->row.row.offer.state == OFFER_OPEN;
    default:
        place->first = subject->row.row.talk.id;
        return subject->row.row.talk.state != TALK_ENDED;
    }
}

static int in_order(const void *left, const void *right)
{
    const struct store_memory_place *x = left, *y = right;

    if (x->phase != y->phase)
        return x->phase < y->phase ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->second > y->second) - (x->second < y->second);
}

static bool list_places(struct store_memory *memory)
{
    size_t most = 1, n = 0;

    free(memory->place);
    memory->places = 0;
    for (uint32_t phase = 0; phase <= PHASE_TALK; phase++)
        most += table_of(memory, phase)->size;
    memory->place = malloc(most * sizeof *memory->place);
    if (!memory->place)
        return false;
    for (uint32_t phase = 0; phase <= PHASE_TALK; phase++)
        for (uint32_t slot = 0; slot < table_of(memory, phase)->slots; slot++) {
            struct store_memory_place place = {.phase = phase, .slot = slot};

            if (placed(memory, &place))
                memory->place[n++] = place;
        }
    REQUIRE(n <= most);
    qsort(memory->place, n, sizeof *memory->place, in_order);
    memory->places = (uint32_t)n;
    return true;
}

/* False: the arena is spent. */
static bool fill(struct store_keeper *keeper,
                 const struct store_memory_place *place,
                 struct store_loaded *out, struct arena *arena)
{
    struct store_memory *memory = (struct store_memory *)(void *)keeper;
    const void *record =
        store_table_at(table_of(memory, place->phase), place->slot);
    const struct store_memory_subject *subject = record;
    struct store_card card;

    REQUIRE(record != NULL); /* a load runs before anything else does */
    *out = (struct store_loaded){.row.kind = ROW_RARITY};
    if (place->phase == PHASE_RARITY) {
        out->row.rarity = *(const struct match_rarity_row *)record;
        return true;
    }
    if (place->phase == PHASE_PAIR) {
        out->row.kind = ROW_PAIR;
        out->row.pair = *(const struct match_pair_row *)record;
        return true;
    }
    out->row = subject->row.row;
    out->sealed = store_memory_copy(subject->sealed, arena);
    if (subject->sealed && !out->sealed.data)
        return false;
    if (place->phase == PHASE_TICKET &&
        keeper->ops->card(keeper, out->row.ticket.member, MATCH_SEEKER, &card,
                          arena)) {
        out->card = card.sealed;
        out->card_version = card.version;
    }
    if (keeper->err == ERR_NONE)
        return true;
    keeper->err = ERR_NONE;
    return false;
}

/* A cursor says how many places were given already. */
void store_memory_page_load(struct store_keeper *keeper, struct store_job *job)
{
    struct store_memory *memory = (struct store_memory *)(void *)keeper;
    uint64_t at = job->command.load.from.after;
    struct store_loaded *out =
        arena_alloc(&job->arena, STORE_PAGE_MAX * sizeof *out);
    uint32_t n = 0;

    if (!out || (at == 0 && !list_places(memory))) {
        keeper->err = ERR_STORE;
        return;
    }
    while (n < STORE_PAGE_MAX && at < memory->places &&
           fill(keeper, &memory->place[at], &out[n], &job->arena)) {
        n++;
        at++;
    }
    if (n == 0 && at < memory->places)
        keeper->err = ERR_STORE;
    job->result.load.row = out;
    job->result.load.rows = n;
    job->result.load.next.after = at;
    job->result.load.more = at < memory->places;
    if (!job->result.load.more) {
        free(memory->place);
        memory->place = NULL;
        memory->places = 0;
    }
}

uint64_t store_memory_page_latest_ms(struct store_keeper *keeper)
{
    const struct store_memory *memory = (const void *)keeper;
    uint64_t latest_ms = 0;

    for (uint32_t phase = PHASE_TICKET; phase <= PHASE_TALK; phase++)
        for (uint32_t slot = 0; slot < table_of(memory, phase)->slots; slot++) {
            struct store_memory_place place = {.phase = phase, .slot = slot};
            const struct store_memory_subject *subject =
                store_table_at(table_of(memory, phase), slot);
            uint64_t at_ms;

            if (!placed(memory, &place))
                continue;
            at_ms = phase == PHASE_TICKET  ? subject->row.row.ticket.since_ms
                    : phase == PHASE_OFFER ? subject->row.row.offer.made_ms
                                           : subject->row.row.talk.started_ms;
            latest_ms = at_ms > latest_ms ? at_ms : latest_ms;
        }
    return latest_ms;
}

static uint64_t alive(const struct store_memory *memory,
                      enum match_row_kind kind, uint32_t below)
{
    const struct store_table *table = &memory->subject[kind];
    uint64_t n = 0;

    for (uint32_t slot = 0; slot < table->slots; slot++) {
        const struct store_memory_subject *s = store_table_at(table, slot);

        if (!s)
            continue;
        if (kind == ROW_TICKET)
            n += (uint32_t)s->row.row.ticket.state < below;
        else if (kind == ROW_OFFER)
            n += (uint32_t)s->row.row.offer.state < below;
        else if (kind == ROW_DUTY)
            n += s->row.row.duty.state == DUTY_ON;
        else
            n += (uint32_t)s->row.row.talk.state < below;
    }
    return n;
}

void store_memory_page_count(struct store_keeper *keeper, struct store_job *job)
{
    const struct store_memory *memory = (const void *)keeper;

    job->result.count.members = memory->members.size;
    job->result.count.cards = memory->cards.size;
    job->result.count.tickets_live = alive(memory, ROW_TICKET, TICKET_MATCHED);
    job->result.count.duties_on = alive(memory, ROW_DUTY, 0);
    job->result.count.offers_open = alive(memory, ROW_OFFER, OFFER_ACCEPTED);
    job->result.count.talks_live = alive(memory, ROW_TALK, TALK_ENDED);
    job->result.count.messages_waiting = memory->messages.size;
    job->result.count.matches = memory->subject[ROW_TALK].size;
}
