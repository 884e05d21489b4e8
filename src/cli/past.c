#include "cli/past.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "cli/past_state.h"

enum { NAMES_MAX = CLI_DAY_MEMBERS_MAX };

/* ---- people ---- */

/* A card line, if it is one that was not seen yet. */
static enum err put_card(struct cli_past *past, uint32_t number, uint32_t pool,
                         const struct match_card *card)
{
    struct cli_past_member *member = &past->member[number];
    struct cli_past_line line = {.what = CLI_DAY_CARD, .member = number};
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
    err = cli_past_state_line(past, &line);
    if (err != ERR_NONE)
        free(line.card);
    else
        member->version[card->role] = card->version;
    return err;
}

/* The newest stream of a member, in a role, is this call. */
static enum err open_stream(struct cli_past *past, uint32_t member,
                            enum match_role role, uint64_t call)
{
    if (call == 0)
        return ERR_NONE;
    past->member[member].stream[role] = call;
    return cli_past_state_bind(&past->streams, &past->stream_member,
                               &past->streams_cap, call, member);
}

static bool same_key(const struct match_key *a, const struct match_key *b)
{
    return (a->word[0] | a->word[1]) != 0 && a->word[0] == b->word[0] &&
           a->word[1] == b->word[1];
}

static enum err come_back(struct cli_past *past, uint32_t member)
{
    if (!past->member[member].lost)
        return ERR_NONE;
    past->member[member].lost = false;
    return cli_past_state_say(past, CLI_DAY_BACK, member, 0);
}

static enum err new_ask(struct cli_past *past, uint32_t number, uint64_t call,
                        bool danger)
{
    struct cli_past_line line = {
        .what = CLI_DAY_ASK, .member = number, .call = call, .danger = danger};
    enum err err = cli_past_state_grow(&past->ask, &past->asks_cap,
                                       past->asks + 2, sizeof *past->ask);

    if (err != ERR_NONE)
        return err;
    line.ask = ++past->asks;
    past->ask[line.ask] = (struct cli_past_ask){.member = number};
    past->member[number].ask = line.ask;
    return cli_past_state_line(past, &line);
}

static enum err withdraw(struct cli_past *past, uint32_t number)
{
    struct cli_past_line line = {.what = CLI_DAY_WITHDRAW,
                                 .member = number,
                                 .ask = past->member[number].ask};

    return line.ask == 0 ? ERR_NONE : cli_past_state_line(past, &line);
}

/* What was asked for with an older account key, as in match/seeker. */
static enum err yield(struct cli_past *past, uint32_t number,
                      uint32_t generation)
{
    return generation > past->member[number].generation ? withdraw(past, number)
                                                        : ERR_NONE;
}

static enum err ask(struct cli_past *past, const struct match_event *event)
{
    struct cli_past_member *member;
    uint32_t number;
    enum err err = cli_past_state_member(past, event->member, &number);

    if (err != ERR_NONE || !event->ask.card)
        return err;
    member = &past->member[number];
    if (member->ask != 0 && same_key(&member->key[MATCH_SEEKER], &event->key)) {
        err = come_back(past, number);
    } else {
        err = put_card(past, number, event->pool, event->ask.card);
        if (err == ERR_NONE)
            err = yield(past, number, event->generation);
        member->lost = false; /* an ask brings whoever is lost back */
        member->key[MATCH_SEEKER] = event->key;
        if (err == ERR_NONE)
            err = new_ask(past, number, event->call, event->ask.danger);
    }
    member->generation = event->generation;
    return err == ERR_NONE
               ? open_stream(past, number, MATCH_SEEKER, event->call)
               : err;
}

static enum err attend(struct cli_past *past, const struct match_event *event)
{
    struct cli_past_line line = {.what = CLI_DAY_ATTEND,
                                 .call = event->call,
                                 .capacity = event->attend.capacity,
                                 .grade = event->attend.grade,
                                 .rest_ms = event->attend.rest_ms};
    struct cli_past_member *member;
    enum err err = cli_past_state_member(past, event->member, &line.member);

    if (err != ERR_NONE || !event->attend.card)
        return err;
    member = &past->member[line.member];
    if (member->on && same_key(&member->key[MATCH_PEER], &event->key)) {
        err = come_back(past, line.member);
    } else {
        err = put_card(past, line.member, event->pool, event->attend.card);
        if (err == ERR_NONE)
            err = yield(past, line.member, event->generation);
        member->lost = false;
        member->key[MATCH_PEER] = event->key;
        member->on = true;
        if (err == ERR_NONE)
            err = cli_past_state_line(past, &line);
    }
    return err == ERR_NONE
               ? open_stream(past, line.member, MATCH_PEER, event->call)
               : err;
}

static enum err lose(struct cli_past *past, const struct match_event *event)
{
    uint32_t number = cli_past_state_bound(&past->streams, past->stream_member,
                                           event->stream.stream);
    struct cli_past_member *member = &past->member[number];
    bool newest = false;

    for (int role = 0; role < MATCH_ROLES && number != 0; role++)
        if (member->stream[role] == event->stream.stream) {
            newest = role == MATCH_SEEKER ? member->ask != 0 : member->on;
            member->stream[role] = 0;
        }
    if (!newest || member->lost)
        return ERR_NONE; /* an older one, or of what has ended */
    member->lost = true;
    return cli_past_state_say(past, CLI_DAY_LOST, number, 0);
}

/* ---- events ---- */

static enum err load(struct cli_past *past, const struct match_event *event)
{
    const struct match_row *row = event->load.row;
    struct cli_past_rarity *rarity;
    uint32_t number;
    enum err err;

    if (row->kind == ROW_RARITY && row->rarity.pool < CLI_DAY_POOLS_MAX) {
        rarity = &past->rarity[row->rarity.pool];
        err = cli_past_state_grow(&rarity->row, &rarity->cap, rarity->rows + 1,
                                  sizeof *rarity->row);
        if (err == ERR_NONE)
            rarity->row[rarity->rows++] = row->rarity;
        return err;
    }
    if (row->kind != ROW_TICKET || !event->load.card)
        return ERR_NONE;
    err = cli_past_state_member(past, row->ticket.member, &number);
    if (err == ERR_NONE)
        err = put_card(past, number, row->ticket.pool, event->load.card);
    if (err == ERR_NONE)
        err = new_ask(past, number, 0, row->ticket.danger);
    if (err == ERR_NONE)
        err =
            cli_past_state_bind(&past->tickets, &past->ticket_ask,
                                &past->tickets_cap, row->ticket.id, past->asks);
    if (err != ERR_NONE)
        return err;
    past->member[number].key[MATCH_SEEKER] = row->ticket.key;
    past->member[number].generation = UINT32_MAX; /* not known: it stays */
    past->member[number].lost = true;             /* it starts away */
    return cli_past_state_say(past, CLI_DAY_LOST, number, 0);
}

static enum err take_rarity(struct cli_past *past,
                            const struct match_event *event)
{
    struct cli_past_rarity *rarity;
    enum err err;

    if (event->pool >= CLI_DAY_POOLS_MAX)
        return ERR_NONE;
    rarity = &past->rarity[event->pool];
    err = cli_past_state_grow(&rarity->row, &rarity->cap, event->rarity.rows,
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

static enum err plain(struct cli_past *past, const struct match_event *event,
                      enum cli_day_do what)
{
    struct cli_past_line line = {.what = what, .call = event->call};

    line.member = cli_past_state_find(&past->members, event->member);
    if (line.member == 0 && what != CLI_DAY_REFLECT)
        return ERR_NONE; /* a talk's calls come from whoever has its mailbox */
    if (what == CLI_DAY_CAPACITY)
        line.capacity = event->capacity.capacity;
    if (what == CLI_DAY_BLOCK)
        line.other = cli_past_state_find(&past->members, event->block.other);
    if (what == CLI_DAY_WITHDRAW) {
        line.ask = cli_past_state_bound(&past->tickets, past->ticket_ask,
                                        event->withdraw.ticket);
        if (line.ask == 0)
            return ERR_NONE;
    }
    if (what == CLI_DAY_REFLECT) {
        line.ask = cli_past_state_bound(&past->talks, past->talk_ask,
                                        event->reflect.talk);
        line.side = event->reflect.side;
        line.understood = event->reflect.understood;
        line.again = event->reflect.again;
        if (line.ask == 0 || !event->reflect.said)
            return ERR_NONE;
    }
    if (what == CLI_DAY_BLOCK && (line.other == 0 || line.other == line.member))
        return ERR_NONE;
    return cli_past_state_line(past, &line);
}

/* To the others, one who is held has left. */
static enum err hold(struct cli_past *past, const struct match_event *event)
{
    uint32_t number = cli_past_state_find(&past->members, event->member);
    enum err err = ERR_NONE;

    if (number == 0 || (event->kind == EVENT_HOLD && !event->hold.held))
        return ERR_NONE;
    if (past->member[number].on)
        err = cli_past_state_say(past, CLI_DAY_LEAVE, number, 0);
    if (err == ERR_NONE)
        err = withdraw(past, number);
    past->member[number].on = false;
    return err;
}

static enum err answer(struct cli_past *past, const struct match_event *event)
{
    uint32_t number = cli_past_state_find(&past->offers, event->answer.offer);
    struct cli_past_offer *offer = &past->offer[number];

    if (number == 0 || offer->known)
        return ERR_NONE;
    offer->known = true;
    offer->say = event->answer.accept ? CLI_DAY_ACCEPT : CLI_DAY_DECLINE;
    offer->after_ms = event->now_ms - offer->made_ms;
    return ERR_NONE;
}

static enum err happen(struct cli_past *past, const struct match_event *event)
{
    uint32_t number;

    switch ((int)event->kind) {
    case EVENT_LOAD:
        return load(past, event);
    case EVENT_RARITY:
        return take_rarity(past, event);
    case EVENT_ASK:
        return ask(past, event);
    case EVENT_ATTEND:
        return attend(past, event);
    case EVENT_LOST:
        return lose(past, event);
    case EVENT_ANSWER:
        return answer(past, event);
    case EVENT_HOLD:
    case EVENT_GONE:
        return hold(past, event);
    case EVENT_CARD:
        number = cli_past_state_find(&past->members, event->member);
        return number != 0 && event->card.card
                   ? put_card(past, number, past->member[number].pool,
                              event->card.card)
                   : ERR_NONE;
    case EVENT_WITHDRAW:
        return plain(past, event, CLI_DAY_WITHDRAW);
    case EVENT_LEAVE:
        return plain(past, event, CLI_DAY_LEAVE);
    case EVENT_PAUSE:
        return plain(past, event, CLI_DAY_PAUSE);
    case EVENT_RESUME:
        return plain(past, event, CLI_DAY_RESUME);
    case EVENT_CAPACITY:
        return plain(past, event, CLI_DAY_CAPACITY);
    case EVENT_REFLECT:
        return plain(past, event, CLI_DAY_REFLECT);
    case EVENT_BLOCK:
        return plain(past, event, CLI_DAY_BLOCK);
    default:
        return ERR_NONE;
    }
}

/* ---- a day ---- */

struct cli_past *cli_past_new(void)
{
    struct cli_past *past = calloc(1, sizeof *past);

    if (!past)
        return NULL;
    cli_names_init(&past->members, NAMES_MAX);
    cli_names_init(&past->tickets, NAMES_MAX);
    cli_names_init(&past->offers, NAMES_MAX);
    cli_names_init(&past->talks, NAMES_MAX);
    cli_names_init(&past->streams, NAMES_MAX);
    cli_names_init(&past->calls, NAMES_MAX);
    /* number 0 of each is nobody's, and there to be looked at */
    if (cli_past_state_grow(&past->member, &past->members_cap, 1,
                            sizeof *past->member) ||
        cli_past_state_grow(&past->ask, &past->asks_cap, 1,
                            sizeof *past->ask) ||
        cli_past_state_grow(&past->offer, &past->offers_cap, 1,
                            sizeof *past->offer)) {
        cli_past_free(past);
        return NULL;
    }
    return past;
}

void cli_past_free(struct cli_past *past)
{
    if (!past)
        return;
    for (uint32_t i = 0; i < past->lines; i++)
        free(past->line[i].card);
    for (int i = 0; i < CLI_DAY_POOLS_MAX; i++)
        free(past->rarity[i].row);
    cli_names_close(&past->members);
    cli_names_close(&past->tickets);
    cli_names_close(&past->offers);
    cli_names_close(&past->talks);
    cli_names_close(&past->streams);
    cli_names_close(&past->calls);
    free(past->member);
    free(past->ask);
    free(past->offer);
    free(past->line);
    free(past->ticket_ask);
    free(past->talk_ask);
    free(past->stream_member);
    free(past->call_line);
    free(past);
}

enum err cli_past_step(struct cli_past *past,
                       const struct cli_recording *recording)
{
    const struct match_effects *effects = &recording->effects;
    enum err err;

    past->now_ms = cli_recording_at_ms(recording);
    err = happen(past, &recording->event);
    for (uint32_t i = 0; i < effects->n && err == ERR_NONE; i++)
        err = cli_past_hear(past, &effects->item[i], recording->event.now_ms);
    return err;
}

struct cli_past_count cli_past_counted(const struct cli_past *past)
{
    struct cli_past_count count = {.members = past->members.n};

    for (uint32_t i = 0; i < past->lines; i++)
        count.lines += !past->line[i].out;
    for (uint32_t i = 1; i <= past->asks; i++)
        count.asks += !past->ask[i].refused;
    for (uint32_t i = 1; i <= past->offers.n; i++)
        count.answers += past->offer[i].known;
    return count;
}
