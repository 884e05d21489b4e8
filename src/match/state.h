/* match/state -- the engine's memory: tables sized once, and the step under
 * way.  Private to match/.
 *
 * Laws
 *   1. Nothing here is sized after match_engine_init(). */
#ifndef MATCH_STATE_H
#define MATCH_STATE_H

#include "base/spare.h"
#include "match/assign.h"
#include "match/duty.h"
#include "match/engine.h"
#include "match/flight.h"
#include "match/offer.h"
#include "match/pair.h"
#include "match/probe.h"
#include "match/slice.h"
#include "match/talk.h"
#include "match/ticket.h"

enum match_mode { ENGINE_IDLE, ENGINE_LOADING, ENGINE_LIVE, ENGINE_FENCED };

/* So many peers may come, and a best that is remembered is only held against
 * them (match/index); after more it is looked for again. */
enum {
    STATE_RISEN = 64,
    STATE_WAITS = 32,
    STATE_WAITS_LEAST = 8,
    STATE_PAGE = 128
};

struct match_pool {
    struct match_rarity rarity;
    struct list tickets; /* live */
    struct list waiting; /* of them, in line: match/line law 1 */
    struct list duties;  /* not OFF */
    uint32_t tickets_n, duties_n;
    uint64_t wait_ms[STATE_WAITS];         /* of the last matches, a ring, */
    uint64_t wait_sorted_ms[STATE_WAITS];  /* and the same in order */
    uint32_t waits;                        /* matches ever */
    struct match_duty *risen[STATE_RISEN]; /* who came or changed, a ring */
    uint32_t rises; /* of them ever, modulo 2^32; unsettling skips a ring */
    uint32_t page;  /* terms to be stored from here on */
    bool page_first;
};

struct match_latch {
    struct match_event event;
    struct list link;
};

struct match_engine {
    struct match_limits limits;
    struct match_sizes sizes;
    enum match_mode mode;
    bool draining;
    uint64_t now_ms, live_ms, epoch, op;
    uint32_t stamp; /* of the last hand */

    const struct match_event *event; /* of the step under way */
    struct match_effects *effects;

    struct match_pool *pool;
    struct match_ticket *ticket;
    struct match_duty *duty;
    struct match_offer *offer;
    struct match_talk *talk;
    struct match_flight *flight;
    uint32_t offers_max, flights_max;
    struct spare ticket_free, duty_free, offer_free, talk_free, flight_free;
    struct list duty_idle, offer_closed; /* oldest first: may be reused */
    struct list in_flight;
    uint32_t in_flight_n, spare_n;

    struct map ticket_by_id, ticket_by_member, ticket_by_stream;
    struct map duty_by_member, duty_by_stream;
    struct map offer_by_id, talk_by_id, talk_by_seeker, flight_by_op;
    struct match_pairs pairs;
    uint32_t pair_sweep;

    struct match_latch latch[FLIGHT_LATCHES];
    struct list latch_free, latched, tell;
    struct list barring; /* BLOCK and HOLD commands in flight */
    uint32_t talks_live, offers_open;
    uint32_t blocks, holds; /* that are in flight or latched, GONE too */
    uint32_t tickets_in[TICKET_STATES + 1]; /* by state; NEW is the last */
    bool replay;                            /* latched events are to be tried */
    uint32_t fence;                         /* what was dropped already */

    struct heap timers;
    struct heap naps; /* until who may be free, or in line, by the clock */
    struct heap line; /* tickets, by match_line_before(): match/line law 1 */
    struct match_timer batch, smooth;
    uint64_t batch_next_ms;
    struct heap ticket_moments, duty_moments; /* in batch order; by id */
    struct match_look { /* for whom a free slot is, of those up to `last` */
        const struct match_duty *duty; /* NULL: nobody was looked at */
        struct match_ticket *last, *ahead, *one; /* as match/agenda says */
        bool several;
        uint32_t vain; /* looks that something came between */
    } look;
    uint64_t note[LOG_COUNT];
    uint32_t note_from, note_to; /* no other code was noted; equal: none */

    struct match_assign assign;
    uint32_t batches;
    struct match_duty **chosen; /* of a batch: number → duty */
    uint64_t *choice; /* tickets of the batch, batch_tickets of them at most */
    uint32_t choices, choice_at;        /* equal: no batch is under way */
    uint32_t batch_edged, batch_placed; /* of them, have edges, are placed */

    struct match_slices slices;
    struct match_probe probe; /* the question that is asked of them */
    uint64_t work; /* passes over blocks, or what takes as long, ever */
    struct match_rarity_row page[STATE_PAGE];
    bool page_out;   /* a page is in flight */
    bool unfinished; /* the last step said `more` */
};

#endif
