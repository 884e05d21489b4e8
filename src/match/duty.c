#include "match/duty.h"

#include <stddef.h>
#include <string.h>

#include "base/require.h"
#include "match/agenda.h"
#include "match/index.h"
#include "match/presence.h"
#include "match/say.h"

/* ENGINE.md §4; a row may also be adopted as it was, and a later result may
 * come first: of who attends and is paused, PAUSED. */
static const bool allowed[DUTY_STATES][DUTY_STATES] = {
    [DUTY_OFF] = {[DUTY_OFF] = true, [DUTY_ON] = true, [DUTY_PAUSED] = true},
    [DUTY_ON] = {[DUTY_ON] = true, [DUTY_PAUSED] = true, [DUTY_OFF] = true},
    [DUTY_PAUSED] = {[DUTY_PAUSED] = true, [DUTY_ON] = true, [DUTY_OFF] = true},
};

static void move(struct match_duty *duty, const struct match_duty_row *row)
{
    REQUIRE(row->state < DUTY_STATES);
    REQUIRE(row->member == duty->row.member);
    REQUIRE(allowed[duty->row.state][row->state]); /* Law 1 */
    duty->row = *row;
}

uint8_t match_duty_used(const struct match_duty *duty)
{
    REQUIRE(duty->offers + duty->talks <= UINT8_MAX); /* Law 2 */
    return (uint8_t)(duty->offers + duty->talks);
}

bool match_duty_graded(const struct match_engine *engine,
                       const struct match_duty *duty)
{
    return duty->row.grade >= GRADE_PEER &&
           (duty->row.grade_until_ms == 0 ||
            engine->now_ms < duty->row.grade_until_ms);
}

bool match_duty_free(const struct match_engine *engine,
                     const struct match_duty *duty)
{
    if (duty->row.state != DUTY_ON || match_subject_busy(&duty->subject))
        return false;
    if (duty->closing || duty->held || duty->asking || duty->presence.away)
        return false;
    return engine->now_ms >= duty->row.rest_until_ms &&
           match_duty_room(engine, duty) > 0;
}

uint64_t match_duty_day_since_ms(const struct match_engine *engine)
{
    return engine->now_ms > engine->limits.day_ms
               ? engine->now_ms - engine->limits.day_ms
               : 0;
}

/* The first of begun[] that counts still. */
static uint8_t first_begun(const struct match_engine *engine,
                           const struct match_duty *duty)
{
    uint64_t since_ms = match_duty_day_since_ms(engine);
    uint8_t at = 0;

    while (at < duty->begins && duty->begun[at].at_ms <= since_ms)
        at++;
    return at;
}

uint8_t match_duty_room(const struct match_engine *engine,
                        const struct match_duty *duty)
{
    uint32_t used = match_duty_used(duty), today = duty->offers;
    uint8_t room =
        used < duty->row.capacity ? (uint8_t)(duty->row.capacity - used) : 0;

    if (duty->row.day_max == 0)
        return room;
    today += (uint32_t)(duty->begins - first_begun(engine, duty));
    if (today >= duty->row.day_max)
        return 0;
    return duty->row.day_max - today < room
               ? (uint8_t)(duty->row.day_max - today)
               : room;
}

uint64_t match_duty_day_until_ms(const struct match_engine *engine,
                                 const struct match_duty *duty)
{
    uint8_t first = first_begun(engine, duty);
    uint8_t today = (uint8_t)(duty->begins - first);

    if (duty->row.day_max == 0 || today < duty->row.day_max)
        return 0;
    return match_timer_add(duty->begun[first + today - duty->row.day_max].at_ms,
                           engine->limits.day_ms);
}

void match_duty_begun(struct match_engine *engine, struct match_duty *duty,
                      const struct match_talk_row *talk)
{
    uint8_t at = duty->begins;

    REQUIRE(talk->peer == duty->row.member);
    for (uint8_t i = 0; i < duty->begins; i++)
        if (duty->begun[i].talk == talk->id)
            return;
    if (duty->begins == MATCH_DAY_MAX) { /* the oldest makes room, or is it */
        if (talk->started_ms <= duty->begun[0].at_ms)
            return;
        memmove(duty->begun, duty->begun + 1,
                sizeof duty->begun - sizeof duty->begun[0]);
        at--;
    } else {
        duty->begins++;
    }
    for (; at > 0 && duty->begun[at - 1].at_ms > talk->started_ms; at--)
        duty->begun[at] = duty->begun[at - 1];
    duty->begun[at].talk = talk->id;
    duty->begun[at].at_ms = talk->started_ms;
    if (duty->row.day_max > 0)
        match_duty_arm(engine, duty);
}

/* When time alone makes a slot free: the rest is over, or a talk counts no
 * more in the day.  MATCH_NEVER: it does not. */
static uint64_t next_free_ms(const struct match_engine *engine,
                             const struct match_duty *duty)
{
    uint8_t first = first_begun(engine, duty);

    if (duty->row.rest_until_ms > engine->now_ms)
        return duty->row.rest_until_ms;
    if (duty->row.day_max == 0 || first == duty->begins)
        return MATCH_NEVER;
    return match_timer_add(duty->begun[first].at_ms, engine->limits.day_ms);
}

static uint64_t bucket_now(const struct match_engine *engine)
{
    return engine->now_ms / DUTY_BUCKET_MS;
}

uint32_t match_duty_bucket(const struct match_engine *engine)
{
    return (uint32_t)bucket_now(engine);
}

struct match_duty_load match_duty_load(const struct match_engine *engine,
                                       const struct match_duty *duty)
{
    uint64_t now = bucket_now(engine), oldest = now;
    uint32_t offers = 0;

    REQUIRE(duty->bucket <= now);
    for (uint64_t b = duty->bucket; b + DUTY_BUCKETS > now; b--) {
        offers += duty->recent[b % DUTY_BUCKETS];
        if (duty->recent[b % DUTY_BUCKETS] > 0)
            oldest = b;
        if (b == 0)
            break;
    }
    return (struct match_duty_load){
        .offers = offers < DUTY_LOAD_MAX ? offers : DUTY_LOAD_MAX,
        .now = (uint32_t)now,
        .until = (uint32_t)(oldest + DUTY_BUCKETS)};
}

void match_duty_count(struct match_engine *engine, struct match_duty *duty)
{
    uint64_t now = bucket_now(engine);

    REQUIRE(duty->bucket <= now);
    if (now - duty->bucket >= DUTY_BUCKETS)
        memset(duty->recent, 0, sizeof duty->recent);
    else
        for (uint64_t b = duty->bucket + 1; b <= now; b++)
            duty->recent[b % DUTY_BUCKETS] = 0;
    duty->bucket = now;
    if (duty->recent[now % DUTY_BUCKETS] < UINT16_MAX)
        duty->recent[now % DUTY_BUCKETS]++;
    match_index_touch(engine, duty);
}

struct match_duty *match_duty_of(const struct match_engine *engine,
                                 uint64_t member)
{
    uint32_t at =
        member != 0 ? map_get(&engine->duty_by_member, member) : MAP_NONE;

    return at == MAP_NONE ? NULL : &engine->duty[at];
}

static void init(struct match_duty *duty, uint64_t member, uint32_t pool)
{
    static const enum match_timer_kind kind[DUTY_TIMERS] = {
        [DUTY_SILENT] = TIMER_PEER_SILENT,
        [DUTY_GRACE] = TIMER_DUTY_GRACE,
        [DUTY_UNTIL] = TIMER_DUTY_UNTIL,
        [DUTY_REST] = TIMER_REST,
    };

    REQUIRE(duty->hand.version == 0);
    *duty = (struct match_duty){
        .subject = {.kind = SUBJECT_DUTY},
        .row = {.member = member, .pool = pool, .state = DUTY_OFF}};
    duty->nap = (struct heap_item){.id = member, .rank = TIMER_REST};
    duty->moment = (struct heap_item){.id = member};
    list_init(&duty->offer_list);
    list_init(&duty->talk_list);
    for (int i = 0; i < DUTY_TIMERS; i++)
        duty->timer[i] = (struct match_timer){
            .due = {.rank = kind[i], .id = member}, .owner = duty};
}

enum err match_duty_need(struct match_engine *engine, uint64_t member,
                         uint32_t pool, struct match_duty **duty)
{
    struct match_duty *found = match_duty_of(engine, member);
    struct list *node;

    REQUIRE(member != 0);
    REQUIRE(pool < engine->sizes.pools);
    if (found) {
        list_unlink(&found->subject.table_link);
        if (found->row.state == DUTY_OFF && match_duty_used(found) == 0)
            found->row.pool = pool;
        *duty = found;
        return found->row.pool == pool ? ERR_NONE : ERR_INVALID;
    }
    node = spare_take(&engine->duty_free);
    if (!node)
        node = list_pop_front(&engine->duty_idle); /* the longest idle */
    if (!node)
        return ERR_FULL;
    found = (struct match_duty *)(void *)LIST_ENTRY(node, struct match_subject,
                                                    table_link);
    if (found->row.member != 0)
        REQUIRE(map_remove(&engine->duty_by_member, found->row.member));
    list_unlink(&found->subject.tell_link);
    heap_set(&engine->duty_moments, &found->moment, HEAP_NONE);
    init(found, member, pool);
    found->bucket = bucket_now(engine);
    found->held = match_flight_holds(engine, member, NULL);
    REQUIRE(map_put(&engine->duty_by_member, member,
                    (uint32_t)(found - engine->duty)) == ERR_NONE);
    *duty = found;
    return ERR_NONE;
}

void match_duty_discard(struct match_engine *engine, struct match_duty *duty)
{
    match_index_drop(engine, duty);
    match_hand_clear(&duty->hand, &engine->pool[duty->row.pool].rarity);
}

void match_duty_idle(struct match_engine *engine, struct match_duty *duty)
{
    if (duty->row.state != DUTY_OFF || match_duty_used(duty) > 0 ||
        match_subject_busy(&duty->subject) ||
        list_linked(&duty->subject.table_link))
        return;
    REQUIRE(!list_linked(&duty->pool_link));
    REQUIRE(duty->row.member != 0);
    match_presence_close(engine, &duty->subject, &duty->presence);
    match_duty_discard(engine, duty);
    list_unlink(&duty->subject.tell_link);
    heap_set(&engine->duty_moments, &duty->moment, HEAP_NONE);
    for (int i = 0; i < DUTY_TIMERS; i++)
        heap_set(&engine->timers, &duty->timer[i].due, MATCH_NEVER);
    list_push_back(&engine->duty_idle, &duty->subject.table_link);
}

/* Is an attend of theirs on its way?  Then the card is of the duty to come. */
static bool attends(const struct match_duty *duty)
{
    return duty->subject.flight &&
           duty->subject.flight->kind == COMMAND_OPEN_DUTY;
}

void match_duty_adopt(struct match_engine *engine, struct match_duty *duty,
                      const struct match_duty_row *row, uint64_t seq)
{
    struct match_duty_row was = duty->row;

    if (seq < duty->subject.seq)
        return;
    REQUIRE(row->pool < engine->sizes.pools);
    duty->subject.seq = seq;
    move(duty, row);
    if (row->state != DUTY_OFF && !list_linked(&duty->pool_link)) {
        list_push_back(&engine->pool[row->pool].duties, &duty->pool_link);
        engine->pool[row->pool].duties_n++;
    }
    if (row->state == DUTY_OFF && list_linked(&duty->pool_link)) {
        list_unlink(&duty->pool_link);
        engine->pool[row->pool].duties_n--;
    }
    if (row->state == DUTY_OFF && !attends(duty))
        match_duty_discard(engine, duty);
    if (row->grade_until_ms != was.grade_until_ms) /* it may fit longer */
        match_index_drop(engine, duty);
    match_index_put(engine, duty);
    if (was.state == DUTY_OFF && row->state != DUTY_OFF)
        match_say_note(engine, LOG_DUTY_OPENED);
    if (was.state != DUTY_OFF && row->state == DUTY_OFF)
        match_say_note(engine, LOG_DUTY_CLOSED);
    if (row->state == DUTY_ON &&
        (was.state != DUTY_ON || row->capacity > was.capacity))
        match_agenda_duty(engine, duty);
    match_duty_arm(engine, duty);
    match_say_tell(engine, &duty->subject);
}

void match_duty_arm(struct match_engine *engine, struct match_duty *duty)
{
    const struct match_limits *limits = &engine->limits;
    uint64_t due[DUTY_TIMERS], wait = duty->subject.hold_off_ms;
    const struct match_duty_row *row = &duty->row;
    bool on = row->state != DUTY_OFF;

    REQUIRE(row->member != 0);
    for (int i = 0; i < DUTY_TIMERS; i++)
        due[i] = MATCH_NEVER;
    if (duty->presence.stream != 0 && !duty->presence.away)
        due[DUTY_SILENT] =
            match_timer_add(duty->presence.seen_ms, limits->lost_ms);
    if (on && !match_subject_busy(&duty->subject) && !duty->held) {
        if (duty->presence.away)
            due[DUTY_GRACE] =
                match_timer_add(duty->presence.away_ms, limits->grace_duty_ms);
        if (row->until_ms != 0)
            due[DUTY_UNTIL] = row->until_ms;
        if (row->grade_until_ms != 0 && row->grade_until_ms < due[DUTY_UNTIL])
            due[DUTY_UNTIL] = row->grade_until_ms;
        for (int i = DUTY_GRACE; i <= DUTY_UNTIL; i++)
            if (due[i] < wait)
                due[i] = wait;
    }
    if (on)
        due[DUTY_REST] = next_free_ms(engine, duty);
    /* that it is, whichever moment the timer keeps below */
    heap_set(&engine->naps, &duty->nap, due[DUTY_REST]);
    if (on && match_timer_overdue(&duty->timer[DUTY_REST], engine->now_ms) &&
        row->rest_until_ms <= engine->now_ms)
        due[DUTY_REST] = duty->timer[DUTY_REST].due.key; /* that moment stays */
    for (int i = 0; i < DUTY_TIMERS; i++)
        heap_set(&engine->timers, &duty->timer[i].due, due[i]);
    match_index_touch(engine, duty);
}

void match_duty_woken(struct match_engine *engine, struct match_duty *duty)
{
    REQUIRE(duty->row.state != DUTY_OFF);
    heap_set(&engine->naps, &duty->nap, next_free_ms(engine, duty));
    match_index_touch(engine, duty);
}
