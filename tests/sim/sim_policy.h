/* sim_policy -- ENGINE.md §2 and §3 over a view of the engine, slowly.
 *
 * A view is what the engine holds of tickets and duties: rows and flags.  What
 * follows from them (Hard, P, θ, who is first, who wants whom, why one waits)
 * is worked out from cards as sets of tokens, by walking over everybody. */
#ifndef SIM_POLICY_H
#define SIM_POLICY_H

#include "match/state.h"
#include "sim.h"

enum {
    MODEL_PLACES = SIM_MEMBERS + 2, /* at most, as the engine's */
    MODEL_BLOCKS = 64
};

#define MODEL_NEVER UINT32_MAX /* no place */

struct model_ticket { /* id 0: none */
    uint64_t id, member, since_ms, tie, seen_ms, backoff_ms, flight, offer;
    uint64_t wish, wish_until_ms;
    uint32_t pool, state, version;
    bool danger, closing, held, away, offer_new;
    enum match_bound bound;
    const struct match_card *card;
};

struct model_duty { /* member 0: none */
    uint64_t member, tie, grade_until_ms, rest_until_ms, flight;
    uint64_t offer[MATCH_CAPACITY_MAX + 1], talk[MATCH_CAPACITY_MAX + 1];
    uint32_t pool, state, version, offers, talks, capacity, yes, total;
    enum match_grade grade;
    uint32_t day_max, today; /* talks begun in the day, as was heard */
    bool closing, held, asking, away;
    const struct match_card *card; /* NULL: the engine holds none */
};

struct model_view { /* how the engine stands */
    struct model_ticket ticket[MODEL_PLACES];
    struct model_duty duty[MODEL_PLACES];
    struct {
        uint64_t a, b;
    } block[MODEL_BLOCKS]; /* asked for, not stored yet */
    uint32_t blocks, places;
    uint64_t now_ms;
};

struct model_rarity { /* of a pool; token 0 carries N */
    uint64_t count_q8[SIM_TERMS + 1];
    uint32_t bits[SIM_TERMS + 1];
    bool frozen, loaded[SIM_TERMS + 1];
};

/* ---- sim_policy_score.c: ENGINE.md §2 over tokens ---- */
void model_rarity_refresh(struct model_rarity *rarity);
uint32_t model_p(const struct model_rarity *rarity,
                 const struct model_ticket *ticket,
                 const struct model_duty *duty);

/* ---- sim_policy.c: ENGINE.md §3 over a view ---- */
bool model_wishes(const struct model_view *view,
                  const struct model_ticket *ticket);
bool model_waits(const struct sim *sim, const struct model_view *view,
                 const struct model_ticket *ticket);
bool model_free(const struct model_view *view, const struct model_duty *duty);
/* Of its capacity, and of its own maximum a day. */
uint32_t model_room(const struct model_duty *duty);
bool model_hard(const struct sim *sim, const struct model_view *view,
                const struct model_ticket *ticket,
                const struct model_duty *duty);
bool model_before(const struct model_ticket *a, const struct model_ticket *b);
/* Who of the free peers a ticket wants, the best first: places in the view, at
 * most `most`; peer has MODEL_PLACES. */
uint32_t model_peers(const struct sim *sim, const struct model_view *view,
                     const struct model_ticket *ticket, uint32_t most,
                     uint32_t *peer);
/* Places in the view, or MODEL_NEVER: whom a ticket's moment offers to, who
 * gets a peer's free slot at once. */
uint32_t model_first_peer(const struct sim *sim, const struct model_view *view,
                          const struct model_ticket *ticket);
uint32_t model_wanted_by(const struct sim *sim, const struct model_view *view,
                         const struct model_duty *duty);
/* few: it rests on one to four compatible peers. */
enum match_bound model_bound(const struct sim *sim,
                             const struct model_view *view,
                             const struct model_ticket *ticket, bool *few);
/* Which of its musts, left out alone, would leave five compatible peers; and of
 * those, which are in force. */
uint32_t model_binding(const struct sim *sim, const struct model_view *view,
                       const struct model_ticket *ticket);
uint32_t model_in_force(const struct model_view *view,
                        const struct model_ticket *ticket, uint32_t musts);

#endif
