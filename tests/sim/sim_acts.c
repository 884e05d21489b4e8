/* What people do, drawn by weight: the sensible and the silly. */
#include "sim.h"

typedef void act_fn(struct sim *sim, uint32_t id);

static uint32_t somebody(struct sim *sim)
{
    return (uint32_t)sim_roll(sim, sim->members);
}

/* Say something new. */
static void say(struct sim *sim, enum match_event_kind kind, uint32_t id,
                uint64_t subject, bool flag)
{
    sim_people_say(sim, sim_people_request(sim, kind, id, subject, flag));
}

/* Half of the members mostly seek (in a crowd, one in six), the others mostly
 * help; all do both. */
static bool unusual(struct sim *sim, uint32_t id, enum match_role role)
{
    bool helps = id % (sim->mix.crowd ? 6 : 2) != 0;

    return helps != (role == MATCH_PEER) && !sim_percent(sim, 15);
}

/* One of the last things told, open or long closed. */
static uint64_t recall(struct sim *sim, const uint64_t *ring, uint32_t n)
{
    uint32_t most = n < SIM_KNOWN ? n : SIM_KNOWN;
    uint32_t back = 1 + (uint32_t)sim_roll(sim, most < 4 ? most : 4);

    if (sim_percent(sim, 15))
        back = 1 + (uint32_t)sim_roll(sim, most);
    return ring[(n - back) % SIM_KNOWN];
}

static void act_ask(struct sim *sim, uint32_t id)
{
    struct sim_member *member = &sim->member[id];
    uint64_t after = 0;

    if (unusual(sim, id, MATCH_SEEKER))
        return;
    if (member->talks && sim_percent(sim, 50)) /* its age goes on */
        after = recall(sim, member->talk, member->talks);
    member->older_ask = member->ask;
    member->ask =
        sim_people_request(sim, EVENT_ASK, id, after, sim_percent(sim, 15));
    if (member->talks && sim_percent(sim, 50))
        sim->request[member->ask].wish =
            recall(sim, member->talk, member->talks);
    sim_people_say(sim, member->ask);
}

static void act_attend(struct sim *sim, uint32_t id)
{
    static const uint8_t capacities[] = {0, 1, 1, 1, 2, 2, 3, 8};
    uint64_t capacity = capacities[sim_roll(sim, sizeof capacities)] |
                        (sim_percent(sim, 70) ? 0 : 1 + sim_roll(sim, 3)) << 4;
    uint64_t rest_ms = sim_percent(sim, 60) ? 0 : sim_roll(sim, 20000);
    uint64_t until_ms =
        sim_percent(sim, 85) ? 0 : sim->now_ms + sim_roll(sim, 120000);

    if (unusual(sim, id, MATCH_PEER))
        return;
    sim->member[id].attend = sim_people_request(
        sim, EVENT_ATTEND, id, until_ms << 24 | rest_ms << 8 | capacity, false);
    sim_people_say(sim, sim->member[id].attend);
}

void sim_people_gather(struct sim *sim)
{
    for (uint32_t id = 0; id < sim->members; id++)
        act_attend(sim, id);
}

/* The stream breaks and is opened again, or is opened twice. */
static void act_return(struct sim *sim, uint32_t id)
{
    const struct sim_member *member = &sim->member[id];

    if (member->ask && sim_percent(sim, 60))
        sim_people_say(sim, member->ask);
    if (member->attend && sim_percent(sim, 60))
        sim_people_say(sim, member->attend);
}

/* Their own ticket, or another's. */
static void act_withdraw(struct sim *sim, uint32_t id)
{
    enum match_event_kind kind =
        sim_percent(sim, 30) ? EVENT_DANGER : EVENT_WITHDRAW;
    uint32_t owner = sim_percent(sim, 90) ? id : somebody(sim);
    uint32_t ask = sim->member[owner].ask;

    if (ask && sim->request[ask].reference)
        say(sim, kind, id, sim->request[ask].reference, false);
}

static void act_leave(struct sim *sim, uint32_t id)
{
    say(sim, EVENT_LEAVE, id, 0, false);
}

static void act_pause(struct sim *sim, uint32_t id)
{
    say(sim, sim_percent(sim, 40) ? EVENT_PAUSE : EVENT_RESUME, id, 0, false);
}

static void act_capacity(struct sim *sim, uint32_t id)
{
    say(sim, EVENT_CAPACITY, id, sim_roll(sim, 10), false);
}

/* One of those told that is in this state, or 0. */
static uint64_t open_one(struct sim *sim, enum match_row_kind kind,
                         const uint64_t *ring)
{
    uint32_t first = (uint32_t)sim_roll(sim, SIM_KNOWN);

    for (uint32_t i = 0; i < SIM_KNOWN; i++) {
        uint64_t id = ring[(first + i) % SIM_KNOWN];
        const struct match_row *row = sim_truth_row(sim, kind, id);

        if (row && (kind == ROW_OFFER ? row->offer.state == OFFER_OPEN
                                      : row->talk.state != TALK_ENDED))
            return id;
    }
    return 0;
}

static void act_answer(struct sim *sim, uint32_t id)
{
    uint32_t whose = sim_percent(sim, 95) ? id : somebody(sim);
    const struct sim_member *member = &sim->member[whose];
    uint64_t offer = open_one(sim, ROW_OFFER, member->offer);

    if (member->offers == 0)
        return;
    if (offer == 0 || sim_percent(sim, 10))
        offer = recall(sim, member->offer, member->offers);
    sim->member[id].answer =
        sim_people_request(sim, EVENT_ANSWER, id, offer, sim_percent(sim, 65));
    sim_people_say(sim, sim->member[id].answer);
}

static void act_answer_again(struct sim *sim, uint32_t id)
{
    if (sim->member[id].answer)
        sim_people_say(sim, sim->member[id].answer);
}

/* Anything they said before, word for word; or its key for something else. */
static void act_repeat(struct sim *sim, uint32_t id)
{
    uint32_t first = sim->member[id].first_request;
    uint32_t at, kept;

    if (sim->requests == first)
        return;
    at = first + (uint32_t)sim_roll(sim, sim->requests - first);
    for (kept = at; at > first && sim->request[at].member != id; at--)
        ;
    if (kept == 0 || sim->request[at].member != id)
        return;
    if (sim_percent(sim, 10)) {
        uint32_t other = sim_people_request(sim, sim->request[at].kind, id,
                                            sim->request[at].subject,
                                            !sim->request[at].flag);

        sim->request[other].key = sim->request[at].key;
        sim->request[other].key.request_hash ^= 1;
        sim->request[other].wish = sim->request[at].wish;
        at = other;
    }
    sim_people_say(sim, at);
}

static void act_talk(struct sim *sim, uint32_t id)
{
    static const enum match_event_kind kinds[] = {EVENT_JOIN, EVENT_JOIN,
                                                  EVENT_END, EVENT_REFLECT};
    const struct sim_member *member = &sim->member[id];
    uint64_t talk = open_one(sim, ROW_TALK, member->talk);
    enum match_event_kind kind;

    if (member->talks == 0)
        return;
    if (talk == 0 || sim_percent(sim, 50))
        talk = recall(sim, member->talk, member->talks);
    kind = kinds[sim_roll(sim, 4)];
    say(sim, kind, id, talk, sim_percent(sim, 70));
}

static void act_idle(struct sim *sim, uint32_t id)
{
    struct match_event event = {.kind = EVENT_IDLE};
    const struct sim_member *member = &sim->member[id];

    if (!member->talks)
        return;
    event.talk.talk = recall(sim, member->talk, member->talks);
    sim_event(sim, &event);
}

static void act_block(struct sim *sim, uint32_t id)
{
    enum match_event_kind kind =
        sim_percent(sim, 60) ? EVENT_BLOCK : EVENT_UNBLOCK;
    const struct sim_member *member =
        &sim->member[sim_percent(sim, 90) ? id : somebody(sim)];
    uint32_t other = somebody(sim);
    bool knows = sim_percent(sim, 50); /* who it was */

    if (kind == EVENT_UNBLOCK && sim_percent(sim, 50)) { /* one that stands */
        for (uint32_t i = 0; i < sim->pairs; i++)
            if (sim->pair[i].kind == PAIR_BLOCK &&
                sim->pair[i].a == sim->member[id].id) {
                say(sim, kind, id, sim->pair[i].b, false);
                return;
            }
    }
    if (sim_percent(sim, 50) && other != id && !sim->member[other].gone)
        say(sim, kind, id, sim->member[other].id, false);
    else if (member->talks && sim_percent(sim, 50))
        say(sim, kind, id, recall(sim, member->talk, member->talks), knows);
    else if (member->offers)
        say(sim, kind, id, recall(sim, member->offer, member->offers), false);
}

/* The card changes at the store; the engine hears of it in a while. */
static void act_card(struct sim *sim, uint32_t id)
{
    enum match_role role = sim_percent(sim, 50) ? MATCH_SEEKER : MATCH_PEER;

    sim_people_card(sim, &sim->member[id], role);
    sim_later(sim, EVENT_CARD, id, role);
}

static void act_lost(struct sim *sim, uint32_t id)
{
    struct sim_member *member = &sim->member[id];
    struct match_event event = {.kind = EVENT_LOST, .member = member->id};
    bool asks = member->ask_call && sim_percent(sim, 50);

    event.stream.stream = asks ? member->ask_call : member->attend_call;
    if (sim_percent(sim, 10)) /* an older one, or none at all */
        event.stream.stream = sim_roll(sim, sim->calls);
    if (event.stream.stream < sim->first_call)
        return;
    if (event.stream.stream == member->ask_call)
        member->ask_call = 0;
    if (event.stream.stream == member->attend_call)
        member->attend_call = 0;
    for (uint32_t i = 0; i < sim->members; i++) /* whoever it was */
        if (sim->member[i].ask_call == event.stream.stream)
            sim->member[i].ask_call = 0;
        else if (sim->member[i].attend_call == event.stream.stream)
            sim->member[i].attend_call = 0;
    sim->call[event.stream.stream].streams = false;
    sim->call[event.stream.stream].lost = true;
    sim_event(sim, &event);
}

static void act_silence(struct sim *sim, uint32_t id)
{
    sim->member[id].silent = sim_percent(sim, sim->mix.vanish * 4);
}

static void act_hold(struct sim *sim, uint32_t id)
{
    sim_later(sim, EVENT_HOLD, id, MATCH_SEEKER);
    if (sim_percent(sim, 30)) /* and lifted again before it is stored */
        sim_later(sim, EVENT_HOLD, id, MATCH_SEEKER);
}

static void act_gone(struct sim *sim, uint32_t id)
{
    sim_later(sim, EVENT_GONE, id, MATCH_SEEKER);
}

static void act_rarity(struct sim *sim, uint32_t id)
{
    struct match_rarity_row row[4];
    struct match_event event = {.kind = EVENT_RARITY};

    event.pool = sim->member[id].pool;
    event.rarity.row = row;
    event.rarity.rows = (uint32_t)sim_roll(sim, 5);
    for (uint32_t i = 0; i < event.rarity.rows; i++)
        row[i] = (struct match_rarity_row){.token = i + 1,
                                           .count_q8 = sim_roll(sim, 3000),
                                           .pool = event.pool};
    sim_event(sim, &event);
}

/* The process is told to go, and does so in a while. */
static void act_drain(struct sim *sim, uint32_t id)
{
    struct match_event event = {.kind = EVENT_DRAIN};

    (void)id;
    sim->draining = true;
    sim_event(sim, &event);
}

/* Another account key; what comes of it the engine hears with the next call. */
static void act_rotate(struct sim *sim, uint32_t id)
{
    sim->member[id].generation++;
}

static const struct {
    uint32_t weight;
    act_fn *act;
} acts[] = {
    {90, act_ask},      {70, act_attend},  {30, act_return},
    {35, act_withdraw}, {12, act_leave},   {25, act_pause},
    {20, act_capacity}, {160, act_answer}, {20, act_answer_again},
    {20, act_repeat},   {110, act_talk},   {4, act_idle},
    {12, act_block},    {15, act_card},    {25, act_lost},
    {15, act_silence},  {5, act_hold},     {1, act_gone},
    {1, act_rarity},    {1, act_drain},    {6, act_rotate},
};

void sim_people_act(struct sim *sim)
{
    uint32_t total = 0, id = somebody(sim);
    uint64_t roll;

    sim->act_due_ms = sim->now_ms + sim_roll(sim, sim->mix.act_ms + 1);
    if (sim->member[id].held && sim_percent(sim, 10)) {
        act_hold(sim, id); /* an appeal */
        return;
    }
    if (sim->calls + sim->members * 4 > SIM_CALLS || sim->member[id].gone)
        return;
    for (uint32_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        total += acts[i].weight;
    roll = sim_roll(sim, total);
    for (uint32_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (roll < acts[i].weight) {
            acts[i].act(sim, id);
            return;
        }
        roll -= acts[i].weight;
    }
}
