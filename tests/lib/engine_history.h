/* engine_history -- members do what members do, commands take their time and
 * come back in any order, the disk is full now and then.
 *
 * long because every kind of act is here. */
#ifndef ENGINE_HISTORY_H
#define ENGINE_HISTORY_H

#include "base/chance.h"
#include "engine_world.h"

enum { MEMBERS = 9, STEPS = 700 };

struct late { /* a result on its way back */
    struct match_result result;
    struct match_row row[MATCH_ROWS_MAX];
};

static struct late late[WORLD_FLYING];
static uint32_t lates;
static uint64_t seed_now;
static const uint8_t *dice, *dice_end; /* a fuzzer's, instead of the seed */

static uint64_t roll(uint64_t sides)
{
    uint64_t die = 0;

    if (!dice_end)
        return chance_below(&seed_now, sides);
    for (int i = 0; i < 2 && dice < dice_end; i++)
        die = die << 8 | *dice++;
    return die % sides;
}

/* Whether chance goes on: a fuzzer's ends. */
static bool rolls(void)
{
    return !dice_end || dice < dice_end;
}

static void random_cards(struct world *w)
{
    for (uint64_t i = 0; i < WORLD_MEMBERS; i++) {
        struct match_card *card[] = {&w->seeker[i], &w->peer[i]};

        for (int role = 0; role < MATCH_ROLES; role++) {
            *card[role] = world_card((enum match_role)role);
            card[role]->haves = (uint8_t)(1 + roll(4));
            for (uint8_t j = 0; j < card[role]->haves; j++)
                card[role]->have[j] = 7 + j;
            card[role]->show = roll(16);
            if (roll(2)) {
                card[role]->seeks = 1;
                card[role]->seek_tokens = 1;
                card[role]->seek[0] =
                    (struct match_group){.count = 1, .importance = 2};
                card[role]->seek_token[0] = 7 + roll(5);
            }
            if (roll(5) == 0) {
                card[role]->must_nots = 1;
                card[role]->must_not[0] = 10;
            }
        }
        w->store.seeker_card[i] = w->store.peer_card[i] = 1;
    }
}

/* The store executes one command; its result is on its way. */
static void execute(struct world *w, uint32_t at)
{
    struct match_command command = w->flying[at];

    for (uint32_t i = at; i + 1 < w->flyings; i++)
        w->flying[i] = w->flying[i + 1];
    w->flyings--;
    CHECK(lates < WORLD_FLYING);
    w->store.broken = roll(12) == 0;
    late[lates].result = store_run(&w->store, &command);
    w->store.broken = false;
    memcpy(late[lates].row, w->store.out,
           late[lates].result.rows * sizeof w->store.out[0]);
    lates++;
}

static void deliver(struct world *w, uint32_t at)
{
    struct late one = late[at];

    late[at] = late[--lates];
    one.result.row = one.row;
    world_deliver(w, &one.result);
}

static uint64_t some_offer(const struct world *w, uint64_t peer)
{
    if (w->duty[peer].offers == 0)
        return 0;
    return w->duty[peer].offer[roll(w->duty[peer].offers)].id;
}

static uint64_t some_talk(const struct world *w, uint64_t peer)
{
    if (w->duty[peer].talks == 0)
        return 0;
    return w->duty[peer].talk[roll(w->duty[peer].talks)];
}

static void put_card(struct world *w, uint64_t member)
{
    struct match_event event = {.kind = EVENT_CARD, .member = member};
    enum match_role role = (enum match_role)roll(2);
    struct match_card *card =
        role == MATCH_SEEKER ? &w->seeker[member] : &w->peer[member];

    card->version++;
    if (role == MATCH_SEEKER)
        w->store.seeker_card[member] = card->version;
    else
        w->store.peer_card[member] = card->version;
    event.card.card = card;
    (void)world_event(w, event);
}

static void talk_about(struct world *w, uint64_t peer)
{
    struct match_event event = {.kind = EVENT_JOIN};

    event.talk.talk = some_talk(w, peer);
    if (event.talk.talk == 0)
        return;
    switch (roll(4)) {
    case 0:
        event.kind = EVENT_END;
        break;
    case 1:
        event.kind = EVENT_REFLECT;
        event.reflect.talk = w->duty[peer].talk[0];
        event.reflect.side = MATCH_SEEKER;
        event.reflect.said = true;
        break;
    default:
        event.talk.side = (enum match_role)roll(2);
    }
    (void)world_event(w, event);
}

static void bar(struct world *w, uint64_t member)
{
    struct match_event event = {.kind = EVENT_BLOCK, .member = member};

    if (roll(3) == 0) {
        event.kind = EVENT_HOLD;
        event.hold.held = roll(2);
    } else {
        event.kind = roll(2) ? EVENT_BLOCK : EVENT_UNBLOCK;
        event.block.other = 1 + roll(MEMBERS);
    }
    (void)world_event(w, event);
}

static void act(struct world *w)
{
    static uint64_t stream[2 * WORLD_MEMBERS];
    uint64_t member = 1 + roll(MEMBERS), offer;
    struct match_event event = {.kind = EVENT_CAPACITY, .member = member};

    switch (roll(16)) {
    case 0:
    case 1:
        stream[member] = world_ask(w, member, roll(6) == 0);
        break;
    case 2:
    case 3:
        stream[WORLD_MEMBERS + member] =
            world_attend(w, member, (uint8_t)roll(4));
        break;
    case 4:
        (void)world_say(w, w->now_ms % 4 ? EVENT_WITHDRAW : EVENT_DANGER,
                        member);
        break;
    case 5:
        (void)world_say(w, roll(4) ? EVENT_PAUSE : EVENT_LEAVE, member);
        break;
    case 6:
        (void)world_say(w, EVENT_RESUME, member);
        break;
    case 7:
        event.capacity.capacity = (uint8_t)roll(5);
        (void)world_event(w, event);
        break;
    case 8:
        (void)world_lost(w, stream[roll(2 * WORLD_MEMBERS)]);
        break;
    case 9:
        bar(w, member);
        break;
    case 10:
        put_card(w, member);
        break;
    case 11:
        talk_about(w, member);
        break;
    default:
        offer = some_offer(w, member);
        if (offer != 0)
            (void)world_answer(w, member, offer, roll(3) != 0);
    }
}

/* Everything lands. */
static void settle(struct world *w)
{
    for (int i = 0; (w->flyings > 0 || lates > 0) && i < 100000; i++) {
        if (w->flyings > 0)
            execute(w, (uint32_t)roll(w->flyings));
        if (lates > 0)
            deliver(w, (uint32_t)roll(lates));
    }
    CHECK(w->flyings == 0 && lates == 0);
}

/* A life of this world, until all is quiet. */
static void history(struct world *w, uint64_t seed)
{
    seed_now = seed;
    lates = 0;
    random_cards(w);
    w->later = true;
    for (int step = 0;
         step < STEPS && w->store.rows < STORE_CAP - 64 && rolls(); step++) {
        switch (roll(6)) {
        case 0:
        case 1:
            act(w);
            break;
        case 2:
        case 3:
            if (w->flyings > 0)
                execute(w, (uint32_t)roll(w->flyings));
            break;
        case 4:
            if (lates > 0)
                deliver(w, (uint32_t)roll(lates));
            break;
        default:
            world_until(w, w->now_ms + roll(roll(8) ? 3000 : 60000));
        }
        if (roll(60) == 0) {
            settle(w);
            world_agrees(w); /* DESIGN law 13 */
        }
    }
    settle(w);
    world_agrees(w);
}

#endif
