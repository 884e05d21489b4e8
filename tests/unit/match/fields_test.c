/* Every field of every event and effect; long because it lists them all a
 * second time. */
#include "match/fields.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

enum { SIZE = 1 << 16, POOLS = 4 };

static uint8_t bytes[SIZE], again[SIZE];
static struct match_room room;
static uint32_t mapped[VEIL_KINDS];

/* --- one of each --- */

static uint64_t next = 1000;

static struct match_key some_key(void)
{
    struct match_key key = {.word = {next + 3, next + 5},
                            .request_hash = next + 7};

    next += 16;
    return key;
}

static struct match_card some_card(enum match_role role)
{
    struct match_card card = {.version = 9,
                              .vocabulary_version = 3,
                              .role = role,
                              .haves = 3,
                              .seeks = 1,
                              .seek_tokens = 2,
                              .musts = 1,
                              .must_tokens = 1,
                              .must_nots = 2,
                              .show = 5,
                              .have = {11, 12, 13},
                              .seek_token = {14, 15},
                              .must_token = {16},
                              .must_not = {17, 18}};

    card.seek[0] = (struct match_group){.count = 2, .importance = 3};
    card.must[0] = (struct match_group){.count = 1, .relax_after_ms = 77};
    return card;
}

static struct match_row some_row(enum match_row_kind kind)
{
    const struct match_row row[ROW_KINDS] =
        {
            [ROW_TICKET] = {.ticket = {21, 22, 1, TICKET_ENDED, TICKET_WHY_LOST,
                                       true, 6, 1, 31, 32, 33, 23, 24, 25, 34,
                                       some_key()}},
            [ROW_OFFER] = {.offer = {41,
                                     42,
                                     43,
                                     44,
                                     2,
                                     OFFER_LAPSED,
                                     true,
                                     2,
                                     45,
                                     46,
                                     47,
                                     51,
                                     52,
                                     48,
                                     {61, 62},
                                     some_key()}},
            [ROW_DUTY] = {.duty = {71, 3, DUTY_PAUSED, DUTY_WHY_LAPSES,
                                   GRADE_CRISIS_PEER, 7, 5, 2, 6, 81, 82, 91,
                                   92, 93, 94, 72, some_key()}},
            [ROW_TALK] = {.talk = {101,
                                   102,
                                   103,
                                   104,
                                   105,
                                   1,
                                   106,
                                   TALK_ENDED,
                                   TALK_WHY_IDLE,
                                   3,
                                   2,
                                   1,
                                   3,
                                   2,
                                   111,
                                   112,
                                   113,
                                   {121, 122, 123}}},
            [ROW_PAIR] = {.pair = {PAIR_TICKET, true, 131, 132, 133, 134}},
            [ROW_RARITY] = {.rarity = {141, 142, 3}},
        };
    struct match_row out = row[kind];

    out.kind = kind;
    return out;
}

static struct match_card card;
static struct match_row row[ROW_KINDS];
static struct match_rarity_row rarity[2];
static struct match_result result;

static void ask(struct match_event *e)
{
    e->ask.card = &card;
    e->ask.after = 202;
    e->ask.wish = 208;
    e->ask.wish_ms = 209;
    e->generation = 210;
    e->ask.danger = true;
}

static void particular(struct match_event *e)
{
    switch ((int)e->kind) {
    case EVENT_BEGIN:
        e->begin.epoch = 201;
        break;
    case EVENT_LOAD:
        e->load.row = &row[ROW_TICKET];
        e->load.card = &card;
        break;
    case EVENT_ASK:
        ask(e);
        break;
    case EVENT_WITHDRAW:
    case EVENT_DANGER:
        e->withdraw.ticket = 203;
        break;
    case EVENT_ATTEND:
        e->attend.card = &card;
        e->attend.grade = GRADE_PEER;
        e->generation = 211;
        e->attend.capacity = 7;
        e->attend.grade_until_ms = 204;
        e->attend.until_ms = 205;
        e->attend.rest_ms = 206;
        break;
    case EVENT_CAPACITY:
        e->capacity.capacity = 3;
        break;
    case EVENT_ANSWER:
        e->answer.offer = 207;
        e->answer.accept = true;
        break;
    case EVENT_JOIN:
    case EVENT_END:
    case EVENT_IDLE:
        e->talk.talk = 208;
        e->talk.side = MATCH_PEER;
        break;
    case EVENT_REFLECT:
        e->reflect.talk = 209;
        e->reflect.side = MATCH_PEER;
        e->reflect.said = e->reflect.understood = e->reflect.again = true;
        break;
    case EVENT_BLOCK:
    case EVENT_UNBLOCK:
        e->block.other = 210;
        e->block.via = 211;
        break;
    case EVENT_SEEN:
    case EVENT_LOST:
        e->stream.stream = 212;
        e->stream.ticket = 213;
        e->stream.role = MATCH_PEER;
        break;
    case EVENT_CARD:
        e->card.card = &card;
        break;
    case EVENT_HOLD:
        e->hold.held = true;
        break;
    case EVENT_RARITY:
        e->rarity.row = rarity;
        e->rarity.rows = 2;
        break;
    case EVENT_STORED:
        e->stored.result = &result;
        break;
    default:
        break;
    }
}

static struct match_event some_event(enum match_event_kind kind)
{
    struct match_event e = {.kind = kind,
                            .pool = 3,
                            .now_ms = 301,
                            .call = 307,
                            .member = 311,
                            .key = some_key()};

    for (uint64_t i = 0; i < MATCH_FRESH_MAX; i++)
        e.fresh[i] = 401 + i;
    card = some_card(MATCH_PEER);
    for (int i = 0; i < ROW_KINDS; i++)
        row[i] = some_row((enum match_row_kind)i);
    rarity[0] = (struct match_rarity_row){501, 502, 0};
    rarity[1] = (struct match_rarity_row){503, 504, 1};
    result = (struct match_result){.op = 601,
                                   .seq = 602,
                                   .outcome = OUTCOME_REFUSED,
                                   .err = ERR_LATE,
                                   .reference = 603,
                                   .rows = ROW_KINDS,
                                   .row = row};
    particular(&e);
    return e;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written to */
static size_t put(struct match_event e, uint32_t fresh, uint8_t *out)
{
    struct match_fields f = {.mode = FIELDS_PUT, .out = out, .size = SIZE};

    (void)match_fields_event(&f, &e, fresh);
    CHECK(f.err == ERR_NONE);
    return f.at;
}

static enum err get(const uint8_t *in, size_t size, struct match_event *e,
                    uint32_t *fresh, size_t *at)
{
    struct match_fields f = {.mode = FIELDS_GET,
                             .in = in,
                             .size = size,
                             .room = &room,
                             .pools = POOLS};

    *fresh = match_fields_event(&f, e, 0);
    *at = f.at;
    CHECK(f.at <= size);
    CHECK((f.err == ERR_NONE) == (f.what == NULL));
    return f.err;
}

/* Laws 1 and 2: each kind comes back; cut anywhere it is refused; with any bit
 * changed it is refused, or is another event. */
static void comes_back(enum match_event_kind kind)
{
    struct match_event e = some_event(kind), got;
    size_t size = put(e, 3, bytes), at;
    uint32_t fresh;

    CHECK(get(bytes, size, &got, &fresh, &at) == ERR_NONE);
    CHECK(at == size && fresh == 3 && got.kind == kind);
    CHECK(got.now_ms == e.now_ms && got.call == e.call && got.pool == e.pool);
    CHECK(put(got, fresh, again) == size && memcmp(bytes, again, size) == 0);
    for (size_t n = 0; n < size; n++)
        CHECK(get(bytes, n, &got, &fresh, &at) == ERR_INVALID);
    for (size_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (get(bytes, size, &got, &fresh, &at) == ERR_NONE && bit / 8 != 1)
            CHECK(put(got, fresh, again) == at &&
                  memcmp(bytes, again, at) == 0);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* Law 2: bytes of chance, mostly small so that they get somewhere. */
static void any_bytes(void)
{
    uint64_t seed = 1;

    for (int i = 0; i < 20000; i++) {
        size_t size = chance_below(&seed, 600), at;
        struct match_event got;
        uint32_t fresh;

        for (size_t j = 0; j < size; j++)
            bytes[j] = (uint8_t)(chance_below(&seed, 4) ? chance_below(&seed, 5)
                                                        : chance_next(&seed));
        if (size > 1)
            bytes[0] = (uint8_t)chance_below(&seed, EVENT_KINDS);
        if (get(bytes, size, &got, &fresh, &at) == ERR_NONE)
            (void)put(got, fresh, again);
    }
}

/* --- the veil --- */

static uint64_t map(const void *arg, enum match_veil_kind kind, uint64_t x,
                    bool lift)
{
    uint64_t by = ((uint64_t)kind + 1) << 32;

    (void)arg;
    mapped[kind]++;
    if (x == 0)
        return 0;
    return lift ? x - by : x + by;
}

static const struct match_veil cover = {.map = map};

struct many { /* how often each is mapped */
    uint32_t id, call, key, token, time;
};

static bool mapped_as(const struct many *many)
{
    return mapped[VEIL_ID] == many->id && mapped[VEIL_CALL] == many->call &&
           mapped[VEIL_KEY] == many->key && mapped[VEIL_TOKEN] == many->token &&
           mapped[VEIL_TIME] == many->time;
}

/* Law 3: what every event has, and what each has beyond: id, call, key, token,
 * time.  A card has 8 tokens; the six rows of a result are counted one by one
 * below. */
static void is_veiled(enum match_event_kind kind)
{
    static const struct many beyond[EVENT_KINDS] = {
        [EVENT_LOAD] = {.id = 5, .key = 3, .token = 8, .time = 4},
        [EVENT_ASK] = {.id = 2, .token = 8},
        [EVENT_WITHDRAW] = {.id = 1},
        [EVENT_DANGER] = {.id = 1},
        [EVENT_ATTEND] = {.token = 8, .time = 2},
        [EVENT_ANSWER] = {.id = 1},
        [EVENT_JOIN] = {.id = 1},
        [EVENT_END] = {.id = 1},
        [EVENT_IDLE] = {.id = 1},
        [EVENT_REFLECT] = {.id = 1},
        [EVENT_BLOCK] = {.id = 2},
        [EVENT_UNBLOCK] = {.id = 2},
        [EVENT_SEEN] = {.id = 1, .call = 1},
        [EVENT_LOST] = {.id = 1, .call = 1},
        [EVENT_CARD] = {.token = 8},
        [EVENT_RARITY] = {.token = 2},
        [EVENT_STORED] = {.id = 21, .key = 9, .token = 6, .time = 13},
    };
    struct match_event plain = some_event(kind), e = plain;
    struct match_fields f = {
        .mode = FIELDS_VEIL, .veil = &cover, .room = &room};
    struct many many = beyond[kind];
    size_t size = put(plain, MATCH_FRESH_MAX, bytes), other;

    many.id += 1 + MATCH_FRESH_MAX;
    many.call += 1;
    many.key += 3;
    many.time += 1;
    memset(mapped, 0, sizeof mapped);
    (void)match_fields_event(&f, &e, MATCH_FRESH_MAX);
    CHECK(f.err == ERR_NONE && mapped_as(&many));
    other = put(e, MATCH_FRESH_MAX, again);
    CHECK(other == size && memcmp(bytes, again, size) != 0);
    CHECK(e.member == plain.member + ((uint64_t)1 << 32));
    CHECK(e.now_ms == plain.now_ms + ((uint64_t)5 << 32));
    f.lift = true;
    (void)match_fields_event(&f, &e, MATCH_FRESH_MAX);
    CHECK(put(e, MATCH_FRESH_MAX, again) == size);
    CHECK(memcmp(bytes, again, size) == 0);
}

/* --- effects --- */

static uint64_t sum(const struct match_effect *effect)
{
    struct match_effect copy = *effect;
    struct match_fields f = {.mode = FIELDS_SUM, .sum = 1};

    match_fields_effect(&f, &copy);
    return f.sum;
}

static const struct many store_has[COMMAND_KINDS] = {
    [COMMAND_OPEN_TICKET] = {.id = 6, .key = 3, .time = 4},
    [COMMAND_CLOSE_TICKET] = {.id = 2},
    [COMMAND_OPEN_DUTY] = {.id = 2, .key = 3, .time = 4},
    [COMMAND_SET_DUTY] = {.id = 2, .key = 3, .time = 3},
    [COMMAND_CLOSE_DUTY] = {.id = 1},
    [COMMAND_OFFER] = {.id = 5, .key = 3, .token = 2, .time = 3},
    [COMMAND_ACCEPT] = {.id = 4},
    [COMMAND_DECLINE] = {.id = 2, .time = 2},
    [COMMAND_CLOSE_OFFER] = {.id = 1, .time = 2},
    [COMMAND_JOIN] = {.id = 1},
    [COMMAND_END_TALK] = {.id = 1, .time = 2},
    [COMMAND_REFLECT] = {.id = 1},
    [COMMAND_BLOCK] = {.id = 3},
    [COMMAND_UNBLOCK] = {.id = 3},
    [COMMAND_HOLD] = {.id = 1},
    [COMMAND_RARITY] = {.token = 2},
    [COMMAND_RAISE_DANGER] = {.id = 2},
};

/* How many numbers of a command are no names: they must count in the sum. */
static struct match_effect some_store(enum match_command_kind kind)
{
    struct match_effect e = {.kind = EFFECT_STORE, .call = 701};

    memset(&e.store, 0, sizeof e.store);
    e.store.kind = kind;
    e.store.op = 702;
    e.store.epoch = 703;
    e.store.now_ms = 704;
    e.store.key = some_key();
    switch ((int)kind) {
    case COMMAND_OPEN_TICKET:
        e.store.open_ticket.ticket = some_row(ROW_TICKET).ticket;
        e.store.open_ticket.after = 707;
        break;
    case COMMAND_OPEN_DUTY:
        e.store.open_duty.duty = some_row(ROW_DUTY).duty;
        break;
    case COMMAND_SET_DUTY:
        e.store.set_duty.duty = some_row(ROW_DUTY).duty;
        break;
    case COMMAND_OFFER:
        e.store.offer.offer = some_row(ROW_OFFER).offer;
        break;
    case COMMAND_DECLINE:
        e.store.decline.rests_until_ms = 705;
        e.store.decline.backoff_until_ms = 706;
        break;
    case COMMAND_RARITY:
        e.store.rarity.row = rarity;
        e.store.rarity.rows = 2;
        break;
    default:
        break;
    }
    return e;
}

static void command_is_veiled(enum match_command_kind kind)
{
    struct match_effect e = some_store(kind);
    struct match_fields f = {
        .mode = FIELDS_VEIL, .veil = &cover, .room = &room};
    struct many many = store_has[kind];
    uint64_t plain = sum(&e);

    many.call += 1;
    many.key += 3;
    many.time += 1;
    memset(mapped, 0, sizeof mapped);
    match_fields_effect(&f, &e);
    CHECK(mapped_as(&many));
    CHECK(sum(&e) != plain);
    f.lift = true;
    match_fields_effect(&f, &e);
    CHECK(sum(&e) == plain);
}

#define COUNTS(e, field)                                                       \
    do {                                                                       \
        struct match_effect other_ = e;                                        \
        other_.field = 1;                                                      \
        CHECK(sum(&other_) != sum(&(e)));                                      \
    } while (0)

/* Law 4: what is set in none of the above is 0; 1 in its place must show. */
static void every_field_counts(void)
{
    struct match_effect e = some_store(COMMAND_CLOSE_TICKET);

    COUNTS(e, call);
    COUNTS(e, store.op);
    COUNTS(e, store.epoch);
    COUNTS(e, store.now_ms);
    COUNTS(e, store.key.word[0]);
    COUNTS(e, store.key.word[1]);
    COUNTS(e, store.key.request_hash);
    COUNTS(e, store.close_ticket.ticket);
    COUNTS(e, store.close_ticket.member);
    COUNTS(e, store.close_ticket.why);
    e = some_store(COMMAND_OPEN_TICKET);
    COUNTS(e, store.open_ticket.card_version);
    COUNTS(e, store.open_ticket.within_ms);
    COUNTS(e, store.open_ticket.grace_ms);
    COUNTS(e, store.open_ticket.ticket.tie);
    e = some_store(COMMAND_OPEN_DUTY);
    COUNTS(e, store.open_duty.card_version);
    COUNTS(e, store.open_duty.day_since_ms);
    COUNTS(e, store.open_duty.duty.day_max);
    e = some_store(COMMAND_SET_DUTY);
    COUNTS(e, store.set_duty.revoke);
    COUNTS(e, store.set_duty.duty.rest_ms);
    e = some_store(COMMAND_CLOSE_DUTY);
    COUNTS(e, store.close_duty.member);
    COUNTS(e, store.close_duty.why);
    e = some_store(COMMAND_OFFER);
    COUNTS(e, store.offer.day_since_ms);
    COUNTS(e, store.offer.offer.p);
    COUNTS(e, store.offer.offer.shown[1]);
    e = some_store(COMMAND_ACCEPT);
    COUNTS(e, store.accept.offer);
    COUNTS(e, store.accept.ticket);
    COUNTS(e, store.accept.peer);
    COUNTS(e, store.accept.talk);
    e = some_store(COMMAND_DECLINE);
    COUNTS(e, store.decline.offer);
    COUNTS(e, store.decline.peer);
    COUNTS(e, store.decline.rests_until_ms);
    COUNTS(e, store.decline.backoff_until_ms);
    e = some_store(COMMAND_CLOSE_OFFER);
    COUNTS(e, store.close_offer.offer);
    COUNTS(e, store.close_offer.rests_until_ms);
    COUNTS(e, store.close_offer.backoff_until_ms);
    COUNTS(e, store.close_offer.state);
    COUNTS(e, store.close_offer.lapses_max);
    e = some_store(COMMAND_JOIN);
    COUNTS(e, store.join.talk);
    COUNTS(e, store.join.side);
    e = some_store(COMMAND_END_TALK);
    COUNTS(e, store.end_talk.talk);
    COUNTS(e, store.end_talk.why);
    COUNTS(e, store.end_talk.rests_until_ms);
    COUNTS(e, store.end_talk.rest_until_ms);
    e = some_store(COMMAND_REFLECT);
    COUNTS(e, store.reflect.talk);
    COUNTS(e, store.reflect.within_ms);
    COUNTS(e, store.reflect.side);
    COUNTS(e, store.reflect.said);
    COUNTS(e, store.reflect.understood);
    COUNTS(e, store.reflect.again);
    e = some_store(COMMAND_HOLD);
    COUNTS(e, store.hold.member);
    COUNTS(e, store.hold.held);
    COUNTS(e, store.hold.erased);
}

static void every_other_field_counts(void)
{
    struct match_effect e = some_store(COMMAND_RAISE_DANGER);

    COUNTS(e, store.raise_danger.ticket);
    COUNTS(e, store.raise_danger.member);
    e = some_store(COMMAND_RARITY);
    COUNTS(e, store.rarity.first);
    COUNTS(e, store.rarity.pool);
    COUNTS(e, store.rarity.rows);
}

static void every_block_counts(void)
{
    struct match_effect e = some_store(COMMAND_UNBLOCK);

    COUNTS(e, store.block.member);
    COUNTS(e, store.block.other);
    COUNTS(e, store.block.via);
    COUNTS(e, store.block.talks);
    e.store.block.talks = 1;
    COUNTS(e, store.block.talk[0]);
}

static void every_view_counts(void)
{
    struct match_effect e = {.kind = EFFECT_REPLY};

    COUNTS(e, reply.err);
    COUNTS(e, reply.reference);
    e = (struct match_effect){.kind = EFFECT_TELL_TICKET};
    COUNTS(e, ticket.ticket);
    COUNTS(e, ticket.talk);
    COUNTS(e, ticket.state);
    COUNTS(e, ticket.why);
    COUNTS(e, ticket.bound);
    COUNTS(e, ticket.bound_few);
    COUNTS(e, ticket.danger);
    COUNTS(e, ticket.waited_ms);
    COUNTS(e, ticket.estimate_min);
    e = (struct match_effect){.kind = EFFECT_TELL_DUTY};
    COUNTS(e, duty.member);
    COUNTS(e, duty.state);
    COUNTS(e, duty.why);
    COUNTS(e, duty.capacity);
    COUNTS(e, duty.offers);
    COUNTS(e, duty.talks);
    COUNTS(e, duty.rest_until_ms);
    COUNTS(e, duty.day_until_ms);
    e.duty.offers = e.duty.talks = 2;
    e.duty.offer[1].showns = 3;
    COUNTS(e, duty.offer[1].id);
    COUNTS(e, duty.offer[1].deadline_ms);
    COUNTS(e, duty.offer[1].showns);
    COUNTS(e, duty.offer[1].danger);
    COUNTS(e, duty.offer[1].shown[2]);
    COUNTS(e, duty.talk[1]);
    e = (struct match_effect){.kind = EFFECT_TELL_TALK};
    COUNTS(e, talk.talk);
    COUNTS(e, talk.state);
    COUNTS(e, talk.why);
    e = (struct match_effect){.kind = EFFECT_DROP};
    COUNTS(e, drop);
    e = (struct match_effect){.kind = EFFECT_NOTE};
    COUNTS(e, note.code);
    COUNTS(e, note.reason);
    COUNTS(e, note.n);
}

/* Law 3, of what is told. */
static void views_are_veiled(void)
{
    struct match_effect e = {.kind = EFFECT_TELL_DUTY, .call = 7};
    struct match_fields f = {
        .mode = FIELDS_VEIL, .veil = &cover, .room = &room};
    const struct many duty = {1 + 2 + 2 + 1, 1, 0, 3, 2 + 2};
    const struct many ticket = {2, 1, 0, 0, 0};

    e.duty.offers = 2;
    e.duty.offer[1].showns = 3;
    e.duty.talks = 1;
    memset(mapped, 0, sizeof mapped);
    match_fields_effect(&f, &e);
    CHECK(mapped_as(&duty));
    e = (struct match_effect){.kind = EFFECT_TELL_TICKET};
    memset(mapped, 0, sizeof mapped);
    match_fields_effect(&f, &e);
    CHECK(mapped_as(&ticket));
}

int main(void)
{
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        comes_back((enum match_event_kind)kind);
        is_veiled((enum match_event_kind)kind);
    }
    any_bytes();
    for (int kind = 0; kind < COMMAND_KINDS; kind++)
        command_is_veiled((enum match_command_kind)kind);
    every_field_counts();
    every_other_field_counts();
    every_block_counts();
    every_view_counts();
    views_are_veiled();
    return check_report("match/fields");
}
