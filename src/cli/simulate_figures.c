#include "cli/simulate_figures.h"

#include <stdlib.h>

#include "base/require.h"

static const struct cli_simulate_figures_row rows[CLI_SIMULATE_FIGURES] = {
#define X(name_, unit_, label_, help_)                                         \
    {.name = #name_,                                                           \
     .label = (label_),                                                        \
     .help = (help_),                                                          \
     .unit = CLI_SIMULATE_##unit_},
    CLI_SIMULATE_FIGURES_TABLE(X)
#undef X
};

const struct cli_simulate_figures_row *
cli_simulate_figures_row(enum cli_simulate_figure figure)
{
    REQUIRE((unsigned)figure < CLI_SIMULATE_FIGURES);
    return &rows[figure];
}

static int by_value(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static int by_offers(const void *a, const void *b)
{
    const struct cli_simulate_tally_peer *left = a, *right = b;

    return by_value(&left->offers, &right->offers);
}

/* Law 1, of sorted values. */
static uint64_t percentile(const uint32_t *value, uint64_t n, uint64_t percent)
{
    return n == 0 ? 0 : value[(n * percent + 99) / 100 - 1];
}

static uint64_t part(uint64_t some, uint64_t all, uint64_t scale)
{
    for (; some > UINT64_MAX / scale; some /= 2)
        all /= 2;
    return all == 0 ? 0 : some * scale / all;
}

#define SET(name, n) (figures->value[CLI_SIMULATE_FIGURE_##name] = (n))

static void matches(struct cli_simulate_figures *figures,
                    struct cli_simulate_tally *tally)
{
    uint32_t n = tally->matches;

    if (n > 0) {
        qsort(tally->wait_ms, n, sizeof *tally->wait_ms, by_value);
        qsort(tally->p, n, sizeof *tally->p, by_value);
    }
    SET(matched, n);
    SET(matched_permille, part(n, tally->tickets, 1000));
    SET(p_mean, part(tally->p_sum, n, 1));
    SET(p_worst_tenth, percentile(tally->p, n, 10));
    SET(wait_p50_ms, percentile(tally->wait_ms, n, 50));
    SET(wait_p90_ms, percentile(tally->wait_ms, n, 90));
    SET(wait_p99_ms, percentile(tally->wait_ms, n, 99));
    SET(wait_max_ms, percentile(tally->wait_ms, n, 100));
    SET(offers_per_match_hundredths, part(tally->offers, n, 100));
}

/* Those who never came are left out. */
static void peers(struct cli_simulate_figures *figures,
                  struct cli_simulate_tally *tally)
{
    uint64_t n = 0, without = 0, top = 0, i = 0;
    int64_t gini = 0;

    if (tally->peers > 0)
        qsort(tally->peer, tally->peers, sizeof *tally->peer, by_offers);
    for (uint32_t at = 0; at < tally->peers; at++)
        n += tally->peer[at].came;
    for (uint32_t at = 0; at < tally->peers; at++) {
        const struct cli_simulate_tally_peer *peer = &tally->peer[at];

        if (!peer->came)
            continue;
        without += peer->offers == 0;
        i++;
        gini += (2 * (int64_t)i - (int64_t)n - 1) * peer->offers; /* Law 2 */
        if (i > n - (n + 9) / 10)
            top += peer->offers;
    }
    REQUIRE(gini >= 0);
    SET(peers, n);
    SET(peers_without_offer, without);
    SET(gini_permille, part((uint64_t)gini, n * tally->offers, 1000));
    SET(top_tenth_permille, part(top, tally->offers, 1000));
}

void cli_simulate_figures_make(struct cli_simulate_figures *figures,
                               struct cli_simulate_tally *tally)
{
    SET(tickets, tally->tickets);
    SET(withdrawn, tally->ended[TICKET_WHY_WITHDRAWN]);
    SET(lost, tally->ended[TICKET_WHY_LOST]);
    SET(expired, tally->ended[TICKET_WHY_EXPIRED]);
    SET(bound_nobody_on_duty, tally->bound[BOUND_NOBODY_ON_DUTY]);
    SET(bound_none_compatible, tally->bound[BOUND_NONE_COMPATIBLE]);
    SET(bound_all_busy, tally->bound[BOUND_ALL_BUSY]);
    SET(offers, tally->offers);
    SET(declined, tally->answered[OFFER_DECLINED]);
    SET(lapsed, tally->answered[OFFER_LAPSED]);
    SET(revoked, tally->answered[OFFER_REVOKED]);
    SET(newcomer_offers_permille, part(tally->new_offers, tally->offers, 1000));
    SET(newcomer_time_permille, part(tally->new_ms, tally->on_ms, 1000));
    matches(figures, tally);
    peers(figures, tally);
}
