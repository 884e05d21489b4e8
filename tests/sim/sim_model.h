/* sim_model -- what ENGINE.md §2 and §3 say must be offered, found slowly.
 *
 * Beside every step of the engine it works out which tickets and peers have
 * their moment, whom each is offered to, what a batch decides and why a ticket
 * past its bound waits; what the engine proposes must be that, in that order,
 * and nothing else.  Of the engine it reads rows and flags (who is stored,
 * busy, away, held) as they stand before and after a step, never a conclusion:
 * Hard, scores, rarities, loads, θ and orders are worked out anew, from cards
 * as sets of tokens.  It shares no code with match/index, agenda and batch.
 *
 * Laws (each a LAW in the code)
 *   1. The offers of a step are those of the model, in its order, with its P.
 *   2. A batch's choice is a b-matching of greatest value on the model's edges.
 *   3. A bound reason is the model's, and is what is told.
 *   4. What falls due by itself is armed: relaxing, back-off, bound, batch. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "sim_policy.h"

enum {
    MODEL_CARDS = 1024, /* ever put, in one seed */
    MODEL_LOAD_BUCKETS = 12,
    MODEL_BEGUN = 512, /* talks, in one seed */
    MODEL_BATCH = 16   /* tickets in one, at most */
};

struct model_card {
    uint64_t member;
    struct match_card card;
};

struct model_ticket_more { /* what no row tells */
    uint64_t id;
    uint32_t retries;
    bool listed, missed;       /* its moment: to be looked at; when not busy */
    bool few, one;             /* of its bound reason; told while it wished */
    uint32_t binding, version; /* its musts that bind, of that card */
};

struct model_begun { /* a talk that was heard of */
    uint64_t id, peer, started_ms;
};

struct model_load { /* offers to a peer since the engine knows them */
    uint64_t member, bucket[MODEL_LOAD_BUCKETS], at[MODEL_LOAD_BUCKETS];
    bool listed, missed;
};

struct model_choice {
    uint64_t ticket, peer;
};

struct model_batch {
    uint32_t tickets, joined; /* in batch order; those whose edges are known */
    bool decided;
    uint64_t ticket[MODEL_BATCH];
    uint32_t n[MODEL_BATCH], peer[MODEL_BATCH][MODEL_PLACES]; /* by place */
    int64_t value[MODEL_BATCH][MODEL_PLACES];
    int64_t rest[MODEL_BATCH + 1], best;
    uint32_t left[MODEL_PLACES];             /* capacity */
    struct model_choice choice[MODEL_BATCH]; /* to be proposed */
    uint32_t choices, choice_at;
};

struct sim_model {
    struct model_card *card;
    uint32_t cards;
    struct model_begun begun[MODEL_BEGUN];
    uint32_t begins;
    struct model_view was, is;
    struct model_rarity rarity[SIM_POOLS], stored[SIM_POOLS];
    struct model_ticket_more ticket[MODEL_PLACES];
    struct model_load duty[MODEL_PLACES];
    /* of the step under way */
    uint32_t fired;            /* a match_timer_kind; TIMER_KINDS: none */
    uint64_t fired_id, landed; /* landed: the command heard of */
    enum match_command_kind landed_kind;
    enum match_outcome landed_outcome;
    const struct match_effects *effects;
    uint32_t next; /* effect to look at */
    struct model_batch batch;
    uint64_t compared, batches; /* offers; batches */
};

/* ---- sim_model.c: beside a step ---- */
void sim_model_open(struct sim *sim);
void sim_model_card(struct sim *sim, uint64_t member,
                    const struct match_card *card);
/* Just before the engine steps, and just after. */
void sim_model_before(struct sim *sim, const struct match_event *event);
void sim_model_after(struct sim *sim, const struct match_event *event);

/* ---- sim_model_view.c: how things stand, and which moments that makes ---- */
void model_view(struct sim *sim, struct model_view *view, uint64_t now_ms);
/* Compare before and after: note the moments. */
void model_moments(struct sim *sim);
/* Law 4, when nothing is overdue. */
void model_armed(struct sim *sim);

/* ---- sim_model_batch.c ---- */
/* Who is in it, as things stood before the step. */
void model_batch_begin(struct sim *sim);
/* Law 2: what the engine chose, against the best there is.  False: it is not
 * decided yet. */
bool model_batch_go(struct sim *sim);

/* ---- sim_model_count.c: rarities and loads over time ---- */
void model_rarity_smooth(struct sim *sim);
/* A page that the engine hands to the store, one that the store keeps, and a
 * row that comes back. */
void model_rarity_page(struct sim *sim, const struct match_command *command);
void sim_model_stored(struct sim *sim, const struct match_command *command);
void model_rarity_row(struct sim *sim, const struct match_rarity_row *row);
uint32_t model_load(const struct sim *sim, uint64_t member, uint64_t now_ms);
void model_load_count(struct sim *sim, uint64_t member, uint64_t now_ms);

#endif
