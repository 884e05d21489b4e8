#include "cli/simulate_soon.h"

#include "base/bring.h"
#include "cli/simulate_state.h"
#include "store/memory.h"

enum { FAR = 6, NEAR = 2 }; /* lines ahead: first a row, then what it names */

void cli_simulate_soon_init(struct cli_simulate_soon *soon,
                            const struct cli_day *day)
{
    soon->far = soon->near = cli_day_start(day);
    for (int i = 0; i < FAR; i++)
        (void)cli_day_next(&soon->far);
    for (int i = 0; i < NEAR; i++)
        (void)cli_day_next(&soon->near);
}

static void far_line(const struct cli_simulate_run *run,
                     const struct cli_day_line *line)
{
    bring(&run->member[line->member], sizeof *run->member);
    if (line->ticket != 0)
        bring(&run->ticket[line->ticket], sizeof *run->ticket);
}

static void near_line(const struct cli_simulate_run *run,
                      const struct cli_day_line *line)
{
    uint32_t peer = run->member[line->member].peer;
    struct store_memory_soon soon = {.ticket = line->ticket};

    bring(&run->peer[peer], sizeof *run->peer);
    if (line->what == CLI_DAY_RESUME || line->what == CLI_DAY_LOST)
        return; /* the store hears nothing of most of them */
    if (line->what == CLI_DAY_ASK)
        soon.seeker = line->member;
    else
        soon.peer = line->member;
    store_memory_hint(run->port.store, &soon);
}

void cli_simulate_soon_line(struct cli_simulate_run *run)
{
    const struct cli_day_line *far = cli_day_next(&run->soon.far);
    const struct cli_day_line *near = cli_day_next(&run->soon.near);

    if (far)
        far_line(run, far);
    if (near)
        near_line(run, near);
}

static void far_entry(const struct cli_simulate_run *run,
                      const struct cli_agenda_entry *entry)
{
    if (entry->kind == CLI_SIMULATE_ANSWERS)
        bring(&run->offer[entry->id], sizeof *run->offer);
    else
        bring(&run->talk[entry->id], sizeof *run->talk);
}

static void near_entry(const struct cli_simulate_run *run,
                       const struct cli_agenda_entry *entry)
{
    struct store_memory_soon soon = {0};

    if (entry->kind == CLI_SIMULATE_ANSWERS) {
        const struct cli_simulate_offer *offer = &run->offer[entry->id];

        soon.offer = entry->id;
        soon.ticket = offer->ticket;
        soon.peer = offer->peer;
        soon.seeker = run->ticket[offer->ticket].member;
    } else {
        const struct cli_simulate_talk *talk = &run->talk[entry->id];

        soon.talk = entry->id;
        soon.ticket = talk->ticket;
        soon.peer = talk->peer;
        soon.seeker = talk->seeker;
    }
    bring(&run->member[soon.peer], sizeof *run->member);
    bring(&run->member[soon.seeker], sizeof *run->member);
    bring(&run->ticket[soon.ticket], sizeof *run->ticket);
    store_memory_hint(run->port.store, &soon);
}

void cli_simulate_soon_taken(const struct cli_simulate_run *run)
{
    const struct cli_agenda_entry *first = cli_agenda_first(&run->agenda);
    const struct cli_agenda_entry *next;

    for (uint32_t i = 0; (next = cli_agenda_next(&run->agenda, i)); i++)
        far_entry(run, next);
    if (first)
        near_entry(run, first);
}

void cli_simulate_soon_peer(const struct cli_simulate_run *run, uint64_t member)
{
    uint32_t peer = run->member[member].peer;

    bring(&run->peer[peer], sizeof *run->peer);
    bring(&run->tally->peer[peer], sizeof *run->tally->peer);
}

void cli_simulate_soon_offer(const struct cli_simulate_run *run,
                             const struct match_offer_row *offer)
{
    const struct store_memory_soon soon = {
        .ticket = offer->ticket, .seeker = offer->seeker, .peer = offer->peer};

    cli_simulate_soon_peer(run, offer->peer);
    store_memory_hint(run->port.store, &soon);
}
