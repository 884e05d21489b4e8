#include "cli/day.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "cli/day_state.h"

enum { NAMES_MAX = CLI_WORKLOAD_MEMBERS_MAX };

/* ---- people ---- */

/* A card line, if it is one that was not seen yet. */
static enum err put_card(struct cli_day *day, uint32_t number, uint32_t pool,
                         const struct match_card *card)
{
    struct cli_day_member *member = &day->member[number];
    struct cli_day_line line = {.what = CLI_WORKLOAD_CARD, .member = number};
    enum err err;

    REQUIRE(card->role < MATCH_ROLES);
    if (member->version[card->role] == card->version)
        return ERR_NONE;
    if (member->version[0] == 0 && member->version[1] == 0)
        member->pool = pool;
    line.card = malloc(sizeof *line.card);
    if (!line.card)
        return ERR_NOMEM;
    *line.card = *card;
    err = cli_day_state_line(day, &line);
    if (err != ERR_NONE)
        free(line.card);
    else
        member->version[card->role] = card->version;
    return err;
}

/* The newest stream of a member, in a role, is this call. */
static enum err open_stream(struct cli_day *day, uint32_t member,
                            enum match_role role, uint64_t call)
{
    if (call == 0)
        return ERR_NONE;
    day->member[member].stream[role] = call;
    return cli_day_state_bind(&day->streams, &day->stream_member,
                              &day->streams_cap, call, member);
}

static bool same_key(const struct match_key *a, const struct match_key *b)
{
    return (a->word[0] | a->word[1]) != 0 && a->word[0] == b->word[0] &&
           a->word[1] == b->word[1];
}

static enum err come_back(struct cli_day *day, uint32_t member)
{
    if (!day->member[member].lost)
        return ERR_NONE;
    day->member[member].lost = false;
    return cli_day_state_say(day, CLI_WORKLOAD_BACK, member, 0);
}

static enum err new_ask(struct cli_day *day, uint32_t number, uint64_t call,
                        bool danger)
{
    struct cli_day_line line = {.what = CLI_WORKLOAD_ASK,
                                .member = number,
                                .call = call,
                                .danger = danger};
    enum err err = cli_day_state_grow(&day->ask, &day->asks_cap, day->asks + 2,
                                      sizeof *day->ask);

    if (err != ERR_NONE)
        return err;
    line.ask = ++day->asks;
    day->ask[line.ask] = (struct cli_day_ask){.member = number};
    day->member[number].ask = line.ask;
    return cli_day_state_line(day, &line);
}

static enum err ask(struct cli_day *day, const struct match_event *event)
{
    struct cli_day_member *member;
    uint32_t number;
    enum err err = cli_day_state_member(day, event->member, &number);

    if (err != ERR_NONE || !event->ask.card)
        return err;
    member = &day->member[number];
    if (member->ask != 0 && same_key(&member->key[MATCH_SEEKER], &event->key)) {
        err = come_back(day, number);
    } else {
        err = put_card(day, number, event->pool, event->ask.card);
        member->lost = false; /* an ask brings whoever is lost back */
        member->key[MATCH_SEEKER] = event->key;
        if (err == ERR_NONE)
            err = new_ask(day, number, event->call, event->ask.danger);
    }
    return err == ERR_NONE ? open_stream(day, number, MATCH_SEEKER, event->call)
                           : err;
}

static enum err attend(struct cli_day *day, const struct match_event *event)
{
    struct cli_day_line line = {.what = CLI_WORKLOAD_ATTEND,
                                .call = event->call,
                                .capacity = event->attend.capacity,
                                .grade = event->attend.grade,
                                .rest_ms = event->attend.rest_ms};
    struct cli_day_member *member;
    enum err err = cli_day_state_member(day, event->member, &line.member);

    if (err != ERR_NONE || !event->attend.card)
        return err;
    member = &day->member[line.member];
    if (member->on && same_key(&member->key[MATCH_PEER], &event->key)) {
        err = come_back(day, line.member);
    } else {
        err = put_card(day, line.member, event->pool, event->attend.card);
        member->lost = false;
        member->key[MATCH_PEER] = event->key;
        member->on = true;
        if (err == ERR_NONE)
            err = cli_day_state_line(day, &line);
    }
    return err == ERR_NONE
               ? open_stream(day, line.member, MATCH_PEER, event->call)
               : err;
}

static enum err lose(struct cli_day *day, const struct match_event *event)
{
    uint32_t number = cli_day_state_bound(&day->streams, day->stream_member,
                                          event->stream.stream);
    struct cli_day_member *member = &day->member[number];
    bool newest = false;

    for (int role = 0; role < MATCH_ROLES && number != 0; role++)
        if (member->stream[role] == event->stream.stream) {
            newest = role == MATCH_SEEKER ? member->ask != 0 : member->on;
            member->stream[role] = 0;
        }
    if (!newest || member->lost)
        return ERR_NONE; /* an older one, or of what has ended */
    member->lost = true;
    return cli_day_state_say(day, CLI_WORKLOAD_LOST, number, 0);
}

/* ---- events ---- */

static enum err load(struct cli_day *day, const struct match_event *event)
{
    const struct match_row *row = event->load.row;
    struct cli_day_rarity *rarity;
    uint32_t number;
    enum err err;

    if (row->kind == ROW_RARITY && row->rarity.pool < DAY_POOLS_MAX) {
        rarity = &day->rarity[row->rarity.pool];
        err = cli_day_state_grow(&rarity->row, &rarity->cap, rarity->rows + 1,
                                 sizeof *rarity->row);
        if (err == ERR_NONE)
            rarity->row[rarity->rows++] = row->rarity;
        return err;
    }
    if (row->kind != ROW_TICKET || !event->load.card)
        return ERR_NONE;
    err = cli_day_state_member(day, row->ticket.member, &number);
    if (err == ERR_NONE)
        err = put_card(day, number, row->ticket.pool, event->load.card);
    if (err == ERR_NONE)
        err = new_ask(day, number, 0, row->ticket.danger);
    if (err == ERR_NONE)
        err = cli_day_state_bind(&day->tickets, &day->ticket_ask,
                                 &day->tickets_cap, row->ticket.id, day->asks);
    if (err != ERR_NONE)
        return err;
    day->member[number].key[MATCH_SEEKER] = row->ticket.key;
    day->member[number].lost = true; /* it starts away */
    return cli_day_state_say(day, CLI_WORKLOAD_LOST, number, 0);
}

static enum err take_rarity(struct cli_day *day,
                            const struct match_event *event)
{
    struct cli_day_rarity *rarity;
    enum err err;

    if (event->pool >= DAY_POOLS_MAX)
        return ERR_NONE;
    rarity = &day->rarity[event->pool];
    err = cli_day_state_grow(&rarity->row, &rarity->cap, event->rarity.rows,
                             sizeof *rarity->row);
    if (err != ERR_NONE)
        return err;
    if (event->rarity.rows > 0)
        memcpy(rarity->row, event->rarity.row,
               event->rarity.rows * sizeof *rarity->row);
    rarity->rows = event->rarity.rows;
    rarity->given = true;
    return ERR_NONE;
}

static enum err plain(struct cli_day *day, const struct match_event *event,
                      enum cli_workload_do what)
{
    struct cli_day_line line = {.what = what, .call = event->call};

    line.member = cli_day_state_find(&day->members, event->member);
    if (line.member == 0 && what != CLI_WORKLOAD_REFLECT)
        return ERR_NONE; /* a talk's calls come from whoever has its mailbox */
    if (what == CLI_WORKLOAD_CAPACITY)
        line.capacity = event->capacity.capacity;
    if (what == CLI_WORKLOAD_BLOCK)
        line.other = cli_day_state_find(&day->members, event->block.other);
    if (what == CLI_WORKLOAD_WITHDRAW) {
        line.ask = cli_day_state_bound(&day->tickets, day->ticket_ask,
                                       event->withdraw.ticket);
        if (line.ask == 0)
            return ERR_NONE;
    }
    if (what == CLI_WORKLOAD_REFLECT) {
        line.ask = cli_day_state_bound(&day->talks, day->talk_ask,
                                       event->reflect.talk);
        line.side = event->reflect.side;
        line.understood = event->reflect.understood;
        line.again = event->reflect.again;
        if (line.ask == 0 || !event->reflect.said)
            return ERR_NONE;
    }
    if (what == CLI_WORKLOAD_BLOCK &&
        (line.other == 0 || line.other == line.member))
        return ERR_NONE;
    return cli_day_state_line(day, &line);
}

/* To the others, one who is held has left. */
static enum err hold(struct cli_day *day, const struct match_event *event)
{
    uint32_t number = cli_day_state_find(&day->members, event->member);
    enum err err = ERR_NONE;

    if (number == 0 || (event->kind == EVENT_HOLD && !event->hold.held))
        return ERR_NONE;
    if (day->member[number].on)
        err = cli_day_state_say(day, CLI_WORKLOAD_LEAVE, number, 0);
    if (err == ERR_NONE && day->member[number].ask != 0)
        err = cli_day_state_line(
            day, &(struct cli_day_line){.what = CLI_WORKLOAD_WITHDRAW,
                                        .member = number,
                                        .ask = day->member[number].ask});
    day->member[number].on = false;
    return err;
}

static enum err answer(struct cli_day *day, const struct match_event *event)
{
    uint32_t number = cli_day_state_find(&day->offers, event->answer.offer);
    struct cli_day_offer *offer = &day->offer[number];

    if (number == 0 || offer->known)
        return ERR_NONE;
    offer->known = true;
    offer->say =
        event->answer.accept ? CLI_WORKLOAD_ACCEPT : CLI_WORKLOAD_DECLINE;
    offer->after_ms = event->now_ms - offer->made_ms;
    return ERR_NONE;
}

static enum err happen(struct cli_day *day, const struct match_event *event)
{
    uint32_t number;

    switch ((int)event->kind) {
    case EVENT_LOAD:
        return load(day, event);
    case EVENT_RARITY:
        return take_rarity(day, event);
    case EVENT_ASK:
        return ask(day, event);
    case EVENT_ATTEND:
        return attend(day, event);
    case EVENT_LOST:
        return lose(day, event);
    case EVENT_ANSWER:
        return answer(day, event);
    case EVENT_HOLD:
    case EVENT_GONE:
        return hold(day, event);
    case EVENT_CARD:
        number = cli_day_state_find(&day->members, event->member);
        return number != 0 && event->card.card
                   ? put_card(day, number, day->member[number].pool,
                              event->card.card)
                   : ERR_NONE;
    case EVENT_WITHDRAW:
        return plain(day, event, CLI_WORKLOAD_WITHDRAW);
    case EVENT_LEAVE:
        return plain(day, event, CLI_WORKLOAD_LEAVE);
    case EVENT_PAUSE:
        return plain(day, event, CLI_WORKLOAD_PAUSE);
    case EVENT_RESUME:
        return plain(day, event, CLI_WORKLOAD_RESUME);
    case EVENT_CAPACITY:
        return plain(day, event, CLI_WORKLOAD_CAPACITY);
    case EVENT_REFLECT:
        return plain(day, event, CLI_WORKLOAD_REFLECT);
    case EVENT_BLOCK:
        return plain(day, event, CLI_WORKLOAD_BLOCK);
    default:
        return ERR_NONE;
    }
}

/* ---- a day ---- */

struct cli_day *cli_day_new(void)
{
    struct cli_day *day = calloc(1, sizeof *day);

    if (!day)
        return NULL;
    cli_names_init(&day->members, NAMES_MAX);
    cli_names_init(&day->tickets, NAMES_MAX);
    cli_names_init(&day->offers, NAMES_MAX);
    cli_names_init(&day->talks, NAMES_MAX);
    cli_names_init(&day->streams, NAMES_MAX);
    cli_names_init(&day->calls, NAMES_MAX);
    /* number 0 of each is nobody's, and there to be looked at */
    if (cli_day_state_grow(&day->member, &day->members_cap, 1,
                           sizeof *day->member) ||
        cli_day_state_grow(&day->ask, &day->asks_cap, 1, sizeof *day->ask) ||
        cli_day_state_grow(&day->offer, &day->offers_cap, 1,
                           sizeof *day->offer)) {
        cli_day_free(day);
        return NULL;
    }
    return day;
}

void cli_day_free(struct cli_day *day)
{
    if (!day)
        return;
    for (uint32_t i = 0; i < day->lines; i++)
        free(day->line[i].card);
    for (int i = 0; i < DAY_POOLS_MAX; i++)
        free(day->rarity[i].row);
    cli_names_close(&day->members);
    cli_names_close(&day->tickets);
    cli_names_close(&day->offers);
    cli_names_close(&day->talks);
    cli_names_close(&day->streams);
    cli_names_close(&day->calls);
    free(day->member);
    free(day->ask);
    free(day->offer);
    free(day->line);
    free(day->ticket_ask);
    free(day->talk_ask);
    free(day->stream_member);
    free(day->call_line);
    free(day);
}

enum err cli_day_step(struct cli_day *day,
                      const struct cli_recording *recording)
{
    const struct match_effects *effects = &recording->effects;
    enum err err;

    day->now_ms = cli_recording_at_ms(recording);
    err = happen(day, &recording->event);
    for (uint32_t i = 0; i < effects->n && err == ERR_NONE; i++)
        err = cli_day_hear(day, &effects->item[i], recording->event.now_ms);
    return err;
}

struct cli_day_count cli_day_counted(const struct cli_day *day)
{
    struct cli_day_count count = {.members = day->members.n};

    for (uint32_t i = 0; i < day->lines; i++)
        count.lines += !day->line[i].out;
    for (uint32_t i = 1; i <= day->asks; i++)
        count.asks += !day->ask[i].refused;
    for (uint32_t i = 1; i <= day->offers.n; i++)
        count.answers += day->offer[i].known;
    return count;
}
