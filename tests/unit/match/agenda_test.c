/* For whom a free slot is, looked for in slices, against the same by hand. */
#include "match/agenda.h"

#include "index_world.h"
#include "match/adopt.h"
#include "match/line.h"

enum {
    STEP_WORK = 1024, /* a step takes less, if nothing came between */
    STEPS = 200,      /* and they are fewer */
    OLD = 77          /* who was taken away is asked as that number */
};

static const struct history history = {.peers = 60,
                                       .sizes = 64,
                                       .tickets = 2500,
                                       .records = 30,
                                       .how = {40, 16, 6, 1, 2}};

enum between { NOTHING, GOES, COMES, CLOSES, LATER, BETWEENS };

struct slot {
    struct match_duty *duty;
    uint32_t offers, steps;
    uint64_t ticket; /* it was offered */
    bool disturbed;  /* something came between */
};

static void step(struct slot *slot, enum match_event_kind kind)
{
    static uint64_t fresh = (uint64_t)1 << 60;
    struct match_event event = {.kind = kind, .now_ms = engine->now_ms};
    uint64_t work = engine->work;

    for (int i = 0; i < MATCH_FRESH_MAX; i++)
        event.fresh[i] = fresh++;
    match_engine_step(engine, &event, &effects);
    slot->steps++;
    CHECK(slot->disturbed || engine->work - work < STEP_WORK); /* Law 3 */
    for (uint32_t i = 0; i < effects.n; i++)
        if (item[i].kind == EFFECT_STORE &&
            item[i].store.kind == COMMAND_OFFER) {
            CHECK(item[i].store.offer.offer.peer == slot->duty->row.member);
            slot->offers++;
            slot->ticket = item[i].store.offer.offer.ticket;
        }
}

/* Room for so many more, or none. */
static void make_room(struct match_duty *duty, uint8_t capacity)
{
    struct match_duty_row row = duty->row;

    row.state = DUTY_ON;
    row.grade = GRADE_PEER;
    row.grade_until_ms = row.rest_until_ms = 0;
    row.capacity = capacity;
    match_duty_adopt(engine, duty, &row, 0);
}

/* A ticket that is young, so that few will do. */
static struct match_ticket *ask_young(uint32_t i, bool dangers)
{
    struct match_ticket *ticket;

    do
        ask(&history, i);
    while ((ticket = match_ticket_of(engine, 1000000 + i))->row.danger &&
           !dangers);
    ticket->row.since_ms = engine->now_ms - roll(20000);
    match_ticket_arm(engine, ticket);
    return ticket;
}

static void fill(bool dangers)
{
    open_world(&history);
    engine->now_ms += engine->limits.settle_ms;
    for (uint64_t i = 0; i < history.peers; i++) {
        attend(&history, 1 + i);
        make_room(duty_of(1 + i), 0);
    }
    for (uint32_t i = 0; i < history.tickets; i++)
        (void)ask_young(i, dangers);
    clear_agenda();
}

/* All but so many may not meet the peer. */
static void keep_away(const struct match_duty *duty, uint64_t but)
{
    uint64_t left = engine->pool[duty->row.pool].tickets_n;

    LIST_EACH (node, &engine->pool[duty->row.pool].tickets) {
        const struct match_ticket *ticket =
            LIST_ENTRY(node, struct match_ticket, pool_link);
        struct match_pair_row row = {
            .kind = PAIR_BLOCK, .a = ticket->row.member, .b = duty->row.member};

        if (roll(left--) < but)
            but--;
        else
            match_adopt_pair(engine, &row, 0);
    }
}

/* ENGINE.md §3, a peer's moment. */
static const struct match_ticket *wanted_by(const struct slot *slot)
{
    struct match_ticket *first = NULL, *one = NULL;
    uint32_t want = 0;

    LIST_EACH (node, &engine->pool[slot->duty->row.pool].tickets) {
        struct match_ticket *ticket =
            LIST_ENTRY(node, struct match_ticket, pool_link);

        if (ticket->row.id != slot->ticket && !match_line_waits(engine, ticket))
            continue;
        if (!match_index_wants(engine, ticket, slot->duty))
            continue;
        if (ticket->row.danger && (!first || match_line_before(ticket, first)))
            first = ticket;
        one = ticket;
        want++;
    }
    return first ? first : want == 1 ? one : NULL;
}

static void come_between(struct slot *slot, enum between what)
{
    struct match_ticket *last = engine->look.last;
    bool danger = last && last->row.danger;

    CHECK(last != NULL && effects.more);
    switch (what) {
    case GOES: /* whoever was looked at last */
        match_ticket_free(engine, last);
        break;
    case COMES: /* instead of somebody, and nobody has a moment else */
        (void)ask_young(OLD, danger);
        match_agenda_duty(engine, slot->duty);
        break;
    case CLOSES:
        make_room(slot->duty, 0);
        break;
    case LATER:
        engine->now_ms += 9000;
        break;
    case NOTHING:
    case BETWEENS:
        return;
    }
    slot->disturbed = true;
    step(slot, EVENT_SEEN);
}

static uint32_t look(uint64_t start, enum between what, uint64_t but)
{
    const struct match_ticket *wanted;
    struct slot slot = {.steps = 0};

    seed = start;
    fill(roll(3) == 0);
    slot.duty = duty_of(1 + roll(history.peers));
    keep_away(slot.duty, but);
    make_room(slot.duty, 1);
    engine->unfinished = true; /* no timer's turn */
    step(&slot, EVENT_TICK);
    if (effects.more)
        come_between(&slot, what);
    while (effects.more && slot.steps < STEPS)
        step(&slot, EVENT_TICK);
    CHECK(!effects.more);
    wanted = match_duty_room(engine, slot.duty) > 0 || slot.offers > 0
                 ? wanted_by(&slot)
                 : NULL;
    CHECK(slot.offers == (wanted != NULL));
    CHECK(!wanted || wanted->row.id == slot.ticket);
    free(engine);
    return slot.offers > 0 && slot.steps > 1;
}

/* Law 3: a look ends though something comes between at every step. */
static void disturb(void)
{
    struct slot slot = {.disturbed = true};

    seed = 1;
    fill(false);
    slot.duty = duty_of(1);
    keep_away(slot.duty, 0);
    make_room(slot.duty, 1);
    engine->unfinished = true;
    step(&slot, EVENT_TICK);
    CHECK(effects.more);
    while (effects.more && slot.steps < STEPS)
        step(&slot, EVENT_SEEN);
    CHECK(!effects.more);
    CHECK(engine->look.vain == 0); /* the next has as little time */
    free(engine);
}

/* Law 3. */
int main(void)
{
    uint32_t sliced = 0;

    for (uint64_t start = 1; start <= 18; start++)
        for (int what = NOTHING; what < BETWEENS; what++)
            sliced += look(start, (enum between)what, start % 6 * (start % 6));
    CHECK(sliced > 8);
    disturb();
    return check_report("match/agenda");
}
