/* long because every field of an event and of a row is named here. */
#include "match/fields.h"

#include <string.h>

#include "base/chance.h"
#include "base/require.h"

static void fail(struct match_fields *f, enum err err, const char *what,
                 uint64_t most)
{
    if (f->err != ERR_NONE)
        return;
    f->err = err;
    f->what = what;
    f->most = most;
}

static void put(struct match_fields *f, uint64_t x, unsigned width)
{
    if (f->size - f->at < width) {
        fail(f, ERR_TOO_LARGE, "", 0);
        return;
    }
    for (unsigned i = 0; i < width; i++)
        f->out[f->at++] = (uint8_t)(x >> 8 * i);
}

static uint64_t get(struct match_fields *f, unsigned width)
{
    uint64_t x = 0;

    if (f->err != ERR_NONE)
        return 0;
    if (f->size - f->at < width) {
        fail(f, ERR_INVALID, "the end of the block comes first: its bytes",
             f->size);
        return 0;
    }
    for (unsigned i = 0; i < width; i++)
        x |= (uint64_t)f->in[f->at++] << 8 * i;
    return x;
}

uint64_t match_fields_number(struct match_fields *f, uint64_t x, unsigned width,
                             uint64_t most, const char *what)
{
    REQUIRE(f->at <= f->size || f->mode == FIELDS_SUM);
    switch (f->mode) {
    case FIELDS_PUT:
        if (x > most)
            fail(f, ERR_INVALID, what, most);
        put(f, x, width);
        return x;
    case FIELDS_GET: /* Law 2 */
        x = get(f, width);
        if (x <= most)
            return x;
        fail(f, ERR_INVALID, what, most);
        return 0;
    case FIELDS_SUM: /* Law 4: for each sum so far, one to one in x */
        f->sum = chance_mix(f->sum ^ x);
        return x;
    case FIELDS_VEIL:
        return x;
    }
    return 0;
}

uint32_t match_fields_count(struct match_fields *f, uint64_t x, unsigned width,
                            uint32_t most, const char *what)
{
    x = match_fields_number(f, x, width, most, what);
    if (x <= most)
        return (uint32_t)x;
    fail(f, ERR_INVALID, what, most);
    return 0;
}

uint64_t match_fields_named(struct match_fields *f, enum match_veil_kind kind,
                            uint64_t x)
{
    REQUIRE(kind < VEIL_KINDS);
    if (f->mode == FIELDS_VEIL)
        return f->veil->map(f->veil->arg, kind, x, f->lift); /* Law 3 */
    return match_fields_number(f, x, 8, UINT64_MAX, "");
}

#define WORD(x) match_fields_number(f, x, 8, UINT64_MAX, "")
#define ID(x)   match_fields_named(f, VEIL_ID, x)
#define TIME(x) match_fields_named(f, VEIL_TIME, x)
#define U32(x)  ((uint32_t)match_fields_number(f, x, 4, UINT32_MAX, ""))
#define U8(x)   ((uint8_t)match_fields_number(f, x, 1, UINT8_MAX, ""))
#define FLAG(x) (match_fields_number(f, x, 1, 1, "a yes or no") != 0)
#define ENUM(x, count, what)                                                   \
    ((uint8_t)match_fields_number(f, (uint64_t)(x), 1, (count)-1, what))
#define COUNT(x, most, what) ((uint8_t)match_fields_count(f, x, 1, most, what))

static void tokens(struct match_fields *f, uint64_t *token, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        token[i] = match_fields_named(f, VEIL_TOKEN, token[i]);
}

void match_fields_key(struct match_fields *f, struct match_key *key)
{
    key->word[0] = match_fields_named(f, VEIL_KEY, key->word[0]);
    key->word[1] = match_fields_named(f, VEIL_KEY, key->word[1]);
    key->request_hash = match_fields_named(f, VEIL_KEY, key->request_hash);
}

static uint32_t pool(struct match_fields *f, uint32_t x)
{
    uint32_t most = f->pools > 0 ? f->pools - 1 : UINT32_MAX;

    return (uint32_t)match_fields_number(f, x, 4, most, "a pool's number");
}

/* ---- cards ---- */

static void groups(struct match_fields *f, struct match_group *group,
                   uint32_t n, bool seek)
{
    for (uint32_t i = 0; i < n; i++) {
        group[i].first = U8(group[i].first);
        group[i].count = U8(group[i].count);
        if (seek)
            group[i].importance = U8(group[i].importance);
        else
            group[i].relax_after_ms = U32(group[i].relax_after_ms);
    }
}

static void card(struct match_fields *f, struct match_card *c)
{
    c->version = U32(c->version);
    c->vocabulary_version = U32(c->vocabulary_version);
    c->role = ENUM(c->role, MATCH_ROLES, "a card's role");
    c->haves = COUNT(c->haves, MATCH_HAVE_MAX, "a card's have");
    c->seeks = COUNT(c->seeks, MATCH_SEEK_MAX, "a card's groups it seeks");
    c->seek_tokens = COUNT(c->seek_tokens, MATCH_SEEK_TOKENS_MAX,
                           "a card's tokens it seeks");
    c->musts = COUNT(c->musts, MATCH_MUST_MAX, "a card's must groups");
    c->must_tokens =
        COUNT(c->must_tokens, MATCH_MUST_TOKENS_MAX, "a card's must tokens");
    c->must_nots = COUNT(c->must_nots, MATCH_MUST_NOT_MAX, "a card's must_not");
    c->show = WORD(c->show);
    tokens(f, c->have, c->haves);
    groups(f, c->seek, c->seeks, true);
    tokens(f, c->seek_token, c->seek_tokens);
    groups(f, c->must, c->musts, false);
    tokens(f, c->must_token, c->must_tokens);
    tokens(f, c->must_not, c->must_nots);
}

/* A card that may be there, walked in the room. */
static const struct match_card *pass_card(struct match_fields *f,
                                          const struct match_card *from)
{
    struct match_card copy = {.version = 0};

    if (!FLAG(from != NULL && f->mode != FIELDS_GET))
        return NULL;
    if (f->mode != FIELDS_GET)
        copy = *from;
    card(f, &copy);
    if (f->mode == FIELDS_PUT)
        return from;
    f->room->card = copy;
    return &f->room->card;
}

/* ---- rows ---- */

static void ticket(struct match_fields *f, struct match_ticket_row *r)
{
    r->id = ID(r->id);
    r->member = ID(r->member);
    r->pool = pool(f, r->pool);
    r->state = ENUM(r->state, TICKET_STATES, "a ticket's state");
    r->why = ENUM(r->why, TICKET_WHYS, "why a ticket ended");
    r->danger = FLAG(r->danger);
    r->offers = U8(r->offers);
    r->carry = U8(r->carry);
    r->since_ms = TIME(r->since_ms);
    r->expires_ms = TIME(r->expires_ms);
    r->backoff_until_ms = TIME(r->backoff_until_ms);
    r->tie = ID(r->tie);
    r->wish = ID(r->wish);
    r->wish_talk = ID(r->wish_talk);
    r->wish_until_ms = TIME(r->wish_until_ms);
    match_fields_key(f, &r->key);
}

static void offer(struct match_fields *f, struct match_offer_row *r)
{
    r->id = ID(r->id);
    r->ticket = ID(r->ticket);
    r->seeker = ID(r->seeker);
    r->peer = ID(r->peer);
    r->pool = pool(f, r->pool);
    r->state = ENUM(r->state, OFFER_STATES, "an offer's state");
    r->danger = FLAG(r->danger);
    r->showns = COUNT(r->showns, MATCH_SHOWN_MAX, "what an offer shows");
    r->p = U32(r->p);
    r->seeker_card_version = U32(r->seeker_card_version);
    r->peer_card_version = U32(r->peer_card_version);
    r->made_ms = TIME(r->made_ms);
    r->deadline_ms = TIME(r->deadline_ms);
    r->met = ID(r->met);
    tokens(f, r->shown, r->showns);
    match_fields_key(f, &r->answer);
}

static void duty(struct match_fields *f, struct match_duty_row *r)
{
    r->member = ID(r->member);
    r->pool = pool(f, r->pool);
    r->state = ENUM(r->state, DUTY_STATES, "a duty's state");
    r->why = ENUM(r->why, DUTY_WHYS, "why a duty ended");
    r->grade = ENUM(r->grade, GRADE_COUNT, "a grade");
    r->capacity = U8(r->capacity);
    r->used = U8(r->used);
    r->lapses = U8(r->lapses);
    r->day_max = U8(r->day_max);
    r->yes = U32(r->yes);
    r->total = U32(r->total);
    r->grade_until_ms = TIME(r->grade_until_ms);
    r->until_ms = TIME(r->until_ms);
    r->rest_ms = WORD(r->rest_ms);
    r->rest_until_ms = TIME(r->rest_until_ms);
    r->tie = ID(r->tie);
    match_fields_key(f, &r->key);
}

static void talk(struct match_fields *f, struct match_talk_row *r)
{
    r->id = ID(r->id);
    r->ticket = ID(r->ticket);
    r->offer = ID(r->offer);
    r->seeker = ID(r->seeker);
    r->peer = ID(r->peer);
    r->pool = pool(f, r->pool);
    r->p = U32(r->p);
    r->state = ENUM(r->state, TALK_STATES, "a talk's state");
    r->why = ENUM(r->why, TALK_WHYS, "why a talk ended");
    r->joined = U8(r->joined);
    r->reflected = U8(r->reflected);
    r->again = U8(r->again);
    r->carry = U8(r->carry);
    r->showns = COUNT(r->showns, MATCH_SHOWN_MAX, "what a talk shows");
    r->since_ms = TIME(r->since_ms);
    r->started_ms = TIME(r->started_ms);
    r->ended_ms = TIME(r->ended_ms);
    tokens(f, r->shown, r->showns);
}

static void rarity(struct match_fields *f, struct match_rarity_row *r)
{
    tokens(f, &r->token, 1);
    r->count_q8 = WORD(r->count_q8);
    r->pool = pool(f, r->pool);
}

void match_fields_row(struct match_fields *f, struct match_row *row)
{
    row->kind = ENUM(row->kind, ROW_KINDS, "a row's kind");
    switch (row->kind) {
    case ROW_TICKET:
        ticket(f, &row->ticket);
        break;
    case ROW_OFFER:
        offer(f, &row->offer);
        break;
    case ROW_DUTY:
        duty(f, &row->duty);
        break;
    case ROW_TALK:
        talk(f, &row->talk);
        break;
    case ROW_PAIR:
        row->pair.kind = ENUM(row->pair.kind, PAIR_KINDS, "a pair's kind");
        row->pair.gone = FLAG(row->pair.gone);
        row->pair.a = ID(row->pair.a);
        row->pair.b = ID(row->pair.b);
        row->pair.ticket = ID(row->pair.ticket);
        row->pair.until_ms = TIME(row->pair.until_ms);
        break;
    case ROW_RARITY:
        rarity(f, &row->rarity);
        break;
    case ROW_KINDS:
    default:
        fail(f, ERR_INVALID, "a row's kind", ROW_KINDS - 1);
    }
}

/* Rows walked in the room. */
static struct match_row *rows(struct match_fields *f, struct match_row *from,
                              uint32_t n)
{
    REQUIRE(n <= MATCH_ROWS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        struct match_row row = {.kind = ROW_TICKET};

        if (f->mode != FIELDS_GET)
            row = from[i];
        match_fields_row(f, &row);
        if (f->mode != FIELDS_PUT)
            f->room->row[i] = row;
    }
    return f->mode == FIELDS_PUT ? from : f->room->row;
}

/* ---- events ---- */

static void stored(struct match_fields *f, struct match_event *event)
{
    struct match_result result = {.op = 0};

    if (f->mode != FIELDS_GET)
        result = *event->stored.result;
    result.op = WORD(result.op);
    result.seq = WORD(result.seq);
    result.outcome = ENUM(result.outcome, OUTCOME_COUNT, "an outcome");
    result.err = (enum err)match_fields_number(f, (uint64_t)result.err, 2,
                                               ERR_COUNT - 1, "an error");
    result.reference = ID(result.reference);
    result.rows = match_fields_count(f, result.rows, 2, MATCH_ROWS_MAX,
                                     "the rows of a result");
    result.row = rows(f, result.row, result.rows);
    if (f->mode == FIELDS_PUT)
        return;
    f->room->result = result;
    event->stored.result = &f->room->result;
}

static void load(struct match_fields *f, struct match_event *event)
{
    struct match_row row = {.kind = ROW_TICKET};

    if (f->mode != FIELDS_GET)
        row = *event->load.row;
    match_fields_row(f, &row);
    if (f->mode != FIELDS_PUT) {
        f->room->row[0] = row;
        event->load.row = &f->room->row[0];
    }
    event->load.card = pass_card(f, event->load.card);
}

static void table(struct match_fields *f, struct match_event *event)
{
    uint32_t n =
        match_fields_count(f, event->rarity.rows, 4, MATCH_FIELDS_RARITY_MAX,
                           "the rows of a rarity table");

    for (uint32_t i = 0; i < n; i++) {
        struct match_rarity_row row = {.token = 0};

        if (f->mode != FIELDS_GET)
            row = event->rarity.row[i];
        rarity(f, &row);
        if (f->mode != FIELDS_PUT)
            f->room->rarity[i] = row;
    }
    event->rarity.rows = n;
    if (f->mode != FIELDS_PUT)
        event->rarity.row = f->room->rarity;
}

static void ask(struct match_fields *f, struct match_event *e)
{
    e->ask.card = pass_card(f, e->ask.card);
    e->ask.after = ID(e->ask.after);
    e->ask.wish = ID(e->ask.wish);
    e->ask.wish_ms = WORD(e->ask.wish_ms);
    e->generation = U32(e->generation);
    e->ask.danger = FLAG(e->ask.danger);
}

static void attend(struct match_fields *f, struct match_event *e)
{
    e->attend.card = pass_card(f, e->attend.card);
    e->attend.grade = ENUM(e->attend.grade, GRADE_COUNT, "a grade");
    e->generation = U32(e->generation);
    e->attend.capacity = U8(e->attend.capacity);
    e->attend.day_max = U8(e->attend.day_max);
    e->attend.grade_until_ms = TIME(e->attend.grade_until_ms);
    e->attend.until_ms = TIME(e->attend.until_ms);
    e->attend.rest_ms = WORD(e->attend.rest_ms);
}

static void reflect(struct match_fields *f, struct match_event *e)
{
    e->reflect.talk = ID(e->reflect.talk);
    e->reflect.side = ENUM(e->reflect.side, MATCH_ROLES, "a side");
    e->reflect.said = FLAG(e->reflect.said);
    e->reflect.understood = FLAG(e->reflect.understood);
    e->reflect.again = FLAG(e->reflect.again);
}

/* What only events of this kind have. */
static void particular(struct match_fields *f, struct match_event *e)
{
    switch (e->kind) {
    case EVENT_BEGIN:
        e->begin.epoch = WORD(e->begin.epoch);
        break;
    case EVENT_LOAD:
        load(f, e);
        break;
    case EVENT_ASK:
        ask(f, e);
        break;
    case EVENT_WITHDRAW:
    case EVENT_DANGER:
        e->withdraw.ticket = ID(e->withdraw.ticket);
        break;
    case EVENT_ATTEND:
        attend(f, e);
        break;
    case EVENT_CAPACITY:
        e->capacity.capacity = U8(e->capacity.capacity);
        break;
    case EVENT_ANSWER:
        e->answer.offer = ID(e->answer.offer);
        e->answer.accept = FLAG(e->answer.accept);
        break;
    case EVENT_JOIN:
    case EVENT_END:
    case EVENT_IDLE:
        e->talk.talk = ID(e->talk.talk);
        e->talk.side = ENUM(e->talk.side, MATCH_ROLES, "a side");
        break;
    case EVENT_REFLECT:
        reflect(f, e);
        break;
    case EVENT_BLOCK:
    case EVENT_UNBLOCK:
        e->block.other = ID(e->block.other);
        e->block.via = ID(e->block.via);
        break;
    case EVENT_SEEN:
    case EVENT_LOST:
        e->stream.stream = match_fields_named(f, VEIL_CALL, e->stream.stream);
        e->stream.ticket = ID(e->stream.ticket);
        e->stream.role = ENUM(e->stream.role, MATCH_ROLES, "a side");
        break;
    case EVENT_CARD:
        e->card.card = pass_card(f, e->card.card);
        break;
    case EVENT_HOLD:
        e->hold.held = FLAG(e->hold.held);
        break;
    case EVENT_RARITY:
        table(f, e);
        break;
    case EVENT_STORED:
        stored(f, e);
        break;
    case EVENT_LIVE:
    case EVENT_LEAVE:
    case EVENT_PAUSE:
    case EVENT_RESUME:
    case EVENT_GONE:
    case EVENT_TICK:
    case EVENT_DRAIN:
        break;
    case EVENT_KINDS:
    default:
        fail(f, ERR_INVALID, "the kind of an event", EVENT_KINDS - 1);
    }
}

/* Law 1.  Most events lack most of what an event may have: a byte says what is
 * there. */
uint32_t match_fields_event(struct match_fields *f, struct match_event *e,
                            uint32_t fresh)
{
    enum { CALL = 1, MEMBER = 2, KEY = 4, POOL = 8 };
    uint64_t there = 0;

    REQUIRE(f->mode != FIELDS_SUM);
    REQUIRE(fresh <= MATCH_FRESH_MAX);
    if (f->mode == FIELDS_GET)
        *e = (struct match_event){.kind = EVENT_KINDS};
    else
        there = (e->call != 0 ? CALL : 0u) | (e->member != 0 ? MEMBER : 0u) |
                ((e->key.word[0] | e->key.word[1] | e->key.request_hash) != 0
                     ? KEY
                     : 0u) |
                (e->pool != 0 ? POOL : 0u);
    e->kind = ENUM(e->kind, EVENT_KINDS, "the kind of an event");
    there = match_fields_number(f, there, 1, CALL | MEMBER | KEY | POOL,
                                "what an event may have");
    e->now_ms = TIME(e->now_ms);
    if (there & CALL)
        e->call = match_fields_named(f, VEIL_CALL, e->call);
    if (there & MEMBER)
        e->member = ID(e->member);
    if (there & KEY)
        match_fields_key(f, &e->key);
    if (there & POOL)
        e->pool = pool(f, e->pool);
    fresh = match_fields_count(f, fresh, 1, MATCH_FRESH_MAX,
                               "the fresh numbers of an event");
    for (uint32_t i = 0; i < fresh; i++)
        e->fresh[i] = ID(e->fresh[i]);
    particular(f, e);
    return fresh;
}
