/* cli/simulate_tally -- what is counted while a day is played.
 *
 * Owns what it counts in; borrows nothing.  Times are the day's own.
 *
 * Laws
 *   1. A peer's time on duty is what passed while on duty and not paused; they
 *      are a newcomer for the first CLI_SIMULATE_NEW_MS after they first came,
 *      if that was after the first ask. */
#ifndef CLI_SIMULATE_TALLY_H
#define CLI_SIMULATE_TALLY_H

#include <stdbool.h>

#include "base/err.h"
#include "match/effect.h"

enum { CLI_SIMULATE_NEW_MS = 3600000 };

struct cli_simulate_tally_peer {
    uint64_t first_ms, on_ms; /* on_ms: since when, while on */
    uint32_t offers;
    bool came, on, new; /* new: first came after the first ask */
};

struct cli_simulate_tally { /* readable */
    uint64_t events, laws_checked;
    uint64_t tickets, offers, p_sum;
    uint64_t answered[OFFER_STATES]; /* by the state an offer came to */
    uint64_t ended[TICKET_WHYS], bound[BOUND_COUNT];
    uint64_t on_ms, new_ms, new_offers; /* time on duty; that of newcomers */
    uint32_t *wait_ms, *p;              /* of each match */
    uint32_t matches, cap, peers;
    struct cli_simulate_tally_peer *peer;
};

/* For peers numbered 0 .. peers - 1.  ERR_NOMEM. */
MUST_USE enum err cli_simulate_tally_init(struct cli_simulate_tally *tally,
                                          uint32_t peers);
void cli_simulate_tally_close(struct cli_simulate_tally *tally);

void cli_simulate_tally_offer(struct cli_simulate_tally *tally, uint32_t peer,
                              uint64_t now_ms);
MUST_USE enum err cli_simulate_tally_match(struct cli_simulate_tally *tally,
                                           uint32_t p, uint64_t waited_ms);
void cli_simulate_tally_duty(struct cli_simulate_tally *tally, uint32_t at,
                             bool on, uint64_t now_ms);

/* Nothing more will happen: whoever is on duty still was so until now. */
void cli_simulate_tally_end(struct cli_simulate_tally *tally, uint64_t now_ms);

#endif
