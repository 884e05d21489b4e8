/* Every way through the library, with each of its allocations refused once: the
 * caller is told, once, in words of ours; nothing leaks, nothing hangs, and the
 * same objects do it when they are asked again (kindred/client.h, rules 3 and
 * 4).
 *
 * The server is a process of its own, so that only the library's allocations
 * are counted; so is each part, which the sanitizer looks through when it ends.
 * Long because each way needs its handlers. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "client/client.h"
#include "client/member.h"
#include "fail_malloc.h"
#include "member_world.h"
#include "pb/kindred/v1/cards.pb-c.h"
#include "pb/kindred/v1/peers.pb-c.h"
#include "pb/kindred/v1/safety.pb-c.h"
#include "pb/kindred/v1/vocabularies.pb-c.h"

enum {
    SLICE_MS = 10,   /* an answer takes less; what waits longer is a pause */
    JUMP_MS = 6000,  /* past any pause, short of any deadline */
    JUMPS = 3000,    /* then it hangs */
    INJECTIONS = 500 /* per part, at most */
};

/* ---- the server ---- */

/* The control of the test: whether what came to the second mailbox was
 * acknowledged (a version of 2), and then, if it is to be as new (1, 2), empty
 * mailboxes and rotations of which the answer is lost (2). */
static struct rpc_verdict world_vocabularies_get_vocabulary(
    struct rpc_call *call, const Kindred__V1__GetVocabularyRequest *request)
{
    Kindred__V1__GetVocabularyResponse response =
        KINDRED__V1__GET_VOCABULARY_RESPONSE__INIT;
    struct member_world *world = world_of(call);

    response.version = 1 + world->box[1].acked;
    world->rotations_lost = request->known_version == 2;
    world->rotations = 0;
    for (int i = 0; i < 2 && request->known_version > 0; i++) {
        world->box[i].count = world->box[i].acked = 0;
        memset(world->box[i].receive, 1 + i, 32);
        seal_mailbox_send(world->box[i].send, world->box[i].receive);
    }
    return rpc_reply(call, &response);
}

static struct rpc_verdict
world_cards_get_card(struct rpc_call *call,
                     const Kindred__V1__GetCardRequest *request)
{
    (void)request;
    return rpc_fail(call, ERR_CARD_MISSING);
}

static struct rpc_verdict
world_cards_put_card(struct rpc_call *call,
                     const Kindred__V1__PutCardRequest *request)
{
    Kindred__V1__PutCardResponse response =
        KINDRED__V1__PUT_CARD_RESPONSE__INIT;

    (void)request;
    return rpc_reply(call, &response);
}

static struct rpc_call *duty;

static void duty_closed(struct rpc_call *call, enum err why)
{
    (void)why;
    if (duty == call)
        duty = NULL;
}

static void tell_duty(struct rpc_call *call, Kindred__V1__DutyPhase phase)
{
    Kindred__V1__AttendResponse response = KINDRED__V1__ATTEND_RESPONSE__INIT;
    Kindred__V1__DutyState state = KINDRED__V1__DUTY_STATE__INIT;

    state.phase = phase;
    response.duty = &state;
    CHECK(rpc_send(call, &response) == ERR_NONE);
}

static struct rpc_verdict
world_peers_attend(struct rpc_call *call,
                   const Kindred__V1__AttendRequest *request)
{
    static const struct rpc_watch watch = {duty_closed, NULL};

    (void)request;
    duty = call;
    rpc_call_watch(call, &watch);
    tell_duty(call, KINDRED__V1__DUTY_PHASE__DUTY_PHASE_ON);
    return rpc_later(call);
}

static struct rpc_verdict
world_peers_leave(struct rpc_call *call,
                  const Kindred__V1__LeaveRequest *request)
{
    Kindred__V1__LeaveResponse response = KINDRED__V1__LEAVE_RESPONSE__INIT;
    struct rpc_call *left = duty;

    (void)request;
    duty = NULL;
    if (left) {
        tell_duty(left, KINDRED__V1__DUTY_PHASE__DUTY_PHASE_OFF);
        rpc_end(left, ERR_NONE);
    }
    return rpc_reply(call, &response);
}

static struct rpc_verdict
world_peers_answer(struct rpc_call *call,
                   const Kindred__V1__AnswerRequest *request)
{
    Kindred__V1__AnswerResponse response = KINDRED__V1__ANSWER_RESPONSE__INIT;

    (void)request;
    return rpc_reply(call, &response);
}

/* The same answer, whatever was asked. */
#define WORLD_SAYS_YES(service, name, Request, Response, INIT)                 \
    static struct rpc_verdict world_##service##_##name(struct rpc_call *call,  \
                                                       const Request *request) \
    {                                                                          \
        Response response = INIT;                                              \
                                                                               \
        (void)request;                                                         \
        if (world_token(call) != ERR_NONE)                                     \
            return rpc_fail(call, ERR_UNAUTHENTICATED);                        \
        return rpc_reply(call, &response);                                     \
    }

WORLD_SAYS_YES(peers, beat, Kindred__V1__PeersBeatRequest,
               Kindred__V1__PeersBeatResponse,
               KINDRED__V1__PEERS_BEAT_RESPONSE__INIT)
WORLD_SAYS_YES(peers, set_capacity, Kindred__V1__SetCapacityRequest,
               Kindred__V1__SetCapacityResponse,
               KINDRED__V1__SET_CAPACITY_RESPONSE__INIT)
WORLD_SAYS_YES(peers, pause, Kindred__V1__PauseRequest,
               Kindred__V1__PauseResponse, KINDRED__V1__PAUSE_RESPONSE__INIT)
WORLD_SAYS_YES(peers, resume, Kindred__V1__ResumeRequest,
               Kindred__V1__ResumeResponse, KINDRED__V1__RESUME_RESPONSE__INIT)
WORLD_SAYS_YES(safety, block, Kindred__V1__BlockRequest,
               Kindred__V1__BlockResponse, KINDRED__V1__BLOCK_RESPONSE__INIT)
WORLD_SAYS_YES(safety, unblock, Kindred__V1__UnblockRequest,
               Kindred__V1__UnblockResponse,
               KINDRED__V1__UNBLOCK_RESPONSE__INIT)
WORLD_SAYS_YES(safety, list_blocks, Kindred__V1__ListBlocksRequest,
               Kindred__V1__ListBlocksResponse,
               KINDRED__V1__LIST_BLOCKS_RESPONSE__INIT)

API_KINDRED_V1_VOCABULARIES(RPC_WRAP, world_vocabularies)
API_KINDRED_V1_CARDS(RPC_WRAP, world_cards)
API_KINDRED_V1_PEERS(RPC_WRAP, world_peers)
API_KINDRED_V1_SAFETY(RPC_WRAP, world_safety)
static const struct rpc_binding vocabularies[] = {
    API_KINDRED_V1_VOCABULARIES(RPC_BIND, world_vocabularies)};
static const struct rpc_binding cards[] = {
    API_KINDRED_V1_CARDS(RPC_BIND, world_cards)};
static const struct rpc_binding peers[] = {
    API_KINDRED_V1_PEERS(RPC_BIND, world_peers)};
static const struct rpc_binding safety[] = {
    API_KINDRED_V1_SAFETY(RPC_BIND, world_safety)};

/* Serve until killed; its address goes to fd. */
static void serve(int fd)
{
    struct member_world *world = member_world_open();

    WORLD_BIND(world, vocabularies);
    WORLD_BIND(world, cards);
    WORLD_BIND(world, peers);
    WORLD_BIND(world, safety);
    if (write(fd, world->where, sizeof world->where) !=
        (ssize_t)sizeof world->where)
        abort();
    for (;;)
        kindred_loop_run(world->loop);
}

static pid_t start_server(char where[static NET_ADDRESS_TEXT])
{
    int fd[2];
    pid_t pid;

    if (pipe(fd) != 0)
        abort();
    pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(fd[0]);
        serve(fd[1]);
    }
    (void)close(fd[1]);
    if (pid < 0 || read(fd[0], where, NET_ADDRESS_TEXT) != NET_ADDRESS_TEXT)
        abort();
    (void)close(fd[0]);
    return pid;
}

/* ---- one who uses the library ---- */

struct me {
    const char *where;
    struct kindred_loop *loop;
    struct kindred_timer *timer;
    struct kindred_client *client;
    struct kindred_member *member;
    struct kindred_ask *ask;
    struct kindred_duty *duty;
    int ends, crises, heard, delivered;
    bool acked;
    struct kindred_error error;
};

static void on_done(void *arg, const struct kindred_error *error)
{
    struct me *me = arg;

    me->ends++;
    me->error = *error;
    CHECK(error->text && strlen(error->text) < 100);
    kindred_loop_stop(me->loop);
}

/* What was to begin in a callback has not: that is the end of this way. */
static void or_end(struct me *me, bool begun)
{
    struct kindred_error error;

    client_error_set(&error, ERR_NOMEM);
    if (!begun)
        on_done(me, &error);
}

static void stop(void *arg)
{
    kindred_loop_stop(arg);
}

/* Whoever pauses is told that the time has passed. */
static void jump(struct me *me)
{
    kindred_timer_set(me->timer, KINDRED_NEVER);
    client_timer_run(&me->loop->timers,
                     kindred_loop_now_ms(me->loop) + JUMP_MS);
}

/* Until it ended. */
static void wait_for(struct me *me, const int *what)
{
    for (int i = 0; *what == 0 && i < JUMPS; i++) {
        kindred_timer_set(me->timer, SLICE_MS);
        kindred_loop_run(me->loop);
        if (*what == 0)
            jump(me);
    }
}

/* Has it ended well?  What has not begun is told by nothing else. */
static bool ended(struct me *me, bool begun)
{
    CHECK(me->ends == 0); /* rule 3 */
    if (!begun)
        return false;
    wait_for(me, &me->ends);
    CHECK(me->ends == 1);
    me->ends = 0;
    return me->error.status == 0;
}

static void on_login(void *arg, const struct kindred_error *error,
                     const struct kindred_login *login)
{
    CHECK((login != NULL) == (error->status == 0));
    on_done(arg, error);
}

static bool enroll(struct me *me)
{
    return ended(me, kindred_member_enroll(me->member, "test", KINDRED_PEER,
                                           NULL, on_done, me));
}

static bool login(struct me *me)
{
    return ended(me, kindred_member_login(me->member, on_login, me));
}

static bool block(struct me *me)
{
    return ended(me, kindred_member_block(me->member, 7, 0, on_done, me));
}

/* A token that the server knows no more: a new one, and again. */
static bool renew(struct me *me)
{
    (void)snprintf(me->member->token, sizeof me->member->token, "token-0");
    me->member->token_until_ms = UINT64_MAX;
    return block(me);
}

static void on_listed(void *arg, const struct kindred_error *error,
                      const struct kindred_block *block, uint32_t count,
                      bool more)
{
    (void)block;
    CHECK(count == 0 && !more);
    on_done(arg, error);
}

static bool blocks(struct me *me)
{
    return block(me) &&
           ended(me, kindred_member_unblock(me->member, 9, on_done, me)) &&
           ended(me, kindred_member_blocks(me->member, 0, on_listed, me));
}

static bool rotate(struct me *me)
{
    struct kindred_identity fresh;

    kindred_identity_make(&fresh);
    return ended(me, kindred_member_rotate(me->member, &fresh, on_done, me));
}

static bool put_card(struct me *me)
{
    static const struct kindred_card card = {.role = KINDRED_SEEKER,
                                             .vocabulary_version = 1};

    return ended(me, kindred_member_put_card(me->member, &card, on_done, me));
}

static bool raw_calls(struct me *me)
{
    struct kindred_call_options options = {
        .path = "/kindred.v1.Accounts/GetServerInfo",
        .retry = true,
        .timeout_ms = 15000};
    struct kindred_call_handler handler = {NULL, on_done, me};

    return ended(me, kindred_member_call(me->member, &options, &handler)) &&
           ended(me, kindred_client_call(me->client, &options, &handler));
}

static void on_control(void *arg, const uint8_t *bytes, size_t size)
{
    struct me *me = arg;
    Kindred__V1__GetVocabularyResponse *response =
        kindred__v1__get_vocabulary_response__unpack(NULL, size, bytes);

    me->acked = response && response->version == 2;
    kindred__v1__get_vocabulary_response__free_unpacked(response, NULL);
}

static bool control(struct me *me, uint32_t what)
{
    Kindred__V1__GetVocabularyRequest request =
        KINDRED__V1__GET_VOCABULARY_REQUEST__INIT;
    uint8_t bytes[8];
    struct kindred_call_options options = {
        .path = "/kindred.v1.Vocabularies/GetVocabulary",
        .request = bytes,
        .retry = true,
        .timeout_ms = 15000};
    struct kindred_call_handler handler = {on_control, on_done, me};

    request.known_version = what;
    options.size = kindred__v1__get_vocabulary_request__pack(&request, bytes);
    return ended(me, kindred_client_call(me->client, &options, &handler));
}

/* ---- ask, danger, duty ---- */

static void on_crisis(void *arg, const uint8_t *bytes, size_t size)
{
    struct me *me = arg;

    (void)bytes;
    CHECK(size > 0);
    me->crises++;
}

static void on_withdrawn(void *arg, const struct kindred_error *error)
{
    if (error->status != 0)
        on_done(arg, error);
}

static void on_ticket(void *arg, const struct kindred_ticket *ticket,
                      const struct kindred_talk_start *talk)
{
    struct me *me = arg;

    CHECK(!talk && me->crises > 0); /* nothing comes before them */
    if (ticket->phase == KINDRED_SEARCHING)
        or_end(me, kindred_ask_withdraw(me->ask, on_withdrawn, me));
}

static bool ask(struct me *me)
{
    struct kindred_ask_handler handler = {
        .crisis = on_crisis, .ticket = on_ticket, .ended = on_done, .arg = me};
    struct kindred_ask_state state;
    bool good;

    me->crises = 0;
    kindred_ask_state_make(&state);
    state.danger = true;
    memcpy(state.country, "US", 3);
    me->ask = kindred_ask_new(me->member, &state, &handler);
    good = ended(me, me->ask != NULL);
    kindred_ask_free(me->ask);
    return good;
}

static void on_raised(void *arg, const struct kindred_error *error,
                      bool matched)
{
    struct me *me = arg;

    CHECK(!matched);
    CHECK(error->status != 0 || me->crises == 1);
    on_done(me, error);
}

static bool danger(struct me *me)
{
    struct kindred_danger_handler handler = {on_crisis, on_raised, me};

    me->crises = 0;
    return ended(
        me, kindred_member_raise_danger(me->member, 77, "US", "en", &handler));
}

static void on_step(void *arg, const struct kindred_error *error)
{
    if (error->status != 0)
        on_done(arg, error);
}

static void on_resumed(void *arg, const struct kindred_error *error)
{
    struct me *me = arg;

    on_step(me, error);
    if (error->status == 0)
        or_end(me, kindred_member_leave(me->member, on_step, me));
}

static void on_answered(void *arg, const struct kindred_error *error,
                        const struct kindred_talk_start *talk)
{
    struct me *me = arg;

    CHECK(!talk);
    on_step(me, error);
    if (error->status == 0)
        or_end(me, kindred_member_resume(me->member, on_resumed, me));
}

static void on_duty(void *arg, const struct kindred_duty_state *state)
{
    struct me *me = arg;

    if (state->phase == KINDRED_ON)
        or_end(me, kindred_member_answer(me->member, 5, true, on_answered, me));
}

static bool attend(struct me *me)
{
    struct kindred_duty_handler handler = {
        .state = on_duty, .ended = on_done, .arg = me};
    struct kindred_duty_terms terms = {.capacity = 1};
    bool good;

    me->duty = kindred_duty_new(me->member, &terms, &handler);
    good = ended(me, me->duty != NULL);
    kindred_duty_free(me->duty);
    return good;
}

/* ---- a talk ---- */

static void on_phase(void *arg, enum kindred_talk_phase phase, int reason)
{
    (void)arg, (void)phase, (void)reason;
}

static void on_message(void *arg, const char *text, size_t size)
{
    struct me *me = arg;

    CHECK(text && size == 5 && memcmp(text, "hello", 5) == 0);
    me->heard++;
}

static void on_delivered(void *arg)
{
    struct me *me = arg;

    me->delivered++;
}

static void on_talk_ended(void *arg, const struct kindred_error *error)
{
    (void)arg;
    CHECK(error->status == 0);
}

static void introduce(struct kindred_talk_start start[2])
{
    uint8_t secret[32];

    for (int i = 0; i < 2; i++) {
        uint8_t other[32];

        start[i] =
            (struct kindred_talk_start){.side = (uint32_t)i, .talk_id = 5};
        memset(start[i].seed, 11 + i, 32);
        memset(start[i].mailbox, 1 + i, 32);
        memset(other, 1 + (1 - i), 32);
        seal_mailbox_send(start[i].send, other);
        memset(other, 11 + (1 - i), 32);
        seal_talk_keypair(start[i].their_key, secret, other);
    }
}

/* One says something, the other hears it, and it is over.  What was taken to be
 * said is said, heard once and, in the end, acknowledged. */
static bool talk(struct me *me)
{
    struct kindred_talk_handler handler = {.phase = on_phase,
                                           .message = on_message,
                                           .delivered = on_delivered,
                                           .ended = on_talk_ended,
                                           .arg = me};
    struct kindred_talk_start start[2];
    struct kindred_talk *side[2];
    bool good;

    me->heard = me->delivered = 0;
    me->acked = false;
    introduce(start);
    side[0] = kindred_talk_new(me->client, &start[0], &handler);
    side[1] = kindred_talk_new(me->client, &start[1], &handler);
    good = side[0] && side[1] && kindred_talk_say(side[0], "hello", 5);
    if (good) {
        wait_for(me, &me->heard);
        wait_for(me, &me->delivered);
        CHECK(me->heard == 1 && me->delivered == 1);
        for (int i = 0; !me->acked && i < JUMPS; i++) {
            jump(me);
            (void)control(me, 0);
        }
        CHECK(me->acked);
    }
    good =
        good && ended(me, kindred_talk_end(me->client, &start[0], on_done, me));
    kindred_talk_free(side[0]);
    kindred_talk_free(side[1]);
    return good;
}

static bool reflect(struct me *me)
{
    struct kindred_talk_start start[2];
    bool begun;

    introduce(start);
    begun = kindred_talk_reflect(me->client, &start[0], 1, true, on_done, me);
    (void)ended(me, begun);
    return begun && strcmp(me->error.reason, "TALK_LIVES") == 0;
}

/* ---- from nothing ---- */

static bool be_born(struct me *me)
{
    struct kindred_identity identity;
    struct kindred_error error;

    kindred_identity_make(&identity);
    me->loop = kindred_loop_new();
    if (me->loop) {
        me->timer = kindred_timer_new(me->loop, stop, me->loop);
        me->client = kindred_client_new(me->loop, me->where, &error);
        CHECK(me->client || strcmp(error.reason, "OUT_OF_MEMORY") == 0);
    }
    if (me->client)
        me->member = kindred_member_new(me->client, &identity);
    return me->timer && me->member;
}

static void die(struct me *me)
{
    kindred_member_free(me->member);
    kindred_client_free(me->client);
    kindred_timer_free(me->timer);
    kindred_loop_free(me->loop);
    *me = (struct me){.where = me->where};
}

static bool connect_first(struct me *with)
{
    struct me me = {.where = with->where};
    bool good = be_born(&me) && raw_calls(&me);

    die(&me);
    return good;
}

static void on_line(void *arg, const char *line, size_t size)
{
    struct me *me = arg;

    if (line) {
        CHECK(size == 3 && memcmp(line, "hi!", 4) == 0);
        me->heard++;
    } else {
        me->ends++;
        kindred_loop_stop(me->loop);
    }
}

static bool read_lines(struct me *with)
{
    struct me me = {.where = with->where};
    bool good = be_born(&me);
    int fd[2];

    CHECK(pipe(fd) == 0 && write(fd[1], "hi!\nhi!\n", 8) == 8);
    (void)close(fd[1]);
    good = good && client_loop_lines(me.loop, fd[0], on_line, &me);
    if (good) {
        wait_for(&me, &me.ends);
        CHECK(me.heard == 2 && me.ends == 1); /* client/loop law 1 */
    }
    die(&me);
    (void)close(fd[0]);
    return good;
}

static bool read_vocabulary(struct me *me)
{
    Kindred__V1__GetVocabularyResponse said =
        KINDRED__V1__GET_VOCABULARY_RESPONSE__INIT;
    struct kindred_vocabulary *vocabulary;
    uint8_t bytes[8];

    (void)me;
    said.version = 3;
    vocabulary = kindred_vocabulary_new(
        bytes, kindred__v1__get_vocabulary_response__pack(&said, bytes));
    kindred_vocabulary_free(vocabulary);
    return vocabulary != NULL;
}

/* ---- the sweep ---- */

static const struct part {
    const char *name;
    bool (*run)(struct me *me);
    uint32_t control; /* before each run; 0: none */
    int least;        /* allocations that it takes */
} PARTS[] = {{"connect", connect_first, 0, 20},
             {"lines", read_lines, 0, 8},
             {"vocabulary", read_vocabulary, 0, 1},
             {"raw calls", raw_calls, 0, 4},
             {"enroll", enroll, 0, 6},
             {"login", login, 0, 6},
             {"renew", renew, 0, 6},
             {"rotate", rotate, 1, 6},
             {"rotate, lost", rotate, 2, 8},
             {"card", put_card, 0, 5},
             {"ask", ask, 0, 6},
             {"danger", danger, 0, 4},
             {"duty", attend, 0, 8},
             {"blocks", blocks, 0, 6},
             {"talk", talk, 1, 12},
             {"reflect", reflect, 0, 3}};

enum { COUNT = sizeof PARTS / sizeof *PARTS };

/* Run it with allocation n refused, and again with none; whether there was an
 * allocation n. */
static bool refuse(const struct part *part, struct me *me, size_t n)
{
    bool failed, good, connected = part->run != connect_first;

    CHECK(be_born(me));
    CHECK(part->control == 0 || control(me, part->control));
    CHECK(!connected || raw_calls(me));
    fail_malloc_start(n);
    good = part->run(me);
    failed = fail_malloc_stop();
    CHECK(good || failed);
    CHECK(part->control == 0 || control(me, part->control));
    CHECK(part->run(me));
    die(me);
    return failed;
}

static int sweep(const struct part *part)
{
    char where[NET_ADDRESS_TEXT];
    pid_t server = start_server(where);
    struct me me = {.where = where};
    int n = 0;
    bool more = true;

    while (more && n < INJECTIONS && check_failed == 0)
        more = refuse(part, &me, (size_t)++n);
    CHECK(!more && n - 1 >= part->least);
    (void)printf("injected: each of %d allocations of \"%s\"; checked: told "
                 "once or not begun, and done the second time\n",
                 n - 1, part->name);
    CHECK(kill(server, SIGKILL) == 0 && waitpid(server, NULL, 0) == server);
    return check_failed > 0;
}

int main(void)
{
    pid_t part[COUNT];
    int status;

    for (int i = 0; i < COUNT; i++) {
        part[i] = fork();
        if (part[i] == 0)
            exit(sweep(&PARTS[i])); /* and the sanitizer looks for leaks */
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK(waitpid(part[i], &status, 0) == part[i]);
        CHECK(status == 0);
        if (status != 0)
            (void)printf("\"%s\" ended with %d\n", PARTS[i].name, status);
    }
    return check_report("client/memory");
}
