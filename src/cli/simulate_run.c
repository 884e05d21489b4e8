#include "cli/simulate_run.h"

#include <stdlib.h>

#include "base/require.h"
#include "cli/simulate_happen.h"
#include "cli/simulate_line.h"
#include "cli/simulate_state.h"

enum {
    PAIRS_LEAST = 65536, /* room for exclusions, and as many per ask: */
    PAIRS_PER_ASK = 8
};

static enum err open_tables(struct cli_simulate_run *run,
                            const struct cli_workload *counted)
{
    run->members = counted->members.n + 1;
    run->tickets = counted->tickets.n + 1;
    run->member = calloc(run->members, sizeof *run->member);
    run->ticket = calloc(run->tickets, sizeof *run->ticket);
    run->talk = calloc(run->tickets, sizeof *run->talk);
    run->joining = calloc(run->tickets, sizeof *run->joining);
    return run->member && run->ticket && run->talk && run->joining ? ERR_NONE
                                                                   : ERR_NOMEM;
}

static uint32_t at_least_one(uint32_t n)
{
    return n ? n : 1;
}

struct cli_simulate_run *
cli_simulate_run_new(const struct cli_workload *counted,
                     const struct match_limits *limits, uint64_t seed,
                     struct cli_simulate_log *log)
{
    struct cli_simulate_run *run = calloc(1, sizeof *run);
    struct match_sizes sizes = {
        .pools = at_least_one(counted->pools.n),
        .tickets = at_least_one(counted->seekers),
        .duties = at_least_one(counted->peers),
        .talks = at_least_one(counted->tickets.n),
        .pairs = PAIRS_LEAST + PAIRS_PER_ASK * counted->tickets.n,
        .terms = at_least_one(counted->terms.n),
    };

    if (!run)
        return NULL;
    run->limits = *limits;
    run->log = log;
    run->seed = seed;
    run->pools = sizes.pools;
    run->next_offer = run->next_talk = 1;
    run->next_beat_ms = UINT64_MAX;
    if (open_tables(run, counted) != ERR_NONE ||
        cli_simulate_port_init(&run->port, &sizes, limits) != ERR_NONE) {
        cli_simulate_run_free(run);
        return NULL;
    }
    return run;
}

void cli_simulate_run_free(struct cli_simulate_run *run)
{
    if (!run)
        return;
    for (uint32_t i = 0; run->member && i < run->members; i++) {
        free(run->member[i].card[MATCH_SEEKER]);
        free(run->member[i].card[MATCH_PEER]);
        free(run->member[i].answer);
    }
    free(run->member);
    free(run->ticket);
    free(run->offer);
    free(run->talk);
    free(run->joining);
    free(run->held);
    cli_agenda_close(&run->agenda);
    cli_simulate_port_close(&run->port);
    free(run);
}

/* ---- what comes by itself ---- */

static enum err beat(struct cli_simulate_run *run)
{
    enum err err = ERR_NONE;
    bool any = false;

    for (uint32_t i = 1; i < run->members && err == ERR_NONE; i++) {
        const struct cli_simulate_member *member = &run->member[i];
        const uint64_t stream[] = {member->ask_stream, member->attend_stream};

        for (int j = 0; j < 2 && err == ERR_NONE; j++) {
            struct match_event event =
                cli_simulate_happen_event(run, EVENT_SEEN, i);

            if (stream[j] == 0 || member->lost)
                continue;
            any = true;
            event.stream.stream = stream[j];
            err = cli_simulate_happen_settle(run, &event);
        }
    }
    run->next_beat_ms =
        any ? run->now_ms + cli_simulate_happen_beat_ms(&run->limits)
            : UINT64_MAX;
    return err;
}

/* An answer is due: given, or held back until its peer is there again. */
static enum err answer_due(struct cli_simulate_run *run, uint64_t id)
{
    struct cli_simulate_offer *offer = &run->offer[id];
    struct match_event event =
        cli_simulate_happen_event(run, EVENT_ANSWER, offer->peer);

    if (!offer->open)
        return ERR_NONE;
    if (run->member[offer->peer].lost) {
        if (run->helds == run->held_cap) {
            uint32_t cap = run->held_cap ? run->held_cap * 2 : 64;
            uint64_t *more = realloc(run->held, cap * sizeof *more);

            if (!more)
                return ERR_NOMEM;
            run->held = more;
            run->held_cap = cap;
        }
        run->held[run->helds++] = id;
        return ERR_NONE;
    }
    event.answer.offer = id;
    event.answer.accept = offer->accept;
    if (offer->accept)
        event.fresh[0] = run->next_talk;
    return cli_simulate_happen(run, &event);
}

static enum err talk_due(struct cli_simulate_run *run, uint64_t id)
{
    struct match_event event =
        cli_simulate_happen_event(run, EVENT_END, run->talk[id].seeker);

    if (!run->talk[id].live)
        return ERR_NONE;
    event.talk.talk = id;
    event.talk.side = MATCH_SEEKER;
    return cli_simulate_happen(run, &event);
}

static enum err agenda_due(struct cli_simulate_run *run)
{
    struct cli_agenda_entry entry = cli_agenda_take(&run->agenda);

    return entry.kind == CLI_SIMULATE_ANSWERS ? answer_due(run, entry.id)
                                              : talk_due(run, entry.id);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* All timers due before until_ms, the first due first (Law 1); when
 * finishing, until nothing is left that must end (Law 3). */
static enum err advance(struct cli_simulate_run *run, uint64_t until_ms,
                        bool finishing)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE) {
        const struct cli_agenda_entry *entry = cli_agenda_first(&run->agenda);
        uint64_t agenda_ms = entry ? entry->due_ms : UINT64_MAX;
        uint64_t tick_ms = match_engine_deadline_ms(run->port.engine);
        uint64_t first_ms =
            earlier(earlier(agenda_ms, tick_ms), run->next_beat_ms);
        struct match_event tick = {.kind = EVENT_TICK};

        if (finishing && run->live == 0 && run->open == 0)
            return ERR_NONE;
        if (first_ms >= until_ms)
            return finishing ? ERR_INTERNAL : ERR_NONE;
        if (first_ms > run->now_ms)
            run->now_ms = first_ms;
        tick.now_ms = run->now_ms;
        if (run->next_beat_ms == first_ms)
            err = beat(run);
        else if (agenda_ms == first_ms)
            err = agenda_due(run);
        else
            err = cli_simulate_happen(run, &tick);
    }
    return err;
}

enum err cli_simulate_run_line(struct cli_simulate_run *run,
                               const struct cli_workload *names,
                               const struct cli_workload_line *line)
{
    enum err err;

    run->names = names;
    err = advance(run, line->t_ms, false);
    if (err != ERR_NONE)
        return err;
    REQUIRE(line->t_ms >= run->now_ms);
    run->now_ms = line->t_ms;
    return cli_simulate_line(run, line);
}

enum err cli_simulate_run_finish(struct cli_simulate_run *run,
                                 const struct cli_workload *names)
{
    run->names = names;
    return advance(run, UINT64_MAX, true);
}
