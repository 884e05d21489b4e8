#include "cli/simulate_happen.h"

#include "base/require.h"
#include "cli/simulate_hear.h"

struct match_event cli_simulate_happen_event(struct cli_simulate_run *run,
                                             enum match_event_kind kind,
                                             uint32_t member)
{
    return (struct match_event){
        .kind = kind,
        .now_ms = run->now_ms,
        .call = ++run->calls,
        .member = member,
        .pool = run->member[member].pool,
        .key = {.word = {++run->keys, 1}, .request_hash = 1}};
}

/* Fresh numbers: those that who made the event has set, then the ids of the
 * offers to come. */
static void fill_fresh(const struct cli_simulate_run *run,
                       struct match_event *event)
{
    uint32_t own = 0;

    while (own < MATCH_FRESH_MAX && event->fresh[own] != 0)
        own++;
    for (uint32_t i = own; i < MATCH_FRESH_MAX; i++)
        event->fresh[i] = run->next_offer + i - own;
}

static void look_offer(struct cli_simulate_run *run,
                       const struct match_offer_row *offer)
{
    if (offer->id >= run->next_offer)
        run->next_offer = offer->id + 1;
    cli_simulate_soon_offer(run, offer);
}

static enum err look(struct cli_simulate_run *run)
{
    for (uint32_t i = 0; i < run->port.effects.n; i++) {
        const struct match_effect *effect = &run->port.effects.item[i];

        if (effect->kind == EFFECT_STORE && effect->store.kind == COMMAND_OFFER)
            look_offer(run, &effect->store.offer.offer);
        if (effect->kind == EFFECT_TELL_TICKET)
            cli_simulate_hear_told(run, &effect->ticket);
        if ((effect->kind == EFFECT_REPLY && effect->reply.err == ERR_FULL) ||
            (effect->kind == EFFECT_NOTE &&
             effect->note.code == LOG_QUEUE_FULL))
            return ERR_FULL; /* a table was too small: what follows is not
                                what the policy would do */
    }
    return ERR_NONE;
}

/* Step, and go on for as long as the engine says more. */
static enum err step(struct cli_simulate_run *run, struct match_event *event)
{
    enum err err;

    for (;;) {
        fill_fresh(run, event);
        cli_simulate_port_step(&run->port, event);
        err = look(run);
        if (err == ERR_NONE)
            err = cli_simulate_port_store(&run->port);
        run->tally->events++;
        if (err != ERR_NONE || !run->port.effects.more)
            return err;
        *event =
            (struct match_event){.kind = EVENT_TICK, .now_ms = run->now_ms};
    }
}

/* cli/simulate_run law 2. */
static enum err settle(struct cli_simulate_run *run, struct match_event *event)
{
    struct cli_simulate_port_answer *answer;
    enum err err = step(run, event);

    while (err == ERR_NONE && (answer = cli_simulate_port_take(&run->port))) {
        struct match_event stored = {.kind = EVENT_STORED,
                                     .now_ms = run->now_ms};

        err = cli_simulate_hear_rows(run, &answer->result);
        stored.stored.result = &answer->result;
        if (err == ERR_NONE)
            err = step(run, &stored);
        cli_simulate_port_free(&run->port, answer);
    }
    return err;
}

static enum err join(struct cli_simulate_run *run, uint64_t talk_id,
                     enum match_role side)
{
    struct cli_simulate_talk *talk = &run->talk[talk_id];
    uint32_t member = side == MATCH_SEEKER ? talk->seeker : talk->peer;
    struct match_event event =
        cli_simulate_happen_event(run, EVENT_JOIN, member);

    if (!(talk->absent & 1 << side) || run->member[member].lost)
        return ERR_NONE;
    talk->absent &= (uint8_t) ~(1u << side);
    event.talk.talk = talk_id;
    event.talk.side = side;
    return settle(run, &event);
}

/* Whoever can join a talk joins it. */
enum err cli_simulate_happen_joins(struct cli_simulate_run *run)
{
    uint32_t kept = 0;
    enum err err = ERR_NONE;

    run->joins = false;
    for (uint32_t i = 0; i < run->joinings && err == ERR_NONE; i++) {
        struct cli_simulate_talk *talk = &run->talk[run->joining[i]];

        if (talk->live)
            err = join(run, run->joining[i], MATCH_SEEKER);
        if (talk->live && err == ERR_NONE)
            err = join(run, run->joining[i], MATCH_PEER);
        if (talk->live && talk->absent)
            run->joining[kept++] = run->joining[i];
    }
    run->joinings = kept;
    return err;
}

void cli_simulate_happen_laws(struct cli_simulate_run *run)
{
    uint64_t facts = match_engine_check(run->port.engine);

    run->tally->laws_checked += facts;
    run->law_walk = facts + run->law_slots;
    run->law_credit = 0;
}

/* Law 1. */
static void check(struct cli_simulate_run *run)
{
    run->law_credit += CLI_SIMULATE_LAWS_SHARE;
    if (run->law_walk <= CLI_SIMULATE_LAWS_SMALL ||
        run->law_credit >= run->law_walk)
        cli_simulate_happen_laws(run);
}

enum err cli_simulate_happen(struct cli_simulate_run *run,
                             struct match_event *event)
{
    enum err err = settle(run, event);

    if (err == ERR_NONE && run->joins)
        err = cli_simulate_happen_joins(run);
    if (err != ERR_NONE)
        return err;
    while (run->dones > 0) {
        const struct cli_simulate_done *done = &run->done[--run->dones];

        cli_simulate_port_forget(&run->port, done->kind, done->id);
    }
    check(run);
    return ERR_NONE;
}
