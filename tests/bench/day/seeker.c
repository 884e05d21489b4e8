/* bench/day/seeker -- asks; waits, takes it back or leaves without a word;
 * talks; sometimes asks again. */
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "crowd.h"

enum {
    DANGER = 30, /* in a thousand, as are these */
    SILENT = 150,
    WITHDRAW = 60,
    PATIENCE = 300 * CROWD_SECOND, /* mean, of those who lose it */
    AGAIN_MS = 100
};

static void on_crisis(void *arg, const uint8_t *bytes, size_t size)
{
    (void)arg;
    (void)bytes;
    REQUIRE(size > 0);
}

static void note_wait(struct person *who)
{
    if (crowd.waits == crowd.waits_cap) {
        crowd.waits_cap = crowd.waits_cap ? 2 * crowd.waits_cap : 1024;
        crowd.wait_ms =
            realloc(crowd.wait_ms, crowd.waits_cap * sizeof *crowd.wait_ms);
        REQUIRE(crowd.wait_ms);
    }
    crowd.wait_ms[crowd.waits++] =
        (double)(crowd_now_us() - who->asked_us) / 1e3;
}

static void on_ticket(void *arg, const struct kindred_ticket *ticket,
                      const struct kindred_talk_start *talk)
{
    struct person *who = arg;

    who->told = true;
    if (ticket->bound_passed && !who->bound) {
        who->bound = true;
        crowd.count.told_the_bound++;
    }
    if (who->asked_us == 0)
        return;
    if (ticket->phase == KINDRED_TICKET_ENDED) {
        REQUIRE(ticket->end_reason < CROWD_REASONS);
        crowd.count.ticket_end[ticket->end_reason]++;
        who->asked_us = 0;
    } else if (ticket->phase == KINDRED_MATCHED && talk) {
        crowd.count.matched++;
        note_wait(who);
        who->asked_us = 0;
        kindred_timer_set(who->timer, KINDRED_NEVER);
        crowd_talk_begin(who, talk);
    }
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct person *who = arg;

    crowd_failed("Ask", error);
    kindred_ask_free(who->ask);
    who->ask = NULL;
    who->asked_us = 0;
    kindred_timer_set(who->timer, KINDRED_NEVER);
    crowd_may_go(who);
}

static void on_withdrawn(void *arg, const struct kindred_error *error)
{
    struct person *who = arg;

    crowd_failed("Withdraw", error);
    who->pending--;
    crowd_may_go(who);
}

void crowd_seeker_stop(struct person *who)
{
    if (!who->ask || who->asked_us == 0 || who->pending > 0)
        return;
    if (!who->told) { /* there is nothing yet to take back */
        kindred_timer_set(who->timer, AGAIN_MS);
        return;
    }
    crowd.count.withdrew++;
    who->pending++;
    REQUIRE(kindred_ask_withdraw(who->ask, on_withdrawn, who));
}

static void lose_patience(void *arg)
{
    struct person *who = arg;

    if (!who->silent) {
        crowd_seeker_stop(who);
        return;
    }
    crowd.count.left_silently++;
    kindred_ask_free(who->ask);
    who->ask = NULL;
    who->asked_us = 0;
    crowd_may_go(who);
}

static uint64_t patience_day_ms(struct person *who)
{
    uint32_t kind = crowd_permille();

    who->silent = kind < SILENT;
    return kind < SILENT + WITHDRAW
               ? 5 * CROWD_SECOND + teds_wait(&crowd.teds, PATIENCE)
               : 24 * (uint64_t)CROWD_HOUR;
}

void crowd_seeker_come(struct person *who, const uint8_t *after)
{
    const struct kindred_ask_handler handler = {.crisis = on_crisis,
                                                .ticket = on_ticket,
                                                .ended = on_ended,
                                                .arg = who};
    struct kindred_ask_state state;

    if (!who->client)
        crowd_arrive(who, lose_patience);
    kindred_ask_state_make(&state);
    state.danger = crowd_permille() < DANGER;
    if (state.danger)
        memcpy(state.country, "US", sizeof "US");
    if (after)
        memcpy(state.after, after, sizeof state.after);
    who->bound = who->told = false;
    who->carried = after != NULL;
    who->asked_us = crowd_now_us();
    who->ask = kindred_ask_new(who->member, &state, &handler);
    REQUIRE(who->ask);
    kindred_timer_set(who->timer, crowd_ms(patience_day_ms(who)));
    crowd.count.asks++;
    crowd.count.asks_again += after != NULL;
    crowd.count.asks_in_danger += state.danger;
}
