/* store/work -- the rows one command reads and writes, as a unit.
 *
 * Each row is fetched once, changed in place, and written once if it differs:
 * a refusal is simply never written.  What was looked at is what is reported.
 * Pointers stay valid until store_work_begin().
 *
 * Laws
 *   1. Nothing reaches the keeper before store_work_flush().
 *   2. A row is held once: who asks for it twice gets the same pointer. */
#ifndef STORE_WORK_H
#define STORE_WORK_H

#include "store/keeper.h"

struct store_entry {
    struct store_row now, was;
    bool fresh;
};

struct store_work { /* lives in its keeper; all private but job and now_ms */
    struct store_keeper *keeper;
    struct store_job *job;
    const struct match_command *command; /* of STORE_MATCH */
    uint64_t now_ms, reference;
    bool refused_but_done; /* a refusal that writes all the same */
    uint32_t entries, pairs, pairs_changed;
    struct store_entry entry[STORE_WORK_MAX];
    struct match_pair_row pair[MATCH_ROWS_MAX]; /* the changed ones first */
    struct store_done done;
};

void store_work_begin(struct store_work *work, struct store_keeper *keeper,
                      struct store_job *job);

/* The row, or NULL if there is none.  Changed in place. */
struct match_ticket_row *store_work_ticket(struct store_work *work,
                                           uint64_t id);
struct match_offer_row *store_work_offer(struct store_work *work, uint64_t id);
struct match_duty_row *store_work_duty(struct store_work *work,
                                       uint64_t member);
struct match_talk_row *store_work_talk(struct store_work *work, uint64_t id);

/* What names a ticket, offer, talk; of a duty its member. */
uint64_t store_work_id(const struct match_row *row);

/* Since when a duty's record counts; changed in place. */
uint64_t *store_work_record_ms(struct store_work *work, uint64_t member);

/* A row that was not there. */
void store_work_add(struct store_work *work, const struct match_row *row);

/* Ids of rows of the keeper, ascending.  Asked before changing them. */
uint32_t store_work_find(struct store_work *work, enum store_find find,
                         uint64_t of, uint64_t id[STORE_FOUND_MAX]);

/* Write this pair; report it. */
void store_work_change_pair(struct store_work *work,
                            const struct match_pair_row *pair);

/* Report this pair as the keeper has it; report those of a member who live. */
void store_work_show_pair(struct store_work *work,
                          const struct match_pair_row *pair);
void store_work_show_pairs(struct store_work *work, uint64_t member,
                           enum match_role role);

/* Put all rows into the job's result.  False: the arena is spent. */
MUST_USE bool store_work_report(struct store_work *work);

void store_work_flush(struct store_work *work);

/* Forget every change; what was looked at stays to be reported. */
void store_work_revert_rows(struct store_work *work);

#endif
