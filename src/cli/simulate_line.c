#include "cli/simulate_line.h"

#include "base/chance.h"
#include "base/require.h"
#include "cli/simulate_happen.h"

static const struct match_card *card_of(struct cli_simulate_run *run,
                                        uint32_t id, enum match_role role)
{
    REQUIRE(run->member[id].card[role] != NULL);
    cli_day_unpack(run->member[id].card[role], &run->card);
    return &run->card;
}

static struct cli_simulate_peer *peer_of(struct cli_simulate_run *run,
                                         uint32_t id)
{
    return &run->peer[run->member[id].peer];
}

static enum err keep_card(struct cli_simulate_run *run,
                          const struct cli_day_line *line)
{
    struct cli_simulate_member *member = &run->member[line->member];
    bool enrolled = member->card[MATCH_SEEKER] || member->card[MATCH_PEER];
    struct match_event event;
    enum err err = ERR_NONE;

    if (!enrolled)
        err = cli_simulate_port_enrol(&run->port, line->member, line->pool,
                                      run->now_ms);
    if (err != ERR_NONE)
        return err;
    member->pool = line->pool;
    member->card[line->side] = line->card;
    err = cli_simulate_port_card(
        &run->port, line->member,
        card_of(run, line->member, (enum match_role)line->side), run->now_ms);
    if (err != ERR_NONE ||
        (member->ticket == 0 && peer_of(run, line->member)->stream == 0))
        return err; /* the engine holds nothing of theirs */
    event = cli_simulate_happen_event(run, EVENT_CARD, line->member);
    event.card.card = &run->card;
    return cli_simulate_happen(run, &event);
}

/* A stream of theirs comes back: the same key resumes it. */
static enum err resume_ask(struct cli_simulate_run *run, uint32_t id)
{
    struct cli_simulate_member *member = &run->member[id];
    struct match_event event = cli_simulate_happen_event(run, EVENT_ASK, id);

    if (member->ticket == 0)
        return ERR_NONE;
    event.key = member->ask_key;
    event.ask.card = card_of(run, id, MATCH_SEEKER);
    member->ask_stream = event.call;
    return cli_simulate_happen(run, &event);
}

static enum err attend(struct cli_simulate_run *run, uint32_t id,
                       const struct match_key *key)
{
    struct cli_simulate_peer *peer = peer_of(run, id);
    struct match_event event = cli_simulate_happen_event(run, EVENT_ATTEND, id);

    if (key)
        event.key = *key;
    else
        event.fresh[0] = chance_mix(run->seed ^ chance_rotl(id, 32));
    event.attend.card = card_of(run, id, MATCH_PEER);
    event.attend.grade = peer->grade;
    event.attend.capacity = peer->capacity;
    event.attend.rest_ms = peer->rest_ms;
    peer->key = event.key;
    peer->stream = event.call;
    return cli_simulate_happen(run, &event);
}

static enum err resume_attend(struct cli_simulate_run *run, uint32_t id)
{
    struct match_key key = peer_of(run, id)->key;

    return peer_of(run, id)->stream ? attend(run, id, &key) : ERR_NONE;
}

/* No longer lost: what was held back is due now. */
static enum err release(struct cli_simulate_run *run, uint32_t id)
{
    struct cli_simulate_peer *peer = peer_of(run, id);
    enum err err = ERR_NONE;

    run->member[id].lost = false;
    for (; peer->held && err == ERR_NONE;
         peer->held = run->offer[peer->held].next)
        err = cli_agenda_add(&run->agenda, (struct cli_agenda_entry){
                                               .due_ms = run->now_ms,
                                               .kind = CLI_SIMULATE_ANSWERS,
                                               .id = peer->held});
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
    const uint64_t stream[] = {run->member[id].ask_stream,
                               peer_of(run, id)->stream};
    enum err err = ERR_NONE;

    if (run->member[id].lost)
        return ERR_NONE;
    run->member[id].lost = true;
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
                       const struct cli_day_line *line)
{
    struct cli_simulate_member *member = &run->member[line->member];
    struct match_event event =
        cli_simulate_happen_event(run, EVENT_ASK, line->member);
    bool was_lost = member->lost;
    enum err err;

    event.ask.card = card_of(run, line->member, MATCH_SEEKER);
    event.ask.danger = line->danger;
    event.fresh[0] = line->ticket;
    event.fresh[1] = chance_mix(run->seed ^ line->ticket);
    if (member->ticket) /* refused, and no return of who is lost */
        return cli_simulate_happen(run, &event);
    err = release(run, line->member);
    if (err != ERR_NONE)
        return err;
    run->ticket[line->ticket].member = line->member;
    run->ticket[line->ticket].since_ms = run->now_ms;
    run->ticket[line->ticket].talk_ms = line->talk_ms;
    member->ask_key = event.key;
    member->ask_stream = event.call;
    err = cli_simulate_happen(run, &event);
    if (err == ERR_NONE && was_lost)
        err = resume_attend(run, line->member);
    return err == ERR_NONE ? cli_simulate_happen_joins(run) : err;
}

static enum err do_attend(struct cli_simulate_run *run,
                          const struct cli_day_line *line)
{
    struct cli_simulate_member *member = &run->member[line->member];
    struct cli_simulate_peer *peer;
    enum err err;

    if (member->ticket) { /* refused, and no return of who is lost */
        struct match_event event =
            cli_simulate_happen_event(run, EVENT_ATTEND, line->member);

        event.attend.card = card_of(run, line->member, MATCH_PEER);
        event.attend.grade = (enum match_grade)line->grade;
        return cli_simulate_happen(run, &event);
    }
    if (member->peer == 0) {
        REQUIRE(run->peers < run->day->peers);
        member->peer = ++run->peers;
    }
    err = release(run, line->member);
    if (err != ERR_NONE)
        return err;
    peer = peer_of(run, line->member);
    peer->answer = line->answer;
    peer->answers = line->count;
    peer->capacity = line->capacity;
    peer->grade = (enum match_grade)line->grade;
    peer->rest_ms = line->rest_ms;
    err = attend(run, line->member, NULL);
    return err == ERR_NONE ? cli_simulate_happen_joins(run) : err;
}

/* A table takes the place of its pool's; the first ends the counting in every
 * pool: those without one have 0. */
static enum err do_rarity(struct cli_simulate_run *run,
                          const struct cli_day_line *line)
{
    struct match_event event = cli_simulate_happen_event(run, EVENT_RARITY, 0);
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < run->pools && err == ERR_NONE; i++) {
        if (run->frozen && i != line->pool)
            continue;
        event.pool = i;
        event.rarity.row = line->rarity;
        event.rarity.rows = i == line->pool ? line->count : 0;
        err = cli_simulate_happen(run, &event);
    }
    run->frozen = true;
    return err;
}

static enum err do_talk(struct cli_simulate_run *run,
                        const struct cli_day_line *line)
{
    const struct cli_simulate_ticket *ticket = &run->ticket[line->ticket];
    struct match_event event;
    uint32_t member;

    if (ticket->talk == 0)
        return ERR_NONE;
    member = line->side == MATCH_PEER ? run->talk[ticket->talk].peer
                                      : run->talk[ticket->talk].seeker;
    if (line->what == CLI_DAY_END) {
        event = cli_simulate_happen_event(run, EVENT_END, member);
        event.talk.talk = ticket->talk;
        event.talk.side = MATCH_SEEKER;
    } else {
        event = cli_simulate_happen_event(run, EVENT_REFLECT, member);
        event.reflect.talk = ticket->talk;
        event.reflect.side = (enum match_role)line->side;
        event.reflect.said = true;
        event.reflect.understood = line->understood;
        event.reflect.again = line->again;
    }
    return cli_simulate_happen(run, &event);
}

static enum err do_plain(struct cli_simulate_run *run,
                         const struct cli_day_line *line)
{
    static const enum match_event_kind kinds[CLI_DAY_DOS] = {
        [CLI_DAY_CAPACITY] = EVENT_CAPACITY, [CLI_DAY_PAUSE] = EVENT_PAUSE,
        [CLI_DAY_RESUME] = EVENT_RESUME,     [CLI_DAY_LEAVE] = EVENT_LEAVE,
        [CLI_DAY_WITHDRAW] = EVENT_WITHDRAW, [CLI_DAY_BLOCK] = EVENT_BLOCK,
    };
    uint32_t member =
        line->ticket ? run->ticket[line->ticket].member : line->member;
    struct match_event event =
        cli_simulate_happen_event(run, kinds[line->what], member);

    if (line->what == CLI_DAY_RESUME && !peer_of(run, member)->paused)
        return ERR_NONE; /* nothing would come of it: most lines, of many days */
    if (line->what == CLI_DAY_CAPACITY) {
        event.capacity.capacity = line->capacity;
        peer_of(run, member)->capacity = line->capacity;
    } else if (line->what == CLI_DAY_WITHDRAW) {
        event.withdraw.ticket = line->ticket;
    } else if (line->what == CLI_DAY_BLOCK) {
        event.block.other = line->other;
    }
    return cli_simulate_happen(run, &event);
}

enum err cli_simulate_line(struct cli_simulate_run *run,
                           const struct cli_day_line *line)
{
    switch ((enum cli_day_do)line->what) {
    case CLI_DAY_RARITY:
        return do_rarity(run, line);
    case CLI_DAY_CARD:
        return keep_card(run, line);
    case CLI_DAY_ATTEND:
        return do_attend(run, line);
    case CLI_DAY_ASK:
        return do_ask(run, line);
    case CLI_DAY_LOST:
        return do_lost(run, line->member);
    case CLI_DAY_BACK:
        return do_back(run, line->member);
    case CLI_DAY_END:
    case CLI_DAY_REFLECT:
        return do_talk(run, line);
    case CLI_DAY_CAPACITY:
    case CLI_DAY_PAUSE:
    case CLI_DAY_RESUME:
    case CLI_DAY_LEAVE:
    case CLI_DAY_WITHDRAW:
    case CLI_DAY_BLOCK:
        return do_plain(run, line);
    case CLI_DAY_DOS:
        break;
    }
    return ERR_INTERNAL;
}
