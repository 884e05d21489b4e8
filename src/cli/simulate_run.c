#include "cli/simulate_run.h"

#include <stdlib.h>

#include "base/large.h"
#include "base/require.h"
#include "cli/simulate_happen.h"
#include "cli/simulate_line.h"
#include "match/duty.h"

enum {
    LIVE_LEAST = 16,     /* room beyond what can live */
    PAIRS_LEAST = 65536, /* room for exclusions, and as many per ask, */
    PAIRS_PER_ASK = 8,
    PAIRS_PER_LIVE = 64, /* or per live ticket, if that is less: those of nobody
                            who waits make room (match/adopt) */
    LOAD_MS = DUTY_BUCKETS * DUTY_BUCKET_MS
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The most asks that any stretch of so many ms, both ends in it, holds: no
 * more than that are there at one time of what an ask makes and such a time
 * ends. */
static uint32_t most_within(const struct cli_day *day, uint64_t ms)
{
    struct cli_day_at head = cli_day_start(day), tail = head;
    const struct cli_day_line *line, *first = cli_day_next(&tail);
    uint32_t now = 0, most = 0;

    while ((line = cli_day_next(&head))) {
        for (; first->t_ms + ms < line->t_ms; first = cli_day_next(&tail))
            now -= first->what == CLI_DAY_ASK;
        now += line->what == CLI_DAY_ASK;
        if (now > most)
            most = now;
    }
    return most + LIVE_LEAST;
}

/* The longest any talk of this day can last. */
static uint64_t longest_talk_ms(const struct cli_day *day,
                                const struct match_limits *limits)
{
    struct cli_day_at at = cli_day_start(day);
    const struct cli_day_line *line;
    uint64_t longest_ms = 0;

    while ((line = cli_day_next(&at)))
        if (line->what == CLI_DAY_ASK && line->talk_ms > longest_ms)
            longest_ms = line->talk_ms;
    return least(longest_ms, limits->talk_ms);
}

/* Who may be on duty, and how their coming and going is counted. */
struct presence {
    uint32_t leaves; /* lines that are not so long ago */
    bool on, counted;
};

static uint32_t count_attend(struct presence *who)
{
    uint32_t more = !who->counted;

    who->on = who->counted = true;
    return more;
}

/* A leave is so long ago: does it count one less? */
static uint32_t forget_leave(struct presence *who)
{
    REQUIRE(who->leaves > 0);
    if (--who->leaves > 0 || who->on || !who->counted)
        return 0;
    who->counted = false;
    return 1;
}

/* The most peers of whom the engine must know anything at one time: who may be
 * on duty, and who left less than kept_ms ago.  That is the longest talk, whose
 * peer has a place until it ends, and then LOAD_MS: of two who left, the first
 * to be free of talks makes room first (match/duty), and the load of neither
 * may matter any more.  0: out of memory. */
static uint32_t most_peers(const struct cli_day *day, uint64_t kept_ms)
{
    struct presence *member =
        calloc((size_t)day->members.n + 1, sizeof *member);
    struct cli_day_at head = cli_day_start(day), tail = head;
    const struct cli_day_line *line, *first = cli_day_next(&tail);
    uint32_t now = 0, most = 0;

    if (!member)
        return 0;
    while ((line = cli_day_next(&head))) {
        for (; first->t_ms + kept_ms < line->t_ms; first = cli_day_next(&tail))
            if (first->what == CLI_DAY_LEAVE)
                now -= forget_leave(&member[first->member]);
        if (line->what == CLI_DAY_ATTEND) {
            now += count_attend(&member[line->member]);
        } else if (line->what == CLI_DAY_LEAVE) {
            member[line->member].on = false;
            member[line->member].leaves++;
        }
        if (now > most)
            most = now;
    }
    free(member);
    return most + LIVE_LEAST;
}

/* ERR_NOMEM. */
static enum err measure(const struct cli_day *day,
                        const struct match_limits *limits,
                        struct match_sizes *sizes)
{
    uint32_t tickets = most_within(day, limits->ticket_ms);
    uint64_t talk_ms = longest_talk_ms(day, limits);
    uint32_t peers = most_peers(day, talk_ms + LOAD_MS);

    if (peers == 0)
        return ERR_NOMEM;
    *sizes = (struct match_sizes){
        .pools = day->pools.n + (day->pools.n == 0),
        .tickets = tickets,
        .duties = peers,
        .talks = most_within(day, limits->ticket_ms + talk_ms),
        .pairs = PAIRS_LEAST +
                 (uint32_t)least((uint64_t)PAIRS_PER_ASK * day->tickets.n,
                                 (uint64_t)PAIRS_PER_LIVE * tickets),
        .terms = day->terms.n + 1,
    };
    return ERR_NONE;
}

static void *table_new(size_t n, size_t size)
{
    void *table = calloc(n, size);

    if (table)
        large_pages(table, n * size);
    return table;
}

static enum err open_tables(struct cli_simulate_run *run,
                            const struct cli_day *day)
{
    struct cli_day_at at = cli_day_start(day);
    size_t tickets = (size_t)day->tickets.n + 1;
    const struct cli_day_line *line;

    run->member = table_new((size_t)day->members.n + 1, sizeof *run->member);
    run->peer = table_new((size_t)day->peers + 1, sizeof *run->peer);
    run->ticket = table_new(tickets, sizeof *run->ticket);
    run->talk = table_new(tickets, sizeof *run->talk);
    if (!run->member || !run->peer || !run->ticket || !run->talk)
        return ERR_NOMEM;
    while ((line = cli_day_next(&at)))
        if (line->what == CLI_DAY_REFLECT)
            run->ticket[line->ticket].reflects = true;
    return cli_simulate_tally_init(run->tally, day->peers + 1);
}

static enum err open_engine(struct cli_simulate_run *run,
                            const struct cli_day *day)
{
    struct match_limits limits = run->limits;
    struct match_sizes sizes;

    if (measure(day, &run->limits, &sizes) != ERR_NONE)
        return ERR_NOMEM;
    limits.fresh_ms = limits.lost_ms = UINT64_MAX; /* nobody need beat */
    run->pools = sizes.pools;
    run->law_slots = 2 * (uint64_t)sizes.tickets + sizes.duties + sizes.talks;
    return cli_simulate_port_init(&run->port, &sizes, &limits, day->members.n);
}

struct cli_simulate_run *
cli_simulate_run_new(const struct cli_day *day,
                     const struct cli_simulate_run_with *with,
                     struct cli_simulate_tally *tally)
{
    struct cli_simulate_run *run = calloc(1, sizeof *run);

    if (!run)
        return NULL;
    run->limits = *with->limits;
    run->seed = with->seed;
    run->day = day;
    run->tally = tally;
    run->next_offer = run->next_talk = 1;
    cli_simulate_soon_init(&run->soon, day);
    if (cli_simulate_scribe_init(&run->scribe, with->log, day) != ERR_NONE ||
        open_tables(run, day) != ERR_NONE ||
        open_engine(run, day) != ERR_NONE) {
        cli_simulate_run_free(run);
        return NULL;
    }
    return run;
}

void cli_simulate_run_free(struct cli_simulate_run *run)
{
    if (!run)
        return;
    free(run->member);
    free(run->peer);
    free(run->ticket);
    free(run->offer);
    free(run->talk);
    free(run->joining);
    free(run->done);
    cli_simulate_scribe_close(&run->scribe);
    cli_agenda_close(&run->agenda);
    cli_simulate_port_close(&run->port);
    free(run);
}

/* ---- what comes by itself ---- */

/* An answer is due: given, or held back until its peer is there again. */
static enum err answer_due(struct cli_simulate_run *run, uint64_t id)
{
    struct cli_simulate_offer *offer = &run->offer[id];
    struct cli_simulate_member *member = &run->member[offer->peer];
    struct match_event event =
        cli_simulate_happen_event(run, EVENT_ANSWER, offer->peer);

    if (!offer->open)
        return ERR_NONE;
    if (member->lost) {
        REQUIRE(member->peer != 0);
        offer->next = run->peer[member->peer].held;
        run->peer[member->peer].held = (uint32_t)id;
        return ERR_NONE;
    }
    event.answer.offer = id;
    event.answer.accept = offer->accept;
    if (offer->accept)
        event.fresh[0] = run->next_talk;
    cli_simulate_soon_peer(run, offer->peer);
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
    cli_simulate_soon_peer(run, run->talk[id].peer);
    return cli_simulate_happen(run, &event);
}

static enum err agenda_due(struct cli_simulate_run *run)
{
    struct cli_agenda_entry entry = cli_agenda_take(&run->agenda);

    cli_simulate_soon_taken(run);
    return entry.kind == CLI_SIMULATE_ANSWERS ? answer_due(run, entry.id)
                                              : talk_due(run, entry.id);
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
        uint64_t first_ms = least(agenda_ms, tick_ms);
        struct match_event tick = {.kind = EVENT_TICK};

        if (finishing && run->live == 0 && run->open == 0)
            return ERR_NONE;
        if (first_ms >= until_ms)
            return finishing ? ERR_INTERNAL : ERR_NONE;
        if (first_ms > run->now_ms)
            run->now_ms = first_ms;
        tick.now_ms = run->now_ms;
        if (agenda_ms == first_ms)
            err = agenda_due(run);
        else
            err = cli_simulate_happen(run, &tick);
    }
    return err;
}

enum err cli_simulate_run_line(struct cli_simulate_run *run,
                               const struct cli_day_line *line)
{
    enum err err;

    cli_simulate_soon_line(run);
    err = advance(run, line->t_ms, false);
    if (err != ERR_NONE)
        return err;
    REQUIRE(line->t_ms >= run->now_ms);
    run->now_ms = line->t_ms;
    return cli_simulate_line(run, line);
}

enum err cli_simulate_run_finish(struct cli_simulate_run *run,
                                 struct cli_simulate_figures *figures)
{
    enum err err = advance(run, UINT64_MAX, true);

    if (err != ERR_NONE)
        return err;
    cli_simulate_happen_laws(run);
    cli_simulate_tally_end(run->tally, run->now_ms);
    cli_simulate_figures_make(figures, run->tally);
    cli_simulate_scribe_end(&run->scribe);
    cli_simulate_log_summary(&run->scribe.log, figures, run->tally->events,
                             run->tally->laws_checked);
    return ERR_NONE;
}
