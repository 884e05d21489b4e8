#include "match/talk.h"

#include "base/require.h"
#include "match/agenda.h"
#include "match/index.h"
#include "match/say.h"

/* ENGINE.md §4; a row may also be adopted as it was. */
static const bool allowed[TALK_STATES + 1][TALK_STATES] = {
    [TALK_NEW] = {[TALK_JOINING] = true, [TALK_OPEN] = true},
    [TALK_JOINING] =
        {[TALK_JOINING] = true, [TALK_OPEN] = true, [TALK_ENDED] = true},
    [TALK_OPEN] = {[TALK_OPEN] = true, [TALK_ENDED] = true},
    [TALK_ENDED] = {[TALK_ENDED] = true},
};

static void move(struct match_talk *talk, const struct match_talk_row *row)
{
    REQUIRE(row->state < TALK_STATES);
    REQUIRE(row->id == talk->row.id);
    REQUIRE(allowed[talk->row.state][row->state]); /* Law 1 */
    REQUIRE(row->seeker == talk->row.seeker);
    talk->row = *row;
}

struct match_talk *match_talk_find(const struct match_engine *engine,
                                   uint64_t id)
{
    uint32_t at = id != 0 ? map_get(&engine->talk_by_id, id) : MAP_NONE;

    return at == MAP_NONE ? NULL : &engine->talk[at];
}

/* The talks of one seeker that live are a ring; the map knows one of them. */
static void join_ring(struct match_engine *engine, struct match_talk *talk)
{
    uint32_t at = map_get(&engine->talk_by_seeker, talk->row.seeker);

    if (at != MAP_NONE) {
        list_push_back(&engine->talk[at].seeker_link, &talk->seeker_link);
        return;
    }
    list_init(&talk->seeker_link);
    REQUIRE(map_put(&engine->talk_by_seeker, talk->row.seeker,
                    (uint32_t)(talk - engine->talk)) == ERR_NONE);
}

static struct match_talk *next_in_ring(const struct match_talk *talk)
{
    return LIST_ENTRY(talk->seeker_link.next, struct match_talk, seeker_link);
}

static void leave_ring(struct match_engine *engine, struct match_talk *talk)
{
    const struct match_talk *next = next_in_ring(talk);

    if (next == talk)
        REQUIRE(map_remove(&engine->talk_by_seeker, talk->row.seeker));
    else
        REQUIRE(map_put(&engine->talk_by_seeker, talk->row.seeker,
                        (uint32_t)(next - engine->talk)) == ERR_NONE);
    list_unlink(&talk->seeker_link);
}

struct match_talk *match_talk_sought(const struct match_engine *engine,
                                     uint64_t seeker,
                                     const struct match_talk *after)
{
    uint32_t at =
        seeker != 0 ? map_get(&engine->talk_by_seeker, seeker) : MAP_NONE;
    struct match_talk *first = at == MAP_NONE ? NULL : &engine->talk[at];
    struct match_talk *next = after ? next_in_ring(after) : first;

    return after && next == first ? NULL : next;
}

static enum err begin(struct match_engine *engine,
                      const struct match_talk_row *row,
                      struct match_talk **talk)
{
    struct match_duty *duty;
    struct match_talk *new;
    struct list *node;
    enum err err;

    REQUIRE(row->id != 0 && row->peer != 0 && row->seeker != 0);
    REQUIRE(row->pool < engine->sizes.pools);
    err = match_duty_need(engine, row->peer, row->pool, &duty);
    if (err != ERR_NONE)
        return err;
    node = spare_take(&engine->talk_free);
    if (!node)
        return ERR_FULL;
    new = (struct match_talk *)(void *)LIST_ENTRY(node, struct match_subject,
                                                  table_link);
    *new = (struct match_talk){
        .subject = {.kind = SUBJECT_TALK},
        .row = *row,
        .duty = duty,
        .no_show = {.due = {.rank = TIMER_NO_SHOW, .id = row->id},
                    .owner = new},
        .limit = {.due = {.rank = TIMER_TALK_LIMIT, .id = row->id},
                  .owner = new}};
    new->row.state = (enum match_talk_state)TALK_NEW;
    REQUIRE(map_put(&engine->talk_by_id, row->id,
                    (uint32_t)(new - engine->talk)) == ERR_NONE);
    list_push_back(&duty->talk_list, &new->duty_link);
    join_ring(engine, new);
    duty->talks++;
    engine->talks_live++;
    *talk = new;
    return ERR_NONE;
}

static void end(struct match_engine *engine, struct match_talk *talk)
{
    struct match_duty *duty = talk->duty;

    REQUIRE(duty != NULL);
    REQUIRE(duty->talks > 0);
    match_say_note(engine, LOG_TALK_ENDED);
    heap_set(&engine->timers, &talk->no_show.due, MATCH_NEVER);
    heap_set(&engine->timers, &talk->limit.due, MATCH_NEVER);
    list_unlink(&talk->duty_link);
    leave_ring(engine, talk);
    duty->talks--;
    engine->talks_live--;
    talk->duty = NULL;
    match_index_touch(engine, duty);
    match_agenda_duty(engine, duty);
    match_say_tell(engine, &duty->subject);
}

enum err match_talk_adopt(struct match_engine *engine,
                          const struct match_talk_row *row, uint64_t seq)
{
    struct match_talk *talk = match_talk_find(engine, row->id);
    uint32_t was;

    if (!talk && row->state == TALK_ENDED)
        return ERR_NONE; /* the store's to answer for */
    if (!talk) {
        enum err err = begin(engine, row, &talk);

        if (err != ERR_NONE)
            return err;
    }
    if (seq < talk->subject.seq)
        return ERR_NONE;
    talk->subject.seq = seq;
    was = talk->row.state;
    move(talk, row);
    if (was != TALK_ENDED && row->state == TALK_ENDED)
        end(engine, talk);
    match_talk_arm(engine, talk);
    if (was != (uint32_t)row->state)
        match_say_tell(engine, &talk->subject);
    if (was == TALK_NEW)
        match_say_tell(engine, &talk->duty->subject);
    return ERR_NONE;
}

void match_talk_arm(struct match_engine *engine, struct match_talk *talk)
{
    const struct match_limits *limits = &engine->limits;
    uint64_t no_show = MATCH_NEVER, limit = MATCH_NEVER;

    REQUIRE(talk->row.id != 0);
    if (talk->row.state != TALK_ENDED && !match_subject_busy(&talk->subject)) {
        limit = match_timer_add(talk->row.started_ms, limits->talk_ms);
        if (limit < talk->subject.hold_off_ms)
            limit = talk->subject.hold_off_ms;
        if (talk->row.state == TALK_JOINING)
            no_show = match_timer_add(talk->row.started_ms, limits->join_ms);
        if (no_show < talk->subject.hold_off_ms)
            no_show = talk->subject.hold_off_ms;
    }
    heap_set(&engine->timers, &talk->no_show.due, no_show);
    heap_set(&engine->timers, &talk->limit.due, limit);
}

void match_talk_free(struct match_engine *engine, struct match_talk *talk)
{
    REQUIRE(talk->row.state == TALK_ENDED);
    REQUIRE(!match_subject_busy(&talk->subject));
    REQUIRE(map_remove(&engine->talk_by_id, talk->row.id));
    list_unlink(&talk->subject.tell_link);
    talk->row.id = 0;
    spare_give(&engine->talk_free, &talk->subject.table_link);
}
