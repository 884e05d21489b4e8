/* day_bench -- members enrol, then have their day, faster than it is.
 *
 *   day_bench ADDRESS MEMBERS FASTER SECONDS WIND_DOWN_S
 *
 * SECONDS of ours are played, around the fullest hour of the day if they are
 * not all of it; only who comes in them is enrolled.  Says "enrolled" when all
 * have a card and nobody is connected, two seconds later "begun", "over" when
 * nobody new comes, and "name value" lines when the last has gone, or
 * WIND_DOWN_S later: from half of it on, who still waits takes it back and who
 * is on duty leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/chance.h"
#include "base/require.h"
#include "crowd.h"
#include "kindred_data.h"

enum {
    AT_ONCE = 64,
    DAY = 24 * CROWD_HOUR,
    FULLEST = 33 * (CROWD_HOUR / 2), /* 21:30: a day here begins at 05:00 */
    PEER = 200,                      /* in a thousand */
    CRISIS_PEER = 110,               /* of peers */
    TWICE = 250,                     /* of seekers: ask twice a day */
    SHIFT_MIN = 30 * CROWD_MINUTE,
    SHIFT = 210 * CROWD_MINUTE, /* mean, above that */
    SHIFT_MAX = 12 * CROWD_HOUR,
    BEGIN_MS = 2000,
    FAILURES = 64
};

/* How many come in each hour from 05:00 on, beside 100 on average. */
static const uint16_t COME[24] = {30,  35,  50,  65,  80,  90,  100, 105,
                                  105, 105, 110, 115, 120, 130, 145, 160,
                                  170, 165, 145, 120, 95,  70,  50,  40};

struct arrival {
    uint32_t at_day_ms, stay_day_ms; /* from the beginning of what is played */
    struct person *who;
};

struct crowd crowd;
static struct person *person;
static struct arrival *arrival;
static uint32_t people, begun, enrolled, arrivals, arrived;
static uint64_t from_day_ms, to_day_ms, began_ms, wind_down_ms;
static struct kindred_timer *clock_timer;
static struct {
    const char *what;
    char reason[64];
    uint64_t n;
} failure[FAILURES];

/* ---- what all use ---- */

uint64_t crowd_ms(uint64_t day_ms)
{
    return day_ms < crowd.faster ? 1 : day_ms / crowd.faster;
}

uint64_t crowd_now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint32_t crowd_permille(void)
{
    return (uint32_t)chance_below(&crowd.teds.chance, 1000);
}

void crowd_failed(const char *what, const struct kindred_error *error)
{
    const char *reason =
        error->reason[0] ? error->reason : kindred_status_name(error->status);
    int i = 0;

    if (error->status == 0)
        return;
    while (i < FAILURES && failure[i].n > 0 &&
           (strcmp(failure[i].what, what) != 0 ||
            strcmp(failure[i].reason, reason) != 0))
        i++;
    REQUIRE(i < FAILURES);
    failure[i].what = what;
    (void)snprintf(failure[i].reason, sizeof failure[i].reason, "%s", reason);
    failure[i].n++;
}

static void must(const char *what, const struct kindred_error *error)
{
    if (error->status == 0)
        return;
    (void)fprintf(stderr, "day_bench: %s: %s %s\n", what,
                  kindred_status_name(error->status), error->reason);
    exit(1);
}

static void say(const char *what, double value)
{
    (void)printf("%s %.3f\n", what, value);
    (void)fflush(stdout);
}

static void connect_one(struct person *who)
{
    struct kindred_error error;

    who->client = kindred_client_new(crowd.loop, crowd.address, &error);
    if (!who->client)
        must("connect", &error);
    who->member = kindred_member_new(who->client, &who->identity);
    REQUIRE(who->member);
}

static void disconnect(struct person *who)
{
    kindred_member_free(who->member);
    kindred_client_free(who->client);
    who->member = NULL;
    who->client = NULL;
}

void crowd_arrive(struct person *who, void (*fire)(void *arg))
{
    connect_one(who);
    who->timer = kindred_timer_new(crowd.loop, fire, who);
    REQUIRE(who->timer);
    crowd.there++;
}

static void last_gone(void)
{
    if (crowd.over && crowd.there == 0)
        kindred_loop_stop(crowd.loop);
}

void crowd_may_go(struct person *who)
{
    if (!who->client || who->ask || who->duty || who->pending > 0 ||
        who->talks > 0)
        return;
    kindred_timer_free(who->timer);
    who->timer = NULL;
    disconnect(who);
    crowd.there--;
    last_gone();
}

/* ---- who comes when ---- */

static uint32_t moment_of_day(void)
{
    uint32_t left = (uint32_t)chance_below(&crowd.teds.chance, 2400);
    uint32_t hour = 0;

    while (hour < 23 && left >= COME[hour])
        left -= COME[hour++];
    return hour * CROWD_HOUR +
           (uint32_t)chance_below(&crowd.teds.chance, CROWD_HOUR);
}

static void will_come(struct person *who, uint64_t at_day_ms,
                      uint64_t stay_day_ms)
{
    arrival[arrivals++] =
        (struct arrival){.at_day_ms = (uint32_t)(at_day_ms - from_day_ms),
                         .stay_day_ms = (uint32_t)stay_day_ms,
                         .who = who};
}

static void seeker_may_come(struct person *who)
{
    uint32_t times = crowd_permille() < TWICE ? 2 : 1;

    for (uint32_t i = 0; i < times; i++) {
        uint32_t at_day_ms = moment_of_day();

        if (at_day_ms >= from_day_ms && at_day_ms < to_day_ms)
            will_come(who, at_day_ms, 0);
    }
}

/* A shift that began before, that of yesterday too, still goes on at first. */
static void peer_may_come(struct person *who)
{
    uint64_t at_day_ms = moment_of_day();
    uint64_t stay_day_ms = SHIFT_MIN + teds_wait(&crowd.teds, SHIFT);
    uint64_t end_day_ms;

    if (stay_day_ms > SHIFT_MAX)
        stay_day_ms = SHIFT_MAX;
    end_day_ms = at_day_ms + stay_day_ms;
    if (at_day_ms < from_day_ms && end_day_ms > from_day_ms)
        will_come(who, from_day_ms, end_day_ms - from_day_ms);
    else if (end_day_ms > DAY + from_day_ms)
        will_come(who, from_day_ms, end_day_ms - DAY - from_day_ms);
    if (at_day_ms >= from_day_ms && at_day_ms < to_day_ms)
        will_come(who, at_day_ms, stay_day_ms);
}

static int by_time(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    return (x->at_day_ms > y->at_day_ms) - (x->at_day_ms < y->at_day_ms);
}

/* Those who come in what is played; the others are not made. */
static void plan(uint32_t members)
{
    person = calloc(members, sizeof *person);
    arrival = calloc(2 * (size_t)members, sizeof *arrival);
    REQUIRE(person && arrival);
    for (uint32_t i = 0; i < members; i++) {
        struct person *who = &person[people];
        uint32_t before = arrivals;

        who->role = crowd_permille() < PEER ? KINDRED_GIVER : KINDRED_SEEKER;
        who->grade = who->role == KINDRED_SEEKER      ? KINDRED_MEMBER
                     : crowd_permille() < CRISIS_PEER ? KINDRED_CRISIS_PEER
                                                      : KINDRED_PEER;
        if (who->role == KINDRED_SEEKER)
            seeker_may_come(who);
        else
            peer_may_come(who);
        people += arrivals > before;
    }
    qsort(arrival, arrivals, sizeof *arrival, by_time);
}

/* ---- enrol ---- */

static void groups(struct kindred_group *to, const struct match_group *from,
                   uint32_t n, const uint64_t *token, bool seek)
{
    for (uint32_t i = 0; i < n; i++) {
        to[i].count = from[i].count;
        to[i].weight = seek ? from[i].importance
                            : (uint32_t)(from[i].relax_after_ms / crowd.faster);
        memcpy(to[i].token, token + from[i].first,
               from[i].count * sizeof *token);
    }
}

static struct kindred_card card_of(const struct person *who)
{
    bool seeks = who->role == KINDRED_SEEKER;
    struct kindred_card card = {.role = who->role};
    struct match_card drawn;

    teds_card(&crowd.teds, seeks ? MATCH_SEEKER : MATCH_PEER, &drawn);
    card.vocabulary_version = drawn.vocabulary_version;
    card.haves = drawn.haves;
    card.seeks = drawn.seeks;
    card.seek_tokens = drawn.seek_tokens;
    card.musts = drawn.musts;
    card.must_nots = drawn.must_nots;
    for (uint32_t i = 0; i < drawn.haves; i++)
        card.have[i] =
            (struct kindred_have){drawn.have[i], drawn.show >> i & 1};
    groups(card.seek, drawn.seek, drawn.seeks, drawn.seek_token, true);
    groups(card.must, drawn.must, drawn.musts, drawn.must_token, false);
    memcpy(card.must_not, drawn.must_not,
           drawn.must_nots * sizeof *drawn.must_not);
    return card;
}

static void enrol_next(void);

static void on_card(void *arg, const struct kindred_error *error)
{
    must("PutCard", error);
    disconnect(arg);
    if (++enrolled == people)
        kindred_loop_stop(crowd.loop);
    else
        enrol_next();
}

static void on_enrolled(void *arg, const struct kindred_error *error)
{
    struct person *who = arg;
    struct kindred_card card = card_of(who);

    must("Enroll", error);
    REQUIRE(kindred_member_put_card(who->member, &card, on_card, who));
}

static void enrol_next(void)
{
    struct person *who = &person[begun];

    if (begun == people)
        return;
    begun++;
    kindred_identity_make(&who->identity);
    connect_one(who);
    REQUIRE(kindred_member_enroll(who->member, "adult", who->grade, NULL,
                                  on_enrolled, who));
}

static void enrol(void)
{
    uint64_t before_us = crowd_now_us();

    for (int i = 0; i < AT_ONCE; i++)
        enrol_next();
    kindred_loop_run(crowd.loop);
    say("enrolled", people);
    say("enrolled_s", (double)(crowd_now_us() - before_us) / 1e6);
}

/* ---- the day ---- */

static void stop_all(void)
{
    for (uint32_t i = 0; i < people; i++) {
        if (person[i].role == KINDRED_SEEKER)
            crowd_seeker_stop(&person[i]);
        else
            crowd_peer_stop(&person[i]);
    }
}

static void wind_down(uint64_t since_ms)
{
    uint64_t half_ms = wind_down_ms / 2;

    if (!crowd.over) {
        crowd.over = true;
        say("over", crowd.there);
        kindred_timer_set(clock_timer, half_ms);
        last_gone();
    } else if (since_ms < wind_down_ms) {
        stop_all();
        kindred_timer_set(clock_timer, wind_down_ms - since_ms);
    } else {
        kindred_loop_stop(crowd.loop);
    }
}

static void on_clock(void *arg)
{
    uint64_t now_ms = kindred_loop_now_ms(crowd.loop) - began_ms;
    uint64_t length_ms = crowd_ms(to_day_ms - from_day_ms);

    (void)arg;
    while (arrived < arrivals &&
           crowd_ms(arrival[arrived].at_day_ms) <= now_ms) {
        const struct arrival *next = &arrival[arrived++];

        if (next->who->client)
            crowd.count.busy++;
        else if (next->who->role == KINDRED_SEEKER)
            crowd_seeker_come(next->who, NULL);
        else
            crowd_peer_come(next->who, next->stay_day_ms);
    }
    if (arrived < arrivals)
        kindred_timer_set(clock_timer,
                          crowd_ms(arrival[arrived].at_day_ms) - now_ms);
    else if (now_ms < length_ms)
        kindred_timer_set(clock_timer, length_ms - now_ms);
    else
        wind_down(now_ms - length_ms);
}

static void on_begin(void *arg)
{
    (void)arg;
    say("begun", arrivals);
    began_ms = kindred_loop_now_ms(crowd.loop);
    kindred_timer_free(clock_timer);
    clock_timer = kindred_timer_new(crowd.loop, on_clock, NULL);
    REQUIRE(clock_timer);
    kindred_timer_set(clock_timer, 0);
}

static void have_the_day(void)
{
    clock_timer = kindred_timer_new(crowd.loop, on_begin, NULL);
    REQUIRE(clock_timer);
    kindred_timer_set(clock_timer, BEGIN_MS);
    kindred_loop_run(crowd.loop);
}

/* ---- what came of it ---- */

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void tell_waits(void)
{
    static const struct {
        const char *name;
        uint32_t permille;
    } at[] = {{"wait_p50_ms", 500}, {"wait_p90_ms", 900}, {"wait_p99_ms", 990}};

    if (crowd.waits == 0)
        return;
    qsort(crowd.wait_ms, crowd.waits, sizeof *crowd.wait_ms, rising);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        say(at[i].name,
            crowd.wait_ms[(uint64_t)crowd.waits * at[i].permille / 1000]);
    say("wait_max_ms", crowd.wait_ms[crowd.waits - 1]);
}

static void tell_ends(const char *what, const uint64_t *n)
{
    char name[64];

    for (int i = 0; i < CROWD_REASONS; i++) {
        (void)snprintf(name, sizeof name, "%s_%d", what, i);
        if (n[i] > 0)
            say(name, (double)n[i]);
    }
}

static void tell(void)
{
#define X(name) say(#name, (double)crowd.count.name);
    CROWD_COUNTS(X)
#undef X
    tell_ends("ticket_end", crowd.count.ticket_end);
    tell_ends("talk_end", crowd.count.talk_end);
    tell_waits();
    say("still_there", crowd.there);
    say("generator_cpu_s", (double)clock() / CLOCKS_PER_SEC);
    for (int i = 0; i < FAILURES && failure[i].n > 0; i++)
        (void)printf("failed %s %s %llu\n", failure[i].what, failure[i].reason,
                     (unsigned long long)failure[i].n);
}

int main(int argc, char **argv)
{
    uint64_t played_day_ms;

    if (argc != 6) {
        (void)fprintf(stderr, "see the head of tests/bench/day/stage.c\n");
        return 2;
    }
    crowd.address = argv[1];
    crowd.faster = strtoull(argv[3], NULL, 10);
    crowd.teds.chance = 1;
    played_day_ms = (uint64_t)(strtod(argv[4], NULL) * 1e3) * crowd.faster;
    wind_down_ms = (uint64_t)(strtod(argv[5], NULL) * 1e3);
    if (played_day_ms < DAY)
        from_day_ms =
            FULLEST > played_day_ms / 2 ? FULLEST - played_day_ms / 2 : 0;
    to_day_ms = from_day_ms + played_day_ms;
    if (to_day_ms > DAY) {
        to_day_ms = DAY;
        from_day_ms = played_day_ms < DAY ? DAY - played_day_ms : 0;
    }
    plan((uint32_t)strtoul(argv[2], NULL, 10));
    crowd.loop = kindred_loop_new();
    REQUIRE(crowd.loop && people > 0);
    enrol();
    have_the_day();
    tell();
    return 0;
}
