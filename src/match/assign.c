#include "match/assign.h"

#include <string.h>

#include "base/cut.h"
#include "base/require.h"

/* A cost is minus a value.  Leaving a ticket alone costs 0: each has a dummy
 * of its own for that, which is never full and never priced. */

#define UNSEEN UINT32_MAX
#define DONE   (UINT32_MAX - 1)

static size_t lay_out(struct match_assign *a, void *memory)
{
    struct cut from = {.at = memory};
    size_t t = a->tickets_max, p = t * a->degree_max;

    a->edge = cut(&from, p, sizeof *a->edge);
    a->price = cut(&from, p, sizeof *a->price);
    a->distance = cut(&from, p, sizeof *a->distance);
    a->edges = cut(&from, t, sizeof *a->edges);
    a->chosen = cut(&from, t, sizeof *a->chosen);
    a->next = cut(&from, t, sizeof *a->next);
    a->mate = cut(&from, p, sizeof *a->mate);
    a->load = cut(&from, p, sizeof *a->load);
    a->via_ticket = cut(&from, p, sizeof *a->via_ticket);
    a->via_edge = cut(&from, p, sizeof *a->via_edge);
    a->heap = cut(&from, p, sizeof *a->heap);
    a->place = cut(&from, p, sizeof *a->place);
    a->scanned = cut(&from, p, sizeof *a->scanned);
    a->seen = cut(&from, p, sizeof *a->seen);
    a->capacity = cut(&from, p, sizeof *a->capacity);
    return from.used;
}

size_t match_assign_bytes(uint32_t tickets_max, uint32_t degree_max)
{
    struct match_assign a = {.tickets_max = tickets_max,
                             .degree_max = degree_max};

    return lay_out(&a, NULL);
}

void match_assign_init(struct match_assign *assign, void *memory,
                       uint32_t tickets_max, uint32_t degree_max)
{
    REQUIRE(memory != NULL);
    REQUIRE(tickets_max > 0 && degree_max > 0);
    *assign = (struct match_assign){.tickets_max = tickets_max,
                                    .degree_max = degree_max};
    (void)lay_out(assign, memory);
}

/* ---- a heap of peers by distance ---- */

static void heap_up(struct match_assign *a, uint32_t peer)
{
    uint32_t at = a->place[peer];

    for (; at > 0; at = (at - 1) / 2) {
        uint32_t up = a->heap[(at - 1) / 2];

        if (a->distance[up] <= a->distance[peer])
            break;
        a->heap[at] = up;
        a->place[up] = at;
    }
    a->heap[at] = peer;
    a->place[peer] = at;
}

static uint32_t heap_pop(struct match_assign *a, uint32_t *n)
{
    uint32_t top = a->heap[0], last = a->heap[--*n], at = 0;

    a->place[top] = DONE;
    if (*n == 0)
        return top;
    for (;;) {
        uint32_t down = 2 * at + 1;

        if (down >= *n)
            break;
        if (down + 1 < *n &&
            a->distance[a->heap[down + 1]] < a->distance[a->heap[down]])
            down++;
        if (a->distance[last] <= a->distance[a->heap[down]])
            break;
        a->heap[at] = a->heap[down];
        a->place[a->heap[at]] = at;
        at = down;
    }
    a->heap[at] = last;
    a->place[last] = at;
    return top;
}

/* ---- one augmentation ---- */

struct search {
    uint32_t heap, scans;
    uint32_t seen, edges; /* peers reached, edges looked at */
    int64_t end;          /* the least distance of a way out so far */
    uint32_t end_ticket;  /* which is to leave this ticket alone */
};

/* Reach the peers of ticket, which lies at distance `base`. */
static void reach(struct match_assign *a, struct search *s, uint32_t ticket,
                  int64_t base)
{
    const struct match_assign_edge *edge =
        &a->edge[(size_t)ticket * a->degree_max];

    REQUIRE(ticket < a->tickets);
    REQUIRE(a->edges[ticket] <= a->degree_max);
    if (base < s->end) { /* its dummy costs 0 */
        s->end = base;
        s->end_ticket = ticket;
    }
    s->edges += a->edges[ticket];
    for (uint32_t e = 0; e < a->edges[ticket]; e++) {
        uint32_t peer = edge[e].peer;
        int64_t distance = base - edge[e].value - a->price[peer];

        if (a->place[peer] == DONE)
            continue;
        if (a->place[peer] == UNSEEN) {
            a->place[peer] = s->heap++;
            a->seen[s->seen++] = peer;
        } else if (distance >= a->distance[peer]) {
            continue;
        }
        a->distance[peer] = distance;
        a->via_ticket[peer] = ticket;
        a->via_edge[peer] = e;
        heap_up(a, peer);
    }
}

static void unlink_mate(struct match_assign *a, uint32_t peer, uint32_t ticket)
{
    uint32_t *link = &a->mate[peer];

    while (*link != ticket) {
        REQUIRE(*link != MATCH_ASSIGN_NONE);
        link = &a->next[*link];
    }
    *link = a->next[ticket];
    a->load[peer]--;
}

/* Along the path that ends at `peer`, every ticket moves one peer on. */
static void augment(struct match_assign *a, uint32_t start, uint32_t peer)
{
    for (;;) {
        uint32_t ticket = a->via_ticket[peer], edge = a->via_edge[peer];
        uint32_t old = a->chosen[ticket];
        uint32_t left =
            old == MATCH_ASSIGN_NONE
                ? MATCH_ASSIGN_NONE
                : a->edge[(size_t)ticket * a->degree_max + old].peer;

        if (left != MATCH_ASSIGN_NONE)
            unlink_mate(a, left, ticket);
        a->chosen[ticket] = edge;
        a->next[ticket] = a->mate[peer];
        a->mate[peer] = ticket;
        a->load[peer]++;
        if (ticket == start)
            return;
        REQUIRE(left != MATCH_ASSIGN_NONE);
        peer = left;
    }
}

/* Ticket is left alone; the path to it moves on. */
static void leave_alone(struct match_assign *a, uint32_t start, uint32_t ticket)
{
    uint32_t peer;

    if (ticket == start)
        return;
    REQUIRE(a->chosen[ticket] != MATCH_ASSIGN_NONE);
    peer = a->edge[(size_t)ticket * a->degree_max + a->chosen[ticket]].peer;
    unlink_mate(a, peer, ticket);
    a->chosen[ticket] = MATCH_ASSIGN_NONE;
    augment(a, start, peer);
}

/* Prices, so that what was chosen stays cheapest for each. */
static void reprice(struct match_assign *a, const struct search *s)
{
    for (uint32_t i = 0; i < s->scans; i++) {
        uint32_t peer = a->scanned[i];

        REQUIRE(a->distance[peer] <= s->end);
        a->price[peer] += a->distance[peer] - s->end;
    }
}

/* Search from start, and move along the cheapest way out. */
static void search(struct match_assign *a, struct search *s, uint32_t start)
{
    reach(a, s, start, 0);
    while (s->heap > 0 && a->distance[a->heap[0]] < s->end) {
        uint32_t peer = heap_pop(a, &s->heap);

        if (a->load[peer] < a->capacity[peer]) {
            s->end = a->distance[peer];
            reprice(a, s);
            augment(a, start, peer);
            return;
        }
        a->scanned[s->scans++] = peer;
        for (uint32_t t = a->mate[peer]; t != MATCH_ASSIGN_NONE;
             t = a->next[t]) {
            int64_t value =
                a->edge[(size_t)t * a->degree_max + a->chosen[t]].value;

            reach(a, s, t, a->distance[peer] + value + a->price[peer]);
        }
    }
    reprice(a, s);
    leave_alone(a, start, s->end_ticket);
}

void match_assign_begin(struct match_assign *assign)
{
    struct match_assign *a = assign;

    REQUIRE(a->tickets <= a->tickets_max);
    REQUIRE(a->peers <= (size_t)a->tickets_max * a->degree_max);
    memset(a->chosen, 0xff, sizeof *a->chosen * a->tickets_max);
    memset(a->mate, 0xff, sizeof *a->mate * a->peers);
    memset(a->load, 0, sizeof *a->load * a->peers);
    memset(a->price, 0, sizeof *a->price * a->peers);
    memset(a->place, 0xff, sizeof *a->place * a->peers); /* UNSEEN */
}

uint32_t match_assign_place(struct match_assign *assign, uint32_t ticket)
{
    struct match_assign *a = assign;
    struct search s = {.end = INT64_MAX};

    REQUIRE(ticket < a->tickets);
    REQUIRE(a->chosen[ticket] == MATCH_ASSIGN_NONE);
    search(a, &s, ticket); /* Laws 1, 2, 3 */
    while (s.seen > 0)
        a->place[a->seen[--s.seen]] = UNSEEN;
    return s.edges;
}

void match_assign_solve(struct match_assign *assign)
{
    match_assign_begin(assign);
    for (uint32_t t = 0; t < assign->tickets; t++)
        (void)match_assign_place(assign, t);
}
