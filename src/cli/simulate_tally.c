#include "cli/simulate_tally.h"

#include <stdlib.h>

#include "base/require.h"

enum err cli_simulate_tally_init(struct cli_simulate_tally *tally,
                                 uint32_t peers)
{
    *tally = (struct cli_simulate_tally){.peers = peers};
    tally->peer = calloc(peers ? peers : 1, sizeof *tally->peer);
    return tally->peer ? ERR_NONE : ERR_NOMEM;
}

void cli_simulate_tally_close(struct cli_simulate_tally *tally)
{
    free(tally->wait_ms);
    free(tally->p);
    free(tally->peer);
    *tally = (struct cli_simulate_tally){0};
}

/* Law 1. */
static uint64_t new_until_ms(const struct cli_simulate_tally_peer *peer)
{
    return peer->new ? peer->first_ms + CLI_SIMULATE_NEW_MS : 0;
}

void cli_simulate_tally_offer(struct cli_simulate_tally *tally, uint32_t peer,
                              uint64_t now_ms)
{
    REQUIRE(peer < tally->peers);
    tally->offers++;
    tally->peer[peer].offers++;
    tally->new_offers += now_ms < new_until_ms(&tally->peer[peer]);
}

static enum err grow(struct cli_simulate_tally *tally)
{
    uint32_t cap = tally->cap ? tally->cap * 2 : 256, *wait_ms, *p;

    wait_ms = realloc(tally->wait_ms, cap * sizeof *wait_ms);
    if (!wait_ms)
        return ERR_NOMEM;
    tally->wait_ms = wait_ms;
    p = realloc(tally->p, cap * sizeof *p);
    if (!p)
        return ERR_NOMEM;
    tally->p = p;
    tally->cap = cap;
    return ERR_NONE;
}

enum err cli_simulate_tally_match(struct cli_simulate_tally *tally, uint32_t p,
                                  uint64_t waited_ms)
{
    REQUIRE(waited_ms <= UINT32_MAX); /* no ticket lives longer */
    if (tally->matches == tally->cap && grow(tally) != ERR_NONE)
        return ERR_NOMEM;
    tally->p_sum += p;
    tally->p[tally->matches] = p;
    tally->wait_ms[tally->matches++] = (uint32_t)waited_ms;
    return ERR_NONE;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void cli_simulate_tally_duty(struct cli_simulate_tally *tally, uint32_t at,
                             bool on, uint64_t now_ms)
{
    struct cli_simulate_tally_peer *peer = &tally->peer[at];
    uint64_t new_ms;

    REQUIRE(at < tally->peers);
    if (on == peer->on)
        return;
    if (on && !peer->came) {
        peer->came = true;
        peer->first_ms = now_ms;
        peer->new = tally->tickets > 0;
    }
    if (!on) {
        new_ms = least(now_ms, new_until_ms(peer));
        tally->on_ms += now_ms - peer->on_ms;
        if (new_ms > peer->on_ms)
            tally->new_ms += new_ms - peer->on_ms;
    }
    peer->on = on;
    peer->on_ms = now_ms;
}

void cli_simulate_tally_end(struct cli_simulate_tally *tally, uint64_t now_ms)
{
    for (uint32_t i = 0; i < tally->peers; i++)
        cli_simulate_tally_duty(tally, i, false, now_ms);
}
