/* Long because each way in which a talk goes wrong needs its two sides. */
#include "client/op.h"
#include "fail_malloc.h"
#include "member_world.h"

enum { SAID = 40 };

struct side { /* one person of the talk */
    struct member_world *world;
    struct kindred_talk *talk;
    struct kindred_talk_start start;
    char heard[SAID][32];
    int count, unreadable, delivered, troubles, ends, saves;
    enum kindred_talk_phase phase;
    uint8_t saved[KINDRED_TALK_SAVED_MAX];
    size_t saved_size;
    int box;         /* its mailbox */
    int stop_after;  /* messages: then the loop stops */
    bool free_after; /* the first message, in its callback */
    int free_with;   /* the n-th save, in its callback; 0: none */
};

static void on_phase(void *arg, enum kindred_talk_phase phase, int reason)
{
    struct side *side = arg;

    (void)reason;
    side->phase = phase;
}

static void on_message(void *arg, const char *text, size_t size)
{
    struct side *side = arg;

    /* Law 3: nothing is acknowledged that was not kept. */
    CHECK(side->world->box[side->box].acked <=
          (uint32_t)(side->count + side->unreadable));
    if (!text) {
        side->unreadable++;
    } else if (side->count < SAID) {
        (void)snprintf(side->heard[side->count], sizeof *side->heard, "%.*s",
                       (int)size, text);
        side->count++;
    }
    if (side->count == side->stop_after)
        kindred_loop_stop(side->world->loop);
    if (side->free_after) {
        kindred_talk_free(side->talk);
        side->talk = NULL;
    }
}

static void on_delivered(void *arg)
{
    struct side *side = arg;

    side->delivered++;
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    struct side *side = arg;

    CHECK(error->status != 0);
    side->troubles++;
}

static void on_save(void *arg, const uint8_t *bytes, size_t size)
{
    struct side *side = arg;

    CHECK(size <= sizeof side->saved);
    memcpy(side->saved, bytes, size);
    side->saved_size = size;
    side->saves++;
    if (side->saves == side->free_with) {
        kindred_talk_free(side->talk);
        side->talk = NULL;
    }
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct side *side = arg;

    CHECK(error->status == 0);
    side->ends++;
}

static struct kindred_talk_handler handler_of(struct side *side)
{
    return (struct kindred_talk_handler){.phase = on_phase,
                                         .message = on_message,
                                         .delivered = on_delivered,
                                         .trouble = on_trouble,
                                         .save = on_save,
                                         .ended = on_ended,
                                         .arg = side};
}

static void begin(struct side *side)
{
    struct kindred_talk_handler handler = handler_of(side);

    side->talk = kindred_talk_new(side->world->client, &side->start, &handler);
    CHECK(side->talk != NULL);
}

static void resume(struct side *side)
{
    struct kindred_talk_handler handler = handler_of(side);

    side->talk = kindred_talk_resume(side->world->client, side->saved,
                                     side->saved_size, &handler);
    CHECK(side->talk != NULL);
}

/* Two sides with keys and mailboxes, as a match would give them. */
static void introduce(struct member_world *world, struct side side[2])
{
    for (int i = 0; i < 2; i++) {
        struct kindred_ask_state fresh;

        kindred_ask_state_make(&fresh);
        side[i] = (struct side){.world = world, .box = i};
        side[i].start.side = (uint32_t)i;
        side[i].start.talk_id = 5;
        memcpy(side[i].start.seed, fresh.seed, sizeof fresh.seed);
        memcpy(side[i].start.mailbox, fresh.mailbox, sizeof fresh.mailbox);
        memcpy(world->box[i].receive, fresh.mailbox, 32);
        seal_mailbox_send(world->box[i].send, fresh.mailbox);
    }
    for (int i = 0; i < 2; i++) {
        uint8_t public_key[32], secret[32];

        seal_talk_keypair(public_key, secret, side[1 - i].start.seed);
        memcpy(side[i].start.their_key, public_key, 32);
        memcpy(side[i].start.send, world->box[1 - i].send, 32);
    }
}

static void say(struct side *side, const char *prefix, int from, int to)
{
    char text[32];

    for (int i = from; i < to; i++) {
        (void)snprintf(text, sizeof text, "%s%d", prefix, i);
        CHECK(kindred_talk_say(side->talk, text, strlen(text)));
    }
}

static bool heard(const struct side *side, const char *prefix, int count)
{
    char text[32];

    if (side->count != count)
        return false;
    for (int i = 0; i < count; i++) {
        (void)snprintf(text, sizeof text, "%s%d", prefix, i);
        if (strcmp(text, side->heard[i]) != 0)
            return false;
    }
    return true;
}

static void leave(struct side side[2])
{
    kindred_talk_free(side[0].talk);
    kindred_talk_free(side[1].talk);
}

/* Both ways, in order, each once; the end is told to both. */
static void test_talk(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];
    char words[2][KINDRED_WORDS];

    introduce(world, side);
    begin(&side[0]);
    begin(&side[1]);
    say(&side[0], "s", 0, 20);
    say(&side[1], "p", 0, 20);
    CHECK(kindred_talk_waiting(side[0].talk) == 20);
    member_world_run(world, 1000);
    CHECK(heard(&side[0], "p", 20) && heard(&side[1], "s", 20));
    CHECK(side[0].delivered == 20 && side[1].delivered == 20);
    CHECK(kindred_talk_waiting(side[0].talk) == 0);
    CHECK(world->box[0].acked == 20 && world->box[1].acked == 20);
    kindred_talk_words(&side[0].start, words[0]);
    kindred_talk_words(&side[1].start, words[1]);
    CHECK(strcmp(words[0], words[1]) == 0 && strlen(words[0]) > 20);
    leave(side);
    member_world_close(world);
}

static void on_done(void *arg, const struct kindred_error *error)
{
    CHECK(error->status == 0);
    ++*(int *)arg;
}

static void test_end(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];
    int done = 0;

    introduce(world, side);
    begin(&side[0]);
    begin(&side[1]);
    member_world_run(world, 100);
    CHECK(side[0].phase == KINDRED_OPEN && side[1].phase == KINDRED_OPEN);
    CHECK(kindred_talk_end(world->client, &side[1].start, on_done, &done));
    member_world_run(world, 200);
    CHECK(done == 1 && side[0].ends == 1 && side[1].ends == 1);
    CHECK(side[0].phase == KINDRED_TALK_ENDED);
    CHECK(!kindred_talk_say(side[0].talk, "x", 1));
    leave(side);
    member_world_close(world);
}

/* Answers that are lost: the same bytes again, never sealed anew (Law 1). */
static void test_lost_answers(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];

    introduce(world, side);
    begin(&side[0]);
    begin(&side[1]);
    world->sends_lost = 3;
    say(&side[0], "s", 0, 5);
    member_world_run(world, 1500);
    CHECK(heard(&side[1], "s", 5) && side[1].unreadable == 0);
    CHECK(world->sends == 8 && !world->other_bytes);
    leave(side);
    member_world_close(world);
}

/* The stream breaks in the middle: on from the last that was handled. */
static void test_broken_stream(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];

    introduce(world, side);
    begin(&side[0]);
    begin(&side[1]);
    say(&side[0], "s", 0, 3);
    member_world_run(world, 200);
    CHECK(heard(&side[1], "s", 3));
    rpc_end(world->box[1].reader, MEMBER_WORLD_AWAY);
    world->box[1].reader = NULL;
    world->receive_ends = MEMBER_WORLD_AWAY; /* and once more */
    member_world_run(world, 20);
    say(&side[0], "s", 3, 6);
    member_world_run(world, 1000);
    CHECK(heard(&side[1], "s", 6) && side[1].troubles == 2);
    CHECK(world->after_seq >= 3);
    leave(side);
    member_world_close(world);
}

/* What comes twice is told once. */
static void test_repeated(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];

    introduce(world, side);
    world->forgetful = true;
    begin(&side[0]);
    begin(&side[1]);
    say(&side[0], "s", 0, 3);
    member_world_run(world, 200);
    rpc_end(world->box[1].reader, MEMBER_WORLD_AWAY);
    world->box[1].reader = NULL;
    member_world_run(world, 500);
    say(&side[0], "s", 3, 4);
    member_world_run(world, 200);
    CHECK(heard(&side[1], "s", 4) && side[1].unreadable == 0);
    leave(side);
    member_world_close(world);
}

/* A program that died goes on from what was kept: nothing is lost or seen
 * twice, and the other reads what it says, on a stream of a higher number
 * (Law 2). */
static void test_resume(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];
    struct kindred_talk_start start;

    introduce(world, side);
    begin(&side[0]);
    begin(&side[1]);
    say(&side[0], "s", 0, 2);
    say(&side[1], "p", 0, 2);
    member_world_run(world, 200);
    kindred_talk_free(side[1].talk);
    say(&side[0], "s", 2, 4);
    member_world_run(world, 200);
    CHECK(side[1].count == 2);
    CHECK(kindred_talk_saved_start(side[1].saved, side[1].saved_size, &start));
    CHECK(memcmp(&start, &side[1].start, sizeof start) == 0);
    resume(&side[1]);
    say(&side[1], "p", 2, 4);
    member_world_run(world, 300);
    CHECK(heard(&side[1], "s", 4) && side[1].unreadable == 0);
    CHECK(heard(&side[0], "p", 4) && side[0].unreadable == 0);
    kindred_talk_free(side[1].talk);
    resume(&side[1]);
    say(&side[1], "p", 4, 5);
    member_world_run(world, 300);
    CHECK(heard(&side[0], "p", 5) && side[0].unreadable == 0);
    leave(side);
    member_world_close(world);
}

/* It died after a message was shown: before it was kept, and it is shown again;
 * or before the acknowledgement left, and that leaves now. */
static void test_resume_from_before(bool kept)
{
    struct member_world *world = member_world_open();
    static struct side side[2];
    uint8_t before[KINDRED_TALK_SAVED_MAX];

    introduce(world, side);
    begin(&side[0]);
    begin(&side[1]);
    say(&side[0], "s", 0, 1);
    member_world_run(world, 200);
    memcpy(before, side[1].saved, sizeof before);
    side[1].stop_after = 2;
    say(&side[0], "s", 1, 2);
    member_world_run(world, 1000);
    kindred_talk_free(side[1].talk);
    CHECK(world->box[1].acked == 1);
    side[1].stop_after = 0;
    if (!kept) {
        memcpy(side[1].saved, before, sizeof before);
        side[1].count = 1;
    }
    resume(&side[1]);
    member_world_run(world, 200);
    CHECK(heard(&side[1], "s", 2) && side[1].unreadable == 0);
    CHECK(world->box[1].acked == 2);
    leave(side);
    member_world_close(world);
}

/* Kept before it is joined, it is joined later: what there was no memory for is
 * not lost. */
static void test_kept_first(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];
    struct kindred_talk_start start;
    struct kindred_talk_handler handler;

    introduce(world, side);
    handler = handler_of(&side[0]);
    fail_malloc_start(1);
    CHECK(kindred_talk_saved_new(&side[0].start, side[0].saved,
                                 &side[0].saved_size));
    CHECK(!kindred_talk_resume(world->client, side[0].saved, side[0].saved_size,
                               &handler));
    CHECK(fail_malloc_stop());
    resume(&side[0]);
    begin(&side[1]);
    say(&side[0], "s", 0, 2);
    say(&side[1], "p", 0, 2);
    member_world_run(world, 300);
    CHECK(heard(&side[0], "p", 2) && heard(&side[1], "s", 2));
    start = side[0].start;
    memset(start.their_key, 0, sizeof start.their_key);
    CHECK(!kindred_talk_saved_new(&start, side[0].saved, &side[0].saved_size));
    leave(side);
    member_world_close(world);
}

/* Points of order 1, 2, 4 and 8, one more than once (RFC 7748, 6.1): with any of
 * them the secret is the same for everybody. */
static const uint8_t UNFIT[][32] = {
    {0},
    {1},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}};

/* What a server says of a talk is held against what it must be before anything
 * begins. */
static void test_unfit_key(void)
{
    Kindred__V1__Talk talk = KINDRED__V1__TALK__INIT;
    struct kindred_talk_start start;
    uint8_t key[KINDRED_KEY], secret[32], seed[32] = {7};
    char name[] = "Quiet Heron 42";

    seal_talk_keypair(key, secret, seed);
    talk.side = KINDRED__V1__TALK_SIDE__TALK_SIDE_PEER;
    talk.your_name = talk.their_name = name;
    talk.send_capability = (ProtobufCBinaryData){sizeof secret, secret};
    talk.their_key = (ProtobufCBinaryData){sizeof key, key};
    CHECK(client_op_talk(&start, &talk, seed, secret) == ERR_NONE);
    for (size_t i = 0; i < sizeof UNFIT / sizeof *UNFIT; i++) {
        memcpy(key, UNFIT[i], sizeof key);
        CHECK(client_op_talk(&start, &talk, seed, secret) == ERR_TALK_KEY);
        key[31] |= 0x80; /* the bit that nobody reads */
        CHECK(client_op_talk(&start, &talk, seed, secret) == ERR_TALK_KEY);
    }
    talk.their_key.len = 31;
    CHECK(client_op_talk(&start, &talk, seed, secret) == ERR_PROTO);
}

static void test_nonsense(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];
    struct kindred_talk_start start;
    struct kindred_talk_handler handler;
    static char large[KINDRED_TEXT_MAX + 1];

    introduce(world, side);
    handler = handler_of(&side[0]);
    start = side[0].start;
    memset(start.their_key, 0, sizeof start.their_key); /* no key */
    CHECK(kindred_talk_new(world->client, &start, &handler) == NULL);
    begin(&side[0]);
    begin(&side[1]);
    CHECK(kindred_talk_resume(world->client, side[0].saved, 7, &handler) ==
          NULL);
    side[0].saved[0] ^= 1;
    CHECK(kindred_talk_resume(world->client, side[0].saved, side[0].saved_size,
                              &handler) == NULL);
    CHECK(!kindred_talk_say(side[0].talk, large, sizeof large));
    CHECK(kindred_talk_say(side[0].talk, large, sizeof large - 1));
    for (int i = 1; i < 64; i++)
        CHECK(kindred_talk_say(side[0].talk, "", 0));
    CHECK(!kindred_talk_say(side[0].talk, "", 0)); /* 64 wait */
    /* What the relay made up cannot be read, and stops nobody. */
    world->box[1].mail[0].size = 100;
    world->box[1].count = 1;
    side[1].free_after = false;
    member_world_run(world, 500);
    CHECK(side[1].unreadable >= 1);
    leave(side);
    member_world_close(world);
}

/* client/lease law 2 */
static void test_freed_in_its_callback(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];

    introduce(world, side);
    begin(&side[0]);
    begin(&side[1]);
    side[1].free_after = true;
    say(&side[0], "s", 0, 3);
    member_world_run(world, 300);
    CHECK(side[1].count == 1 && side[1].saves == 1 && side[1].ends == 0);
    leave(side);
    member_world_close(world);
}

/* What is kept before the first message leaves is kept inside say: freed there,
 * or in a later turn. */
static void test_freed_in_save(void)
{
    struct member_world *world = member_world_open();
    static struct side side[2];

    introduce(world, side);
    begin(&side[0]);
    begin(&side[1]);
    CHECK(side[0].saves == 1);
    side[0].free_with = 2;
    CHECK(kindred_talk_say(side[0].talk, "x", 1));
    CHECK(side[0].saves == 2 && !side[0].talk);
    member_world_run(world, 200);
    CHECK(side[1].count == 0 && world->sends == 0 && side[0].ends == 0);
    leave(side);
    member_world_close(world);
}

int main(void)
{
    test_talk();
    test_end();
    test_lost_answers();
    test_broken_stream();
    test_repeated();
    test_resume();
    test_resume_from_before(false);
    test_resume_from_before(true);
    test_kept_first();
    test_unfit_key();
    test_nonsense();
    test_freed_in_its_callback();
    test_freed_in_save();
    return check_report("client/talk");
}
