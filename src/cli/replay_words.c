#include "cli/replay_words.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/require.h"
#include "match/words.h"

enum { NAMES_MAX = 1 << 24 };

void cli_replay_words_init(struct cli_replay_words *w, FILE *out)
{
    *w = (struct cli_replay_words){.out = out};
    cli_names_init(&w->ids, NAMES_MAX);
    cli_names_init(&w->calls, NAMES_MAX);
    cli_names_init(&w->tokens, NAMES_MAX);
}

void cli_replay_words_close(struct cli_replay_words *w)
{
    cli_names_close(&w->ids);
    cli_names_close(&w->calls);
    cli_names_close(&w->tokens);
}

/* ---- fields ---- */

static uint32_t small(struct cli_replay_words *w, struct cli_names *names,
                      uint64_t x)
{
    char text[24];
    uint32_t number = 0;

    if (x == 0 || w->err != ERR_NONE)
        return 0;
    (void)snprintf(text, sizeof text, "%" PRIx64, x);
    w->err = cli_names_add(names, text, &number);
    return number;
}

static void field(struct cli_replay_words *w, const char *name, uint64_t x)
{
    (void)fprintf(w->out, ",\"%s\":%" PRIu64, name, x);
}

/* An id, where there is one. */
static void id(struct cli_replay_words *w, const char *name, uint64_t x)
{
    if (x != 0)
        field(w, name, small(w, &w->ids, x));
}

static void at(struct cli_replay_words *w, const char *name, uint64_t ms)
{
    if (ms != 0 && ms != UINT64_MAX)
        field(w, name, ms > w->first_ms ? ms - w->first_ms : 0);
}

static void flag(struct cli_replay_words *w, const char *name, bool truth)
{
    if (truth)
        (void)fprintf(w->out, ",\"%s\":true", name);
}

static void reason(struct cli_replay_words *w, enum err err)
{
    if (err != ERR_NONE)
        (void)fprintf(w->out, ",\"reason\":\"%s\"", err_reason(err));
}

static void shown(struct cli_replay_words *w, const uint64_t *token, uint32_t n)
{
    (void)fputs(",\"shown\":[", w->out);
    for (uint32_t i = 0; i < n; i++)
        (void)fprintf(w->out, "%s%" PRIu32, i > 0 ? "," : "",
                      small(w, &w->tokens, token[i]));
    (void)fputc(']', w->out);
}

/* ---- commands ---- */

/* A word of a closed list; none is left out. */
static void word(struct cli_replay_words *w, const char *name, const char *is)
{
    if (is)
        (void)fprintf(w->out, ",\"%s\":\"%s\"", name, is);
}

static void duty_row(struct cli_replay_words *w,
                     const struct match_duty_row *row)
{
    id(w, "member", row->member);
    word(w, "state", match_words_duty(row->state));
    word(w, "why", match_words_duty_why(row->why));
    field(w, "capacity", row->capacity);
    if (row->day_max > 0)
        field(w, "day_max", row->day_max);
    field(w, "grade", row->grade);
    field(w, "rest_ms", row->rest_ms);
}

static void offer_row(struct cli_replay_words *w,
                      const struct match_offer_row *row)
{
    id(w, "offer", row->id);
    id(w, "ticket", row->ticket);
    id(w, "seeker", row->seeker);
    id(w, "peer", row->peer);
    field(w, "p", row->p);
    flag(w, "danger", row->danger);
    at(w, "deadline", row->deadline_ms);
    shown(w, row->shown, row->showns);
}

/* Commands about an offer or a talk. */
static void command_between(struct cli_replay_words *w,
                            const struct match_command *c)
{
    switch ((int)c->kind) {
    case COMMAND_ACCEPT:
        id(w, "offer", c->accept.offer);
        id(w, "ticket", c->accept.ticket);
        id(w, "peer", c->accept.peer);
        id(w, "talk", c->accept.talk);
        break;
    case COMMAND_DECLINE:
        id(w, "offer", c->decline.offer);
        id(w, "peer", c->decline.peer);
        at(w, "rests_until", c->decline.rests_until_ms);
        at(w, "backoff_until", c->decline.backoff_until_ms);
        break;
    case COMMAND_CLOSE_OFFER:
        id(w, "offer", c->close_offer.offer);
        word(w, "state", match_words_offer(c->close_offer.state));
        at(w, "rests_until", c->close_offer.rests_until_ms);
        at(w, "backoff_until", c->close_offer.backoff_until_ms);
        break;
    case COMMAND_JOIN:
        id(w, "talk", c->join.talk);
        field(w, "side", c->join.side);
        break;
    case COMMAND_END_TALK:
        id(w, "talk", c->end_talk.talk);
        word(w, "why", match_words_talk_why(c->end_talk.why));
        at(w, "rests_until", c->end_talk.rests_until_ms);
        break;
    default:
        REQUIRE(c->kind == COMMAND_REFLECT);
        id(w, "talk", c->reflect.talk);
        field(w, "side", c->reflect.side);
        flag(w, "said", c->reflect.said);
        flag(w, "understood", c->reflect.understood);
        flag(w, "again", c->reflect.again);
    }
}

static void command(struct cli_replay_words *w, const struct match_command *c)
{
    word(w, "command", match_words_command(c->kind));
    field(w, "op", c->op);
    switch ((int)c->kind) {
    case COMMAND_OPEN_TICKET:
        id(w, "ticket", c->open_ticket.ticket.id);
        id(w, "member", c->open_ticket.ticket.member);
        flag(w, "danger", c->open_ticket.ticket.danger);
        at(w, "since", c->open_ticket.ticket.since_ms);
        break;
    case COMMAND_CLOSE_TICKET:
        id(w, "ticket", c->close_ticket.ticket);
        word(w, "why", match_words_ticket_why(c->close_ticket.why));
        break;
    case COMMAND_RAISE_DANGER:
        id(w, "ticket", c->raise_danger.ticket);
        break;
    case COMMAND_OPEN_DUTY:
        duty_row(w, &c->open_duty.duty);
        break;
    case COMMAND_SET_DUTY:
        duty_row(w, &c->set_duty.duty);
        flag(w, "revoke", c->set_duty.revoke);
        break;
    case COMMAND_CLOSE_DUTY:
        id(w, "member", c->close_duty.member);
        word(w, "why", match_words_duty_why(c->close_duty.why));
        break;
    case COMMAND_OFFER:
        offer_row(w, &c->offer.offer);
        break;
    case COMMAND_BLOCK:
    case COMMAND_UNBLOCK:
        id(w, "member", c->block.member);
        id(w, "other", c->block.other);
        break;
    case COMMAND_HOLD:
        id(w, "member", c->hold.member);
        flag(w, "held", c->hold.held);
        flag(w, "erased", c->hold.erased);
        break;
    case COMMAND_RARITY:
        field(w, "pool", c->rarity.pool);
        field(w, "rows", c->rarity.rows);
        break;
    default:
        command_between(w, c);
    }
}

/* ---- what is told ---- */

static void ticket_view(struct cli_replay_words *w,
                        const struct match_ticket_view *v)
{
    id(w, "ticket", v->ticket);
    id(w, "talk", v->talk);
    word(w, "state", match_words_ticket(v->state));
    word(w, "why", match_words_ticket_why(v->why));
    word(w, "bound", match_words_bound(v->bound));
    flag(w, "bound_few", v->bound_few);
    flag(w, "danger", v->danger);
    field(w, "waited_ms", v->waited_ms);
    if (v->estimate_min > 0)
        field(w, "estimate_min", v->estimate_min);
}

static void duty_view(struct cli_replay_words *w,
                      const struct match_duty_view *v)
{
    id(w, "member", v->member);
    word(w, "state", match_words_duty(v->state));
    word(w, "why", match_words_duty_why(v->why));
    field(w, "capacity", v->capacity);
    (void)fputs(",\"offers\":[", w->out);
    for (uint32_t i = 0; i < v->offers; i++) {
        (void)fprintf(w->out, "%s{\"offer\":%" PRIu32, i > 0 ? "," : "",
                      small(w, &w->ids, v->offer[i].id));
        at(w, "deadline", v->offer[i].deadline_ms);
        flag(w, "danger", v->offer[i].danger);
        shown(w, v->offer[i].shown, v->offer[i].showns);
        (void)fputc('}', w->out);
    }
    (void)fputs("],\"talks\":[", w->out);
    for (uint32_t i = 0; i < v->talks; i++)
        (void)fprintf(w->out, "%s%" PRIu32, i > 0 ? "," : "",
                      small(w, &w->ids, v->talk[i]));
    (void)fputc(']', w->out);
    at(w, "rest_until", v->rest_until_ms);
}

static void effect(struct cli_replay_words *w, const struct match_effect *e)
{
    word(w, "is", match_words_effect(e->kind));
    if (e->call != 0)
        field(w, "call", small(w, &w->calls, e->call));
    switch (e->kind) {
    case EFFECT_STORE:
        command(w, &e->store);
        break;
    case EFFECT_REPLY:
        reason(w, e->reply.err);
        id(w, "reference", e->reply.reference);
        break;
    case EFFECT_TELL_TICKET:
        ticket_view(w, &e->ticket);
        break;
    case EFFECT_TELL_DUTY:
        duty_view(w, &e->duty);
        break;
    case EFFECT_TELL_TALK:
        id(w, "talk", e->talk.talk);
        word(w, "state", match_words_talk(e->talk.state));
        word(w, "why", match_words_talk_why(e->talk.why));
        break;
    case EFFECT_DROP:
        reason(w, e->drop);
        break;
    case EFFECT_NOTE:
        (void)fprintf(w->out, ",\"code\":\"%s\"", log_name(e->note.code));
        field(w, "n", e->note.n);
        reason(w, e->note.reason);
        break;
    case EFFECT_KINDS:
        break;
    }
}

enum err cli_replay_words_step(struct cli_replay_words *w, uint64_t number,
                               const struct match_event *event,
                               const struct match_effects *effects)
{
    if (w->first_ms == 0)
        w->first_ms = event->now_ms;
    for (uint32_t i = 0; i < effects->n; i++) { /* Law 1 */
        (void)fprintf(w->out,
                      "{\"event\":%" PRIu64 ",\"t\":%" PRIu64 ",\"of\":\"%s\"",
                      number, event->now_ms - w->first_ms,
                      match_words_event(event->kind));
        effect(w, &effects->item[i]);
        (void)fputs("}\n", w->out);
    }
    return w->err;
}
