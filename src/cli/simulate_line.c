#include "cli/simulate_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "cli/simulate_happen.h"

static enum err keep_card(struct cli_simulate_run *run,
                          const struct cli_workload_line *line)
{
    struct cli_simulate_member *member = &run->member[line->member];
    struct match_card **card = &member->card[line->card.role];
    struct match_event event;
    enum err err = ERR_NONE;

    if (!member->enrolled)
        err = cli_simulate_port_enrol(&run->port, line->member, line->pool,
                                      run->now_ms);
    if (!*card)
        *card = malloc(sizeof **card);
    if (err != ERR_NONE || !*card)
        return ERR_NOMEM;
    **card = line->card;
    member->enrolled = true;
    member->pool = line->pool;
    err = cli_simulate_port_card(&run->port, line->member, *card, run->now_ms);
    if (err != ERR_NONE)
        return err;
    event = cli_simulate_happen_event(run, EVENT_CARD, line->member);
    event.card.card = *card;
    return cli_simulate_happen(run, &event);
}

static void stream_opened(struct cli_simulate_run *run)
{
    if (run->next_beat_ms == UINT64_MAX)
        run->next_beat_ms =
            run->now_ms + cli_simulate_happen_beat_ms(&run->limits);
}

/* A stream of theirs comes back: the same key resumes it. */
static enum err resume_ask(struct cli_simulate_run *run, uint32_t id)
{
    struct cli_simulate_member *member = &run->member[id];
    struct match_event event = cli_simulate_happen_event(run, EVENT_ASK, id);

    if (member->ticket == 0)
        return ERR_NONE;
    event.key = member->ask_key;
    event.ask.card = member->card[MATCH_SEEKER];
    member->ask_stream = event.call;
    stream_opened(run);
    return cli_simulate_happen(run, &event);
}

static enum err attend(struct cli_simulate_run *run, uint32_t id,
                       const struct match_key *key)
{
    struct cli_simulate_member *member = &run->member[id];
    struct match_event event = cli_simulate_happen_event(run, EVENT_ATTEND, id);

    if (key)
        event.key = *key;
    else
        event.fresh[0] = chance_mix(run->seed ^ chance_rotl(id, 32));
    event.attend.card = member->card[MATCH_PEER];
    event.attend.grade = member->grade;
    event.attend.capacity = member->capacity;
    event.attend.rest_ms = member->rest_ms;
    member->attend_key = event.key;
    member->attend_stream = event.call;
    stream_opened(run);
    return cli_simulate_happen(run, &event);
}

static enum err resume_attend(struct cli_simulate_run *run, uint32_t id)
{
    struct match_key key = run->member[id].attend_key;

    return run->member[id].attend_stream ? attend(run, id, &key) : ERR_NONE;
}

/* No longer lost: what was held back is due now. */
static enum err release(struct cli_simulate_run *run, uint32_t id)
{
    uint32_t kept = 0;
    enum err err = ERR_NONE;

    run->member[id].lost = false;
    for (uint32_t i = 0; i < run->helds && err == ERR_NONE; i++) {
        if (run->offer[run->held[i]].peer == id)
            err = cli_agenda_add(&run->agenda, (struct cli_agenda_entry){
                                                   .due_ms = run->now_ms,
                                                   .kind = CLI_SIMULATE_ANSWERS,
                                                   .id = run->held[i]});
        else
            run->held[kept++] = run->held[i];
    }
    run->helds = kept;
    return err;
}

static enum err do_back(struct cli_simulate_run *run, uint32_t id)
{
    enum err err;

    if (!run->member[id].lost)
        return ERR_NONE;
    err = release(run, id);
    if (err == ERR_NONE)
        err = resume_ask(run, id);
    if (err == ERR_NONE)
        err = resume_attend(run, id);
    return err == ERR_NONE ? cli_simulate_happen_joins(run) : err;
}

static enum err do_lost(struct cli_simulate_run *run, uint32_t id)
{
    struct cli_simulate_member *member = &run->member[id];
    const uint64_t stream[] = {member->ask_stream, member->attend_stream};
    enum err err = ERR_NONE;

    if (member->lost)
        return ERR_NONE;
    member->lost = true;
    for (int i = 0; i < 2 && err == ERR_NONE; i++) {
        struct match_event event =
            cli_simulate_happen_event(run, EVENT_LOST, id);

        event.stream.stream = stream[i];
        if (stream[i])
            err = cli_simulate_happen(run, &event);
    }
    return err;
}

static enum err do_ask(struct cli_simulate_run *run,
                       const struct cli_workload_line *line)
{
    struct cli_simulate_member *member = &run->member[line->member];
    struct match_event event =
        cli_simulate_happen_event(run, EVENT_ASK, line->member);
    bool was_lost = member->lost;
    enum err err;

    event.ask.card = member->card[MATCH_SEEKER];
    event.ask.danger = line->danger;
    event.fresh[0] = line->ticket;
    event.fresh[1] = chance_mix(run->seed ^ line->ticket);
    if (member->ticket) /* refused, and no return of who is lost */
        return cli_simulate_happen(run, &event);
    err = release(run, line->member);
    if (err != ERR_NONE)
        return err;
    run->ticket[line->ticket] =
        (struct cli_simulate_ticket){.member = line->member,
                                     .since_ms = run->now_ms,
                                     .talk_ms = line->talk_ms};
    member->ask_key = event.key;
    member->ask_stream = event.call;
    stream_opened(run);
    err = cli_simulate_happen(run, &event);
    if (err == ERR_NONE && was_lost)
        err = resume_attend(run, line->member);
    return err == ERR_NONE ? cli_simulate_happen_joins(run) : err;
}

static enum err do_attend(struct cli_simulate_run *run,
                          const struct cli_workload_line *line)
{
    struct cli_simulate_member *member = &run->member[line->member];
    enum err err;

    if (member->ticket) { /* refused, and no return of who is lost */
        struct match_event event =
            cli_simulate_happen_event(run, EVENT_ATTEND, line->member);

        event.attend.card = member->card[MATCH_PEER];
        event.attend.grade = line->grade;
        return cli_simulate_happen(run, &event);
    }
    err = release(run, line->member);
    if (err != ERR_NONE)
        return err;
    free(member->answer);
    member->answers = 0;
    member->answer =
        calloc(line->answers ? line->answers : 1, sizeof *member->answer);
    if (!member->answer)
        return ERR_NOMEM;
    memcpy(member->answer, line->answer,
           line->answers * sizeof *member->answer);
    member->answers = line->answers;
    member->capacity = line->capacity;
    member->grade = line->grade;
    member->rest_ms = line->rest_ms;
    err = attend(run, line->member, NULL);
    return err == ERR_NONE ? cli_simulate_happen_joins(run) : err;
}

/* One table ends the counting in every pool: those without one have 0. */
static enum err do_rarity(struct cli_simulate_run *run,
                          const struct cli_workload_line *line)
{
    struct match_event event = cli_simulate_happen_event(run, EVENT_RARITY, 0);
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < run->pools && err == ERR_NONE; i++) {
        event.pool = i;
        event.rarity.row = line->rarity;
        event.rarity.rows = i == line->pool ? line->rarities : 0;
        err = cli_simulate_happen(run, &event);
    }
    return err;
}

static enum err do_talk(struct cli_simulate_run *run,
                        const struct cli_workload_line *line)
{
    const struct cli_simulate_ticket *ticket = &run->ticket[line->ticket];
    struct match_event event;
    uint32_t member;

    if (ticket->talk == 0)
        return ERR_NONE;
    member = line->side == MATCH_PEER ? run->talk[ticket->talk].peer
                                      : run->talk[ticket->talk].seeker;
    if (line->what == CLI_WORKLOAD_END) {
        event = cli_simulate_happen_event(run, EVENT_END, member);
        event.talk.talk = ticket->talk;
        event.talk.side = line->side;
    } else {
        event = cli_simulate_happen_event(run, EVENT_REFLECT, member);
        event.reflect.talk = ticket->talk;
        event.reflect.side = line->side;
        event.reflect.said = true;
        event.reflect.understood = line->understood;
        event.reflect.again = line->again;
    }
    return cli_simulate_happen(run, &event);
}

static enum err do_plain(struct cli_simulate_run *run,
                         const struct cli_workload_line *line)
{
    static const enum match_event_kind kinds[CLI_WORKLOAD_DOS] = {
        [CLI_WORKLOAD_CAPACITY] = EVENT_CAPACITY,
        [CLI_WORKLOAD_PAUSE] = EVENT_PAUSE,
        [CLI_WORKLOAD_RESUME] = EVENT_RESUME,
        [CLI_WORKLOAD_LEAVE] = EVENT_LEAVE,
        [CLI_WORKLOAD_WITHDRAW] = EVENT_WITHDRAW,
        [CLI_WORKLOAD_BLOCK] = EVENT_BLOCK,
    };
    uint32_t member =
        line->ticket ? run->ticket[line->ticket].member : line->member;
    struct match_event event =
        cli_simulate_happen_event(run, kinds[line->what], member);

    if (line->what == CLI_WORKLOAD_CAPACITY) {
        event.capacity.capacity = line->capacity;
        run->member[member].capacity = line->capacity;
    } else if (line->what == CLI_WORKLOAD_WITHDRAW) {
        event.withdraw.ticket = line->ticket;
    } else if (line->what == CLI_WORKLOAD_BLOCK) {
        event.block.other = line->other;
    }
    return cli_simulate_happen(run, &event);
}

enum err cli_simulate_line(struct cli_simulate_run *run,
                           const struct cli_workload_line *line)
{
    switch (line->what) {
    case CLI_WORKLOAD_RARITY:
        return do_rarity(run, line);
    case CLI_WORKLOAD_CARD:
        return keep_card(run, line);
    case CLI_WORKLOAD_ATTEND:
        return do_attend(run, line);
    case CLI_WORKLOAD_ASK:
        return do_ask(run, line);
    case CLI_WORKLOAD_LOST:
        return do_lost(run, line->member);
    case CLI_WORKLOAD_BACK:
        return do_back(run, line->member);
    case CLI_WORKLOAD_END:
    case CLI_WORKLOAD_REFLECT:
        return do_talk(run, line);
    case CLI_WORKLOAD_CAPACITY:
    case CLI_WORKLOAD_PAUSE:
    case CLI_WORKLOAD_RESUME:
    case CLI_WORKLOAD_LEAVE:
    case CLI_WORKLOAD_WITHDRAW:
    case CLI_WORKLOAD_BLOCK:
        return do_plain(run, line);
    case CLI_WORKLOAD_DOS:
        break;
    }
    return ERR_INTERNAL;
}
