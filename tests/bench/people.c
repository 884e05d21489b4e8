/* people -- a crowd of libkindred members on one thread, for tests/bench/run.
 *
 *   people healthy ADDRESS           when it is answered, and says SERVING
 *   people call ADDRESS PATH TOKEN HEX   one unary call: status, size, "answer: HEX"
 *   people hold ADDRESS              one peer on duty; prints the access token
 *   people watch ADDRESS N           N connections with a Health/Watch on each
 *   people fill ADDRESS ACCOUNTS TICKETS [CONNECTIONS]   enrol; the last TICKETS
 *                                    of them ask; says "told" when each of these
 *                                    heard that its bound has passed
 *   people duty ADDRESS PEERS ASKS PER_S   Ask to offer, Answer to matched
 *   people talk ADDRESS TALKS TEXTS  the same, then TEXTS each way in each talk
 *   people chat ADDRESS TALKS        in the pool "demo": says "ready", then all
 *                                    say one text after the other until the
 *                                    server is gone; how many it took
 *
 * Prints "name value" lines; ADDRESS is HOST:PORT, https://HOST:PORT (believing
 * the authorities in the file $KINDRED_CA) or unix:PATH, TOKEN "-" for none.
 * hold, watch and fill say "ready" and stay until they are killed; fill says
 * "asking" before.
 * Long because it is eight small programs that share one crowd. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"
#include "kindred/client.h"
#include "pb/kindred/v1/accounts.pb-c.h"

enum {
    CLIENTS = 50,
    AT_ONCE = 64, /* people in preparation at a time */
    SETTLE_MS = 3500,
    TOKENS = 12
};

struct person {
    struct kindred_member *member;
    struct kindred_ask *ask;
    struct kindred_duty *duty;
    struct kindred_talk *talk;
    struct kindred_talk_start start;
    uint64_t offer_id, asked_us, offered_us, answered_us, told_us;
    uint32_t number, unread;
    enum kindred_role role;
    bool on, bound;
};

static struct kindred_loop *loop;
static const char *address, *pool = "adult";
static struct kindred_client **client; /* NULL: not yet needed */
static uint32_t clients = CLIENTS;
static struct person *person;
static struct kindred_timer *timer;
static uint32_t people, begun, prepared, vocabulary, consent;
static uint32_t peers, on_duty, asks, asked, matched, per_s, texts;
static bool unending; /* texts go on until the server is gone */
static uint32_t searching, bound, open_sides;
static uint64_t delivered, wanted, said_us;
static double *to_offer, *to_matched;
static struct kindred_error error;

static uint64_t now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void must(const char *what, const struct kindred_error *failed)
{
    if (failed->status == 0)
        return;
    (void)fprintf(stderr, "people: %s: %s %s\n", what,
                  kindred_status_name(failed->status), failed->reason);
    exit(1);
}

static void say_that(const char *what)
{
    (void)printf("%s\n", what);
    (void)fflush(stdout);
}

static void say(const char *what, double value)
{
    (void)printf("%s %.3f\n", what, value);
    (void)fflush(stdout);
}

/* $KINDRED_CA: whom to believe at an https:// ADDRESS. */
static void open_loop(void)
{
    struct kindred_trust trust = {.authorities = getenv("KINDRED_CA")};

    loop = kindred_loop_new();
    if (trust.authorities && !kindred_loop_trust(loop, &trust, &error))
        must("trust", &error);
}

static struct kindred_client *client_of(uint32_t i)
{
    struct kindred_client **on = &client[i % clients];

    if (!*on)
        *on = kindred_client_new(loop, address, &error);
    if (!*on)
        must("connect", &error);
    return *on;
}

static void open_crowd(const char *of)
{
    open_loop();
    address = of;
    client = calloc(clients, sizeof *client);
    REQUIRE(client);
}

/* ---- single calls ---- */

static size_t answer_size;
static uint8_t answer[65536];

static void take_answer(void *arg, const uint8_t *bytes, size_t size)
{
    (void)arg;
    REQUIRE(size <= sizeof answer);
    memcpy(answer, bytes, size);
    answer_size = size;
}

static void stop(void *arg, const struct kindred_error *failed)
{
    (void)arg;
    error = *failed;
    kindred_loop_stop(loop);
}

static void call(struct kindred_client *on,
                 const struct kindred_call_options *options)
{
    const struct kindred_call_handler handler = {.message = take_answer,
                                                 .ended = stop};

    answer_size = 0;
    REQUIRE(kindred_client_call(on, options, &handler));
    kindred_loop_run(loop);
}

static void read_info(void)
{
    Kindred__V1__GetServerInfoResponse *info;

    call(client_of(0), &(struct kindred_call_options){
                           .path = "/kindred.v1.Accounts/GetServerInfo"});
    must("GetServerInfo", &error);
    info = kindred__v1__get_server_info_response__unpack(NULL, answer_size,
                                                         answer);
    REQUIRE(info);
    vocabulary = info->vocabulary_version;
    consent = info->consent_version;
    kindred__v1__get_server_info_response__free_unpacked(info, NULL);
}

static int one_call(char **argv)
{
    uint8_t request[4096];
    size_t size = strlen(argv[3]) / 2;

    REQUIRE(size <= sizeof request);
    for (size_t i = 0; i < size; i++)
        REQUIRE(sscanf(argv[3] + 2 * i, "%2hhx", &request[i]) == 1);
    call(client_of(0), &(struct kindred_call_options){
                           .path = argv[1],
                           .token = argv[2][0] == '-' ? NULL : argv[2],
                           .request = request,
                           .size = size});
    say("status", error.status);
    say("size", (double)answer_size);
    (void)printf("answer: ");
    for (size_t i = 0; i < answer_size; i++)
        (void)printf("%02x", answer[i]);
    (void)printf("\n");
    return 0;
}

static int healthy(void)
{
    static const uint8_t serving[] = {0x08, 0x01};
    bool answered = false;

    for (;;) {
        call(client_of(0), &(struct kindred_call_options){
                               .path = "/grpc.health.v1.Health/Check"});
        if (error.status == 0 && !answered)
            say("answered_us", (double)now_us());
        answered = answered || error.status == 0;
        if (error.status == 0 && answer_size == sizeof serving &&
            memcmp(answer, serving, sizeof serving) == 0)
            break;
        kindred_client_free(client[0]);
        client[0] = NULL;
        (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    say("healthy_us", (double)now_us());
    return 0;
}

/* ---- open streams ---- */

static uint32_t watching, watched_by;

static void watch_one(void);

static void watched(void *arg, const uint8_t *bytes, size_t size)
{
    (void)arg;
    (void)bytes;
    (void)size;
    if (++watching == people)
        say_that("ready");
    watch_one();
}

static void broken(void *arg, const struct kindred_error *failed)
{
    (void)arg;
    must("stream", failed);
}

static void watch_one(void)
{
    const struct kindred_call_handler handler = {.message = watched,
                                                 .ended = broken};

    if (watched_by == people)
        return;
    REQUIRE(kindred_client_call(
        client_of(watched_by++),
        &(struct kindred_call_options){.path = "/grpc.health.v1.Health/Watch",
                                       .stream = true},
        &handler));
}

static int watch(uint32_t n)
{
    people = n;
    for (int i = 0; i < AT_ONCE; i++)
        watch_one();
    kindred_loop_run(loop);
    return 0;
}

/* ---- people: enrol, card; then whatever comes next ---- */

static void (*then)(struct person *who);
static void (*all_prepared)(void);
static void begin_next(void);

static void ready(struct person *who)
{
    then(who);
    if (++prepared == people)
        all_prepared();
    else
        begin_next();
}

static void card_put(void *arg, const struct kindred_error *failed)
{
    must("PutCard", failed);
    ready(arg);
}

/* Everyone has the same, so that every peer is compatible with every ticket:
 * the most work for the engine, and no wait that the policy wants. */
static void put_card(struct person *who)
{
    struct kindred_card card = {.role = who->role,
                                .vocabulary_version = vocabulary};

    for (uint64_t i = 1; i <= TOKENS; i++)
        card.have[card.haves++] =
            (struct kindred_have){.token = i * 0x9e3779b97f4a7c15u, true};
    for (uint32_t i = 0; i < 4; i++) {
        card.seek[card.seeks++] = (struct kindred_group){
            .token = {card.have[i].token}, .count = 1, .weight = 1 + i % 3};
        card.seek_tokens++;
    }
    REQUIRE(kindred_member_put_card(who->member, &card, card_put, who));
}

static void enrolled(void *arg, const struct kindred_error *failed)
{
    struct person *who = arg;

    must("Enroll", failed);
    if (who->role)
        put_card(who);
    else
        ready(who);
}

static void begin_next(void)
{
    struct kindred_identity identity;
    struct person *who = &person[begun];

    if (begun == people)
        return;
    who->number = begun;
    kindred_identity_make(&identity);
    who->member = kindred_member_new(client_of(begun), &identity);
    REQUIRE(who->member);
    begun++;
    REQUIRE(kindred_member_enroll(who->member, pool, KINDRED_PEER, NULL,
                                  enrolled, who));
}

static void gather(uint32_t n)
{
    people = n;
    person = calloc(n, sizeof *person);
    REQUIRE(person);
    read_info();
}

static void prepare(void)
{
    for (int i = 0; i < AT_ONCE; i++)
        begin_next();
    kindred_loop_run(loop);
}

/* ---- seekers ---- */

static void try_told(struct person *seeker, struct person *peer);
static void open_talk(struct person *who);
static void (*one_searching)(void);

static struct person *other_of(const struct person *who)
{
    for (uint32_t i = 0; i < people; i++)
        if (&person[i] != who && person[i].start.talk_id == who->start.talk_id)
            return &person[i];
    return NULL;
}

static void both(struct person *who)
{
    struct person *other = other_of(who);

    if (other)
        try_told(who->role == KINDRED_SEEKER ? who : other,
                 who->role == KINDRED_SEEKER ? other : who);
}

static void ticket(void *arg, const struct kindred_ticket *now,
                   const struct kindred_talk_start *talk)
{
    struct person *who = arg;

    if (now->phase == KINDRED_SEARCHING && !who->on) {
        who->on = true;
        searching++;
        if (one_searching)
            one_searching();
    }
    if (now->bound_passed && !who->bound) {
        who->bound = true;
        if (++bound == asks && one_searching)
            say_that("told");
    }
    if (!talk)
        return;
    who->told_us = now_us();
    who->start = *talk;
    both(who);
}

static void ask_over(void *arg, const struct kindred_error *failed)
{
    (void)arg;
    must("Ask", failed);
}

static void ask(struct person *who)
{
    const struct kindred_ask_handler handler = {
        .ticket = ticket, .ended = ask_over, .arg = who};
    struct kindred_ask_state state;

    kindred_ask_state_make(&state);
    who->asked_us = now_us();
    who->ask = kindred_ask_new(who->member, &state, &handler);
    REQUIRE(who->ask);
}

/* ---- peers ---- */

static void answered(void *arg, const struct kindred_error *failed,
                     const struct kindred_talk_start *talk)
{
    struct person *who = arg;

    must("Answer", failed);
    REQUIRE(talk);
    who->told_us = now_us();
    who->start = *talk;
    both(who);
}

static void (*all_on)(void);

static void duty_state(void *arg, const struct kindred_duty_state *state)
{
    struct person *who = arg;

    if (state->phase == KINDRED_ON && !who->on) {
        who->on = true;
        if (++on_duty == peers)
            all_on();
    }
    if (state->offers == 0 || state->offer[0].id == who->offer_id)
        return;
    who->offer_id = state->offer[0].id;
    who->offered_us = who->answered_us = now_us();
    REQUIRE(
        kindred_member_answer(who->member, who->offer_id, true, answered, who));
}

static void duty_over(void *arg, const struct kindred_error *failed)
{
    (void)arg;
    must("Attend", failed);
}

static void attend(struct person *who)
{
    const struct kindred_duty_terms terms = {.capacity = 1, .rest_ms = 1};
    const struct kindred_duty_handler handler = {
        .state = duty_state, .ended = duty_over, .arg = who};

    who->duty = kindred_duty_new(who->member, &terms, &handler);
    REQUIRE(who->duty);
}

/* ---- Ask to offer, Answer to matched ---- */

static void talk_over(void *arg, const struct kindred_error *failed)
{
    (void)arg;
    must("End", failed);
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void tell(const char *what, double *ms, uint32_t n)
{
    char name[64];

    qsort(ms, n, sizeof *ms, rising);
    (void)snprintf(name, sizeof name, "%s_p50_ms", what);
    say(name, ms[n / 2]);
    (void)snprintf(name, sizeof name, "%s_p99_ms", what);
    say(name, ms[n * 99 / 100]);
    (void)snprintf(name, sizeof name, "%s_max_ms", what);
    say(name, ms[n - 1]);
}

/* Both sides know: count it. */
static void try_told(struct person *seeker, struct person *peer)
{
    uint64_t last_us =
        seeker->told_us > peer->told_us ? seeker->told_us : peer->told_us;

    to_offer[matched] = (double)(peer->offered_us - seeker->asked_us) / 1e3;
    to_matched[matched] = (double)(last_us - peer->answered_us) / 1e3;
    matched++;
    if (texts > 0) {
        open_talk(seeker);
        open_talk(peer);
        return;
    }
    REQUIRE(kindred_talk_end(client_of(seeker->number), &seeker->start,
                             talk_over, NULL));
    peer->start.talk_id = seeker->start.talk_id = 0;
    if (matched == asks)
        kindred_loop_stop(loop);
}

static void ask_next(void *arg)
{
    uint64_t due = (now_us() - said_us) * per_s / 1000000 + 1;

    (void)arg;
    while (asked < asks && asked < due)
        ask(&person[peers + asked++]);
    if (asked < asks)
        kindred_timer_set(timer, 1);
}

static void begin_asking(void *arg)
{
    (void)arg;
    said_us = now_us();
    kindred_timer_free(timer);
    timer = kindred_timer_new(loop, ask_next, NULL);
    kindred_timer_set(timer, 0);
}

static void start_asking(void)
{
    if (prepared < people || on_duty < peers)
        return;
    timer = kindred_timer_new(loop, begin_asking, NULL);
    kindred_timer_set(timer, SETTLE_MS);
}

static void take_post(struct person *who)
{
    if (who->role == KINDRED_GIVER)
        attend(who);
}

static void meet(uint32_t n, uint32_t seekers)
{
    gather(n + seekers);
    peers = n;
    asks = seekers;
    to_offer = calloc(asks, sizeof *to_offer);
    to_matched = calloc(asks, sizeof *to_matched);
    REQUIRE(to_offer && to_matched);
    for (uint32_t i = 0; i < people; i++)
        person[i].role = i < peers ? KINDRED_GIVER : KINDRED_SEEKER;
    then = take_post;
    all_prepared = all_on = start_asking;
    prepare();
    say("asks", asks);
}

static int duty(uint32_t n, uint32_t seekers, uint32_t rate)
{
    per_s = rate;
    meet(n, seekers);
    tell("offer", to_offer, matched);
    tell("matched", to_matched, matched);
    return 0;
}

/* ---- messages ---- */

static void count_out(void)
{
    if (--wanted > 0)
        return;
    say("sends_per_s", (double)delivered * 1e6 / (double)(now_us() - said_us));
    kindred_loop_stop(loop);
}

static void on_delivered(void *arg)
{
    struct person *who = arg;

    delivered++;
    if (unending)
        REQUIRE(kindred_talk_say(who->talk, "I am still here.", 16));
    else
        count_out();
}

static void on_message(void *arg, const char *text, size_t size)
{
    (void)arg;
    (void)size;
    REQUIRE(text);
    if (!unending)
        count_out();
}

static void say_delivered(void *arg)
{
    (void)arg;
    say("delivered", (double)delivered);
    kindred_loop_stop(loop);
}

/* What the server said before it went may still be on its way. */
static void on_trouble(void *arg, const struct kindred_error *failed)
{
    (void)arg;
    (void)failed;
    if (!unending || timer)
        return;
    timer = kindred_timer_new(loop, say_delivered, NULL);
    kindred_timer_set(timer, 500);
}

static void on_phase(void *arg, enum kindred_talk_phase phase, int reason)
{
    struct person *who = arg;

    (void)reason;
    REQUIRE(phase != KINDRED_TALK_ENDED);
    if (phase != KINDRED_OPEN || who->unread > 0)
        return;
    who->unread = texts;
    if (++open_sides < people)
        return;
    said_us = now_us();
    if (unending) {
        kindred_timer_free(timer);
        timer = NULL;
        say_that("ready");
    }
    for (uint32_t i = 0; i < people; i++)
        for (uint32_t k = 0; k < texts; k++)
            REQUIRE(kindred_talk_say(person[i].talk, "I am still here.", 16));
}

static void open_talk(struct person *who)
{
    const struct kindred_talk_handler handler = {.phase = on_phase,
                                                 .message = on_message,
                                                 .delivered = on_delivered,
                                                 .trouble = on_trouble,
                                                 .ended = duty_over,
                                                 .arg = who};

    who->talk = kindred_talk_new(client_of(who->number), &who->start, &handler);
    REQUIRE(who->talk);
}

static int talk(uint32_t n, uint32_t each)
{
    REQUIRE(each <= 64);
    per_s = 200;
    texts = each;
    wanted = (uint64_t)n * 2 * each * 2; /* said and read, both ways */
    meet(n, n);
    return 0;
}

static int chat(uint32_t n)
{
    pool = "demo";
    per_s = 500;
    texts = 1;
    unending = true;
    meet(n, n);
    return 0;
}

/* ---- many accounts, some waiting ---- */

static void nothing_more(struct person *who)
{
    (void)who;
}

static void ask_one(void)
{
    if (asked < asks)
        ask(&person[people - asks + asked++]);
    if (searching == asks)
        say_that("ready");
}

static void ask_some(void)
{
    say_that("asking");
    for (int i = 0; i < AT_ONCE; i++)
        ask_one();
}

static int fill(uint32_t accounts, uint32_t tickets)
{
    gather(accounts);
    asks = tickets;
    for (uint32_t i = people - tickets; i < people; i++)
        person[i].role = KINDRED_SEEKER;
    then = nothing_more;
    all_prepared = ask_some;
    one_searching = ask_one;
    prepare();
    return 0;
}

/* ---- one peer on duty, for its token ---- */

static void token(void *arg, const struct kindred_error *failed,
                  const struct kindred_login *login)
{
    (void)arg;
    must("Login", failed);
    (void)printf("token %s\n", login->token);
    say_that("ready");
}

static void all_held(void)
{
    if (prepared == people && on_duty == peers) /* both, in any order */
        REQUIRE(kindred_member_login(person[0].member, token, NULL));
}

static int hold(void)
{
    gather(1);
    person[0].role = KINDRED_GIVER;
    then = attend;
    all_prepared = all_on = all_held;
    peers = 1;
    prepare();
    return 0;
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";

    argc -= 2;
    argv += 2;
    if (strcmp(what, "watch") == 0 && argc == 2)
        clients = number(argv[1]);
    if (strcmp(what, "fill") == 0 && argc == 4)
        clients = number(argv[3]);
    if (strcmp(what, "chat") == 0 && argc == 2)
        clients = CLIENTS + number(argv[1]) / 20;
    if (argc > 0)
        open_crowd(argv[0]);
    if (strcmp(what, "healthy") == 0 && argc == 1)
        return healthy();
    if (strcmp(what, "watch") == 0 && argc == 2)
        return watch(clients);
    if (strcmp(what, "call") == 0 && argc == 4)
        return one_call(argv);
    if (strcmp(what, "hold") == 0 && argc == 1)
        return hold();
    if (strcmp(what, "fill") == 0 && (argc == 3 || argc == 4))
        return fill(number(argv[1]), number(argv[2]));
    if (strcmp(what, "duty") == 0 && argc == 4)
        return duty(number(argv[1]), number(argv[2]), number(argv[3]));
    if (strcmp(what, "talk") == 0 && argc == 3)
        return talk(number(argv[1]), number(argv[2]));
    if (strcmp(what, "chat") == 0 && argc == 2)
        return chat(number(argv[1]));
    (void)fprintf(stderr, "people: see the head of tests/bench/people.c\n");
    return 2;
}
