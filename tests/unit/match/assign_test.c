/* The assignment against a search through every choice. */
#include "match/assign.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/chance.h"
#include "check.h"

enum { TICKETS = 6, DEGREE = 5, PEERS = 7, SEEDS = 4000, BIG = 120 };

static int64_t best_sum;

/* Every choice for the tickets from t on. */
static void search(const struct match_assign *a, uint32_t t, uint8_t *left,
                   int64_t sum)
{
    if (t == a->tickets) {
        if (sum > best_sum)
            best_sum = sum;
        return;
    }
    search(a, t + 1, left, sum);
    for (uint32_t e = 0; e < a->edges[t]; e++) {
        const struct match_assign_edge *edge = &a->edge[t * a->degree_max + e];

        if (left[edge->peer] == 0)
            continue;
        left[edge->peer]--;
        search(a, t + 1, left, sum + edge->value);
        left[edge->peer]++;
    }
}

static int64_t sum_of(const struct match_assign *a)
{
    uint32_t used[BIG] = {0};
    int64_t sum = 0;

    for (uint32_t t = 0; t < a->tickets; t++) {
        const struct match_assign_edge *edge;

        if (a->chosen[t] == MATCH_ASSIGN_NONE)
            continue;
        CHECK(a->chosen[t] < a->edges[t]);
        edge = &a->edge[t * a->degree_max + a->chosen[t]];
        used[edge->peer]++;
        sum += edge->value;
    }
    for (uint32_t p = 0; p < a->peers; p++)
        CHECK(used[p] <= a->capacity[p]); /* Law 1 */
    return sum;
}

static void draw(struct match_assign *a, uint64_t *seed, uint32_t tickets,
                 uint32_t peers, int64_t values)
{
    a->tickets = tickets;
    a->peers = peers;
    for (uint32_t p = 0; p < peers; p++)
        a->capacity[p] = (uint8_t)(1 + chance_below(seed, 3));
    for (uint32_t t = 0; t < tickets; t++) {
        bool seen[BIG] = {false};

        a->edges[t] = 0;
        for (uint64_t e = chance_below(seed, a->degree_max + 1); e > 0; e--) {
            uint32_t peer = (uint32_t)chance_below(seed, peers);

            if (seen[peer])
                continue;
            seen[peer] = true;
            a->edge[t * a->degree_max + a->edges[t]++] =
                (struct match_assign_edge){
                    .peer = peer,
                    .value = 1 + (int64_t)chance_below(seed, (uint64_t)values)};
        }
    }
}

/* Law 2, with few values (many ties) and with many. */
static void exact(struct match_assign *a, uint64_t seed)
{
    static const int64_t values[] = {2, 5, 1000, (int64_t)1 << 50};
    int64_t most = values[seed % 4];
    uint32_t tickets = 1 + (uint32_t)chance_below(&seed, TICKETS);
    uint32_t peers = 1 + (uint32_t)chance_below(&seed, PEERS);
    uint8_t left[PEERS];

    draw(a, &seed, tickets, peers, most);
    for (uint32_t p = 0; p < a->peers; p++)
        left[p] = a->capacity[p];
    best_sum = 0;
    search(a, 0, left, 0);
    match_assign_solve(a);
    CHECK(sum_of(a) == best_sum);
}

/* Law 3: the tickets in the other order get the same peers. */
static void order(struct match_assign *a, struct match_assign *b, uint64_t seed)
{
    draw(a, &seed, BIG, BIG / 4, (int64_t)1 << 40);
    b->tickets = a->tickets;
    b->peers = a->peers;
    for (uint32_t p = 0; p < a->peers; p++)
        b->capacity[p] = a->capacity[a->peers - 1 - p];
    for (uint32_t t = 0; t < a->tickets; t++) {
        uint32_t from = a->tickets - 1 - t;

        b->edges[t] = a->edges[from];
        for (uint32_t e = 0; e < b->edges[t]; e++) {
            struct match_assign_edge edge =
                a->edge[from * a->degree_max + b->edges[t] - 1 - e];

            edge.peer = a->peers - 1 - edge.peer;
            b->edge[t * b->degree_max + e] = edge;
        }
    }
    match_assign_solve(a);
    match_assign_solve(b);
    CHECK(sum_of(a) == sum_of(b));
    for (uint32_t t = 0; t < a->tickets; t++) {
        uint32_t x = a->chosen[t], y = b->chosen[a->tickets - 1 - t];

        CHECK((x == MATCH_ASSIGN_NONE) == (y == MATCH_ASSIGN_NONE));
        CHECK(x == MATCH_ASSIGN_NONE || x == a->edges[t] - 1 - y);
    }
}

int main(void)
{
    struct match_assign a, b;
    void *one = calloc(1, match_assign_bytes(TICKETS, DEGREE));
    void *two = calloc(1, match_assign_bytes(BIG, DEGREE));
    void *three = calloc(1, match_assign_bytes(BIG, DEGREE));

    if (!one || !two || !three)
        return 1;
    match_assign_init(&a, one, TICKETS, DEGREE);
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        exact(&a, seed);
    match_assign_init(&a, two, BIG, DEGREE);
    match_assign_init(&b, three, BIG, DEGREE);
    for (uint64_t seed = 1; seed <= 30; seed++)
        order(&a, &b, seed);
    free(one);
    free(two);
    free(three);
    return check_report("match/assign");
}
