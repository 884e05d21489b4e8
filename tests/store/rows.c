/* Rows: found in results, listed, compared, and the laws over them. */
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "store/memory.h"
#include "store/sqlite.h"
#include "store/work.h"
#include "world.h"

const struct match_row *world_row(const struct world *world,
                                  enum match_row_kind kind, uint64_t id)
{
    const struct match_result *result = &world->job.result.match;

    for (uint32_t i = 0; i < result->rows; i++)
        if (result->row[i].kind == kind && kind < ROW_PAIR &&
            store_work_id(&result->row[i]) == id)
            return &result->row[i];
    return NULL;
}

const struct match_pair_row *world_pair(const struct world *world,
                                        enum match_pair_kind kind, uint64_t x,
                                        uint64_t y)
{
    const struct match_result *result = &world->job.result.match;

    for (uint32_t i = 0; i < result->rows; i++) {
        const struct match_pair_row *p = &result->row[i].pair;

        if (result->row[i].kind == ROW_PAIR && p->kind == kind &&
            ((p->a == x && p->b == y) || (p->a == y && p->b == x)))
            return p;
    }
    return NULL;
}

static int order(uint64_t x, uint64_t y)
{
    return (x > y) - (x < y);
}

static int by_name(const void *left, const void *right)
{
    const struct match_row *x = left, *y = right;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->kind != ROW_PAIR)
        return order(store_work_id(x), store_work_id(y));
    if (x->pair.kind != y->pair.kind)
        return x->pair.kind < y->pair.kind ? -1 : 1;
    if (x->pair.a != y->pair.a)
        return order(x->pair.a, y->pair.a);
    if (x->pair.b != y->pair.b)
        return order(x->pair.b, y->pair.b);
    return order(x->pair.ticket, y->pair.ticket);
}

uint32_t world_rows(struct world *world, struct match_row *row, uint32_t most)
{
    bool memory = strcmp(world->kind, "memory") == 0;
    uint64_t cursor = 0;
    uint32_t n = 0;

    while (n < most &&
           (memory ? store_memory_row(world->store, &cursor, row + n)
                   : store_sqlite_row(world->store, &cursor, row + n)))
        n++;
    REQUIRE(n < most);
    qsort(row, n, sizeof *row, by_name);
    return n;
}

static bool same_key(const struct match_key *x, const struct match_key *y)
{
    return x->word[0] == y->word[0] && x->word[1] == y->word[1] &&
           x->request_hash == y->request_hash;
}

static bool same_ticket(const struct match_ticket_row *x,
                        const struct match_ticket_row *y)
{
    return x->id == y->id && x->member == y->member && x->pool == y->pool &&
           x->state == y->state && x->why == y->why && x->danger == y->danger &&
           x->offers == y->offers && x->since_ms == y->since_ms &&
           x->expires_ms == y->expires_ms &&
           x->backoff_until_ms == y->backoff_until_ms && x->tie == y->tie &&
           x->carry == y->carry && x->wish == y->wish &&
           x->wish_talk == y->wish_talk &&
           x->wish_until_ms == y->wish_until_ms && same_key(&x->key, &y->key);
}

static bool same_offer(const struct match_offer_row *x,
                       const struct match_offer_row *y)
{
    return x->id == y->id && x->ticket == y->ticket && x->seeker == y->seeker &&
           x->peer == y->peer && x->pool == y->pool && x->state == y->state &&
           x->danger == y->danger && x->showns == y->showns && x->p == y->p &&
           x->seeker_card_version == y->seeker_card_version &&
           x->peer_card_version == y->peer_card_version &&
           x->made_ms == y->made_ms && x->deadline_ms == y->deadline_ms &&
           x->met == y->met &&
           memcmp(x->shown, y->shown, sizeof x->shown) == 0 &&
           same_key(&x->answer, &y->answer);
}

static bool same_duty(const struct match_duty_row *x,
                      const struct match_duty_row *y)
{
    return x->member == y->member && x->pool == y->pool &&
           x->state == y->state && x->why == y->why && x->grade == y->grade &&
           x->capacity == y->capacity && x->used == y->used &&
           x->lapses == y->lapses && x->yes == y->yes && x->total == y->total &&
           x->grade_until_ms == y->grade_until_ms && x->day_max == y->day_max &&
           x->until_ms == y->until_ms && x->rest_ms == y->rest_ms &&
           x->rest_until_ms == y->rest_until_ms && x->tie == y->tie &&
           same_key(&x->key, &y->key);
}

static bool same_talk(const struct match_talk_row *x,
                      const struct match_talk_row *y)
{
    return x->id == y->id && x->ticket == y->ticket && x->offer == y->offer &&
           x->seeker == y->seeker && x->peer == y->peer && x->pool == y->pool &&
           x->p == y->p && x->state == y->state && x->why == y->why &&
           x->joined == y->joined && x->reflected == y->reflected &&
           x->again == y->again && x->showns == y->showns &&
           x->since_ms == y->since_ms && x->started_ms == y->started_ms &&
           x->ended_ms == y->ended_ms && x->carry == y->carry &&
           memcmp(x->shown, y->shown, sizeof x->shown) == 0;
}

bool world_same_row(const struct match_row *x, const struct match_row *y)
{
    if (x->kind != y->kind)
        return false;
    switch (x->kind) {
    case ROW_TICKET:
        return same_ticket(&x->ticket, &y->ticket);
    case ROW_OFFER:
        return same_offer(&x->offer, &y->offer);
    case ROW_DUTY:
        return same_duty(&x->duty, &y->duty);
    case ROW_TALK:
        return same_talk(&x->talk, &y->talk);
    case ROW_PAIR:
        return by_name(x, y) == 0 && x->pair.until_ms == y->pair.until_ms &&
               x->pair.gone == y->pair.gone;
    case ROW_RARITY:
        return x->rarity.token == y->rarity.token &&
               x->rarity.pool == y->rarity.pool &&
               x->rarity.count_q8 == y->rarity.count_q8;
    case ROW_KINDS:
        break;
    }
    return false;
}

bool world_same_result(const struct store_result *x,
                       const struct store_result *y)
{
    if (x->outcome != y->outcome || x->err != y->err ||
        x->match.rows != y->match.rows ||
        x->match.reference != y->match.reference || x->match.op != y->match.op)
        return false;
    for (uint32_t i = 0; i < x->match.rows; i++)
        if (!world_same_row(&x->match.row[i], &y->match.row[i]))
            return false;
    return true;
}

enum { ROWS_MAX = 4096 };

static uint32_t used_by(const struct match_row *row, uint32_t n, uint64_t peer)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < n; i++)
        used += (row[i].kind == ROW_OFFER && row[i].offer.peer == peer) ||
                (row[i].kind == ROW_TALK && row[i].talk.peer == peer);
    return used;
}

static uint32_t ticket_broken(const struct match_row *row, uint32_t n,
                              const struct match_ticket_row *ticket)
{
    uint32_t live = 0, open = 0;

    for (uint32_t i = 0; i < n; i++) {
        live +=
            row[i].kind == ROW_TICKET && row[i].ticket.member == ticket->member;
        open += row[i].kind == ROW_OFFER && row[i].offer.ticket == ticket->id;
    }
    return live != 1 || open != (ticket->state == TICKET_OFFERED);
}

static uint32_t offer_broken(const struct match_row *row, uint32_t n,
                             const struct match_offer_row *offer)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < n; i++)
        found += row[i].kind == ROW_TICKET &&
                 row[i].ticket.id == offer->ticket &&
                 row[i].ticket.pool == offer->pool &&
                 row[i].ticket.member == offer->seeker;
    return found != 1 || offer->seeker == offer->peer;
}

uint32_t world_broken(struct world *world)
{
    static struct match_row row[ROWS_MAX];
    uint32_t n = world_rows(world, row, ROWS_MAX), broken = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (row[i].kind == ROW_TICKET)
            broken += ticket_broken(row, n, &row[i].ticket);
        else if (row[i].kind == ROW_OFFER)
            broken += offer_broken(row, n, &row[i].offer);
        else if (row[i].kind == ROW_DUTY)
            broken += row[i].duty.used > MATCH_CAPACITY_MAX ||
                      row[i].duty.used != used_by(row, n, row[i].duty.member);
    }
    return broken;
}
