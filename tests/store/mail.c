/* Mailboxes: order, numbers, bounds, acknowledgement, expiry, silence. */
#include <stdlib.h>

#include "expect.h"

static struct world w;
static struct couple a;
static uint8_t text[STORE_CIPHERTEXT_MAX + 1];

static void hash_of(uint8_t out[STORE_HASH], uint64_t talk,
                    enum match_role receiver)
{
    memset(out, 0, STORE_HASH);
    memcpy(out, &talk, sizeof talk);
    out[31] = (uint8_t)(1 + receiver);
}

static struct store_command *send(enum match_role to, uint32_t size)
{
    struct store_command *c = world_command(&w, STORE_SEND);

    hash_of(c->send.send_hash, a.talk, to);
    c->send.ciphertext = (struct store_bytes){.data = text, .size = size};
    return c;
}

static struct store_command *receive(enum match_role who, uint64_t after_seq,
                                     uint32_t most)
{
    struct store_command *c = world_command(&w, STORE_RECEIVE);

    hash_of(c->receive.receive_hash, a.talk, who);
    c->receive.after_seq = after_seq;
    c->receive.most = most;
    return c;
}

static void acknowledge(enum match_role who, uint64_t seq)
{
    struct store_command *c = world_command(&w, STORE_ACKNOWLEDGE);

    hash_of(c->acknowledge.receive_hash, a.talk, who);
    c->acknowledge.up_to_seq = seq;
}

/* DESIGN law 5: in order, each with its number, until acknowledged. */
static void order(void)
{
    world_talking(&w, &a);
    for (uint64_t i = 1; i <= 5; i++) {
        text[0] = (uint8_t)i;
        (void)send(MATCH_PEER, 10 + (uint32_t)i);
        OK(&w);
        CHECK(w.job.result.sent.seq == i);
        CHECK(w.job.result.sent.link.size == 8);
        CHECK(w.job.result.sent.receive_hash[31] == 1 + MATCH_PEER);
    }
    world_reopen(&w);
    (void)receive(MATCH_PEER, 0, 2);
    OK(&w);
    CHECK(w.job.result.received.messages == 2);
    CHECK(w.job.result.received.more);
    CHECK(w.job.result.received.message[1].seq == 2);
    CHECK(w.job.result.received.message[1].ciphertext.size == 12);
    CHECK(w.job.result.received.message[1].ciphertext.data[0] == 2);
    (void)receive(MATCH_PEER, 2, 0);
    OK(&w);
    CHECK(w.job.result.received.messages == 3);
    CHECK(!w.job.result.received.more);
    (void)receive(MATCH_SEEKER, 0, 9); /* the other direction is its own */
    OK(&w);
    CHECK(w.job.result.received.messages == 0);
    (void)receive(MATCH_PEER, 6, 1);
    REFUSED(&w, ERR_SEQUENCE);
    acknowledge(MATCH_PEER, 6);
    REFUSED(&w, ERR_SEQUENCE);
    acknowledge(MATCH_PEER, 4);
    OK(&w);
    CHECK(w.job.result.mailbox.acked_seq == 4);
    acknowledge(MATCH_PEER, 2); /* an old one changes nothing */
    OK(&w);
    CHECK(w.job.result.mailbox.acked_seq == 4);
    (void)receive(MATCH_PEER, 0, 9);
    OK(&w);
    CHECK(w.job.result.received.messages == 1);
    CHECK(w.job.result.received.message[0].seq == 5);
    acknowledge(MATCH_PEER, 5);
    OK(&w);
    (void)send(MATCH_PEER, 1);
    OK(&w);
    CHECK(w.job.result.sent.seq == 6); /* numbers go on */
}

static void keys(void)
{
    world_talking(&w, &a);
    for (int again = 0; again < 2; again++) {
        send(MATCH_SEEKER, 10)->key = world_key(7, 70);
        EXPECT(&w, again ? OUTCOME_REPLAY : OUTCOME_OK, ERR_NONE);
        CHECK(w.job.result.sent.seq == 1);
        CHECK(w.job.result.sent.link.size == 8);
        CHECK(w.job.result.sent.receive_hash[31] == 1 + MATCH_SEEKER);
    }
    send(MATCH_SEEKER, 11)->key = world_key(7, 71);
    REFUSED(&w, ERR_KEY_REUSED);
    send(MATCH_PEER, 11)->key = world_key(7, 71);
    OK(&w); /* keys are each mailbox's own */
}

static void bounds(void)
{
    world_talking(&w, &a);
    (void)send(MATCH_PEER, 0);
    REFUSED(&w, ERR_INVALID);
    (void)send(MATCH_PEER, STORE_CIPHERTEXT_MAX + 1);
    REFUSED(&w, ERR_TOO_LARGE);
    for (int i = 0; i < STORE_MAILBOX_BYTES_MAX / STORE_CIPHERTEXT_MAX; i++) {
        (void)send(MATCH_PEER, STORE_CIPHERTEXT_MAX);
        OK(&w);
    }
    (void)send(MATCH_PEER, 1); /* 1 MiB waits */
    REFUSED(&w, ERR_MAILBOX_FULL);
    (void)send(MATCH_SEEKER, 1);
    OK(&w);
    acknowledge(MATCH_PEER, 32);
    OK(&w);
    for (int i = 0; i < STORE_MESSAGES_MAX; i++) {
        (void)send(MATCH_PEER, 3);
        (void)world_run(&w);
        CHECK(w.job.result.outcome == OUTCOME_OK);
    }
    (void)send(MATCH_PEER, 3); /* 256 wait */
    REFUSED(&w, ERR_MAILBOX_FULL);
    acknowledge(MATCH_PEER, 33);
    OK(&w);
    (void)send(MATCH_PEER, 3);
    OK(&w);
    (void)receive(MATCH_PEER, 0, 1000);
    OK(&w);
    CHECK(w.job.result.received.messages == STORE_PAGE_MAX);
    CHECK(w.job.result.received.more);
}

/* After the end: no sending; receiving and acknowledging go on. */
static void closed(void)
{
    struct store_command *c;

    world_talking(&w, &a);
    (void)send(MATCH_PEER, 9);
    OK(&w);
    world_end(&w, a.talk, 0);
    (void)send(MATCH_PEER, 9);
    REFUSED(&w, ERR_TALK_ENDED);
    (void)receive(MATCH_PEER, 0, 9);
    OK(&w);
    CHECK(w.job.result.received.messages == 1);
    for (int sends = 0; sends < 2; sends++) {
        c = world_command(&w, STORE_FIND_MAILBOX);
        hash_of(c->find_mailbox.hash, a.talk, MATCH_PEER);
        c->find_mailbox.sends = sends;
        OK(&w);
        CHECK(w.job.result.mailbox.closed_ms == w.now_ms);
        CHECK(w.job.result.mailbox.last_seq == 1);
        CHECK(w.job.result.mailbox.receive_hash[31] == 1 + MATCH_PEER);
    }
    c = world_command(&w, STORE_FIND_MAILBOX);
    REFUSED(&w, ERR_NO_TALK);
    c = world_command(&w, STORE_SEND);
    c->send.ciphertext = (struct store_bytes){.data = text, .size = 1};
    REFUSED(&w, ERR_NO_TALK);
    c = world_command(&w, STORE_FIND_TALK);
    c->find_talk.talk = a.talk;
    c->find_talk.member = a.seeker;
    OK(&w);
    CHECK(w.job.result.talk.row.state == TALK_ENDED);
    CHECK(w.job.result.talk.link.size == 16);
    c = world_command(&w, STORE_FIND_TALK);
    c->find_talk.talk = a.talk;
    c->find_talk.member = a.seeker + 1;
    REFUSED(&w, ERR_NO_TALK);
}

static struct store_command *sweep(void)
{
    struct store_command *c = world_command(&w, STORE_SWEEP);

    c->sweep.idle_ms = 1800000;
    c->sweep.message_ms = 604800000;
    c->sweep.mailbox_ms = 86400000;
    c->sweep.link_ms = (uint64_t)30 * 86400000;
    c->sweep.key_ms = 86400000;
    c->sweep.most = 64;
    return c;
}

static bool idle(uint64_t talk)
{
    uint8_t hash[STORE_HASH];

    for (uint32_t i = 0; i < w.job.result.swept.idles; i++)
        for (int side = 0; side < MATCH_ROLES; side++) {
            hash_of(hash, talk, (enum match_role)side);
            if (!memcmp(w.job.result.swept.idle[i], hash, STORE_HASH))
                return true;
        }
    return false;
}

static void silence(void)
{
    uint64_t first;

    world_talking(&w, &a);
    first = a.talk;
    world_talking(&w, &a);
    w.now_ms += 1000000;
    (void)send(MATCH_PEER, 5); /* either side's word is the talk's */
    OK(&w);
    w.now_ms += 800000;
    (void)sweep();
    OK(&w);
    CHECK(idle(first) && !idle(a.talk));
    CHECK(w.job.result.swept.idles >= 1);
    world_end(&w, first, 0);
    w.now_ms += 1000000;
    (void)sweep();
    OK(&w);
    CHECK(!idle(first) && idle(a.talk));
}

/* Expiry is told: to the receiver by number, to the talk by its end. */
static void expiry(void)
{
    bool told = false;

    world_talking(&w, &a);
    for (int i = 0; i < 3; i++) {
        (void)send(MATCH_PEER, 5);
        OK(&w);
        w.now_ms += 302400000; /* half their life */
    }
    do { /* bounded: what expired elsewhere takes its turns */
        struct store_command *c = sweep();

        c->sweep.idle_ms = UINT64_MAX / 4;
        OK(&w);
        CHECK(w.job.result.swept.deleted <= (uint64_t)7 * c->sweep.most);
        told = told || idle(a.talk);
    } while (w.job.result.swept.more);
    CHECK(told);
    (void)receive(MATCH_PEER, 0, 9);
    OK(&w);
    CHECK(w.job.result.received.expired_seq == 2);
    CHECK(w.job.result.received.messages == 1);
    CHECK(w.job.result.received.message[0].seq == 3);
    (void)sweep();
    OK(&w);
    world_end(&w, a.talk, 0);
    w.now_ms += 86400000;
    (void)sweep();
    OK(&w);
    CHECK(w.job.result.swept.deleted >= 2);
    (void)receive(MATCH_PEER, 0, 9);
    REFUSED(&w, ERR_NO_TALK);
}

/* A clock that was set back made the later message the older one: what it
 * leaves below itself is lost with it, and never handed out. */
static void expired_out_of_order(void)
{
    world_talking(&w, &a);
    w.now_ms += 2000000;
    (void)send(MATCH_PEER, 5);
    OK(&w);
    w.now_ms -= 1000000;
    (void)send(MATCH_PEER, 5);
    OK(&w);
    w.now_ms += 604800000;
    do {
        sweep()->sweep.idle_ms = UINT64_MAX / 4;
        OK(&w);
    } while (w.job.result.swept.more);
    (void)receive(MATCH_PEER, 0, 9);
    OK(&w);
    CHECK(w.job.result.received.expired_seq == 2);
    CHECK(w.job.result.received.messages == 0);
    CHECK(!w.job.result.received.more);
}

/* A mailbox with more in it than one sweep may delete is gone after a few, and
 * what is in it with it. */
static void full_boxes(void)
{
    uint32_t sweeps = 0;

    world_talking(&w, &a);
    for (int i = 0; i < 20; i++) {
        (void)send(MATCH_PEER, 5);
        OK(&w);
    }
    world_end(&w, a.talk, 0);
    w.now_ms += 86400000;
    do {
        struct store_command *c = sweep();

        c->sweep.message_ms = c->sweep.idle_ms = UINT64_MAX / 4;
        c->sweep.most = 3;
        OK(&w);
        CHECK(++sweeps < 10000);
    } while (w.job.result.swept.more);
    (void)receive(MATCH_PEER, 0, 9);
    REFUSED(&w, ERR_NO_TALK);
    (void)receive(MATCH_SEEKER, 0, 9);
    REFUSED(&w, ERR_NO_TALK);
}

/* A mailbox that nobody closed is closed by its silence, and then purged. */
static void forgotten(void)
{
    world_talking(&w, &a);
    (void)send(MATCH_PEER, 5);
    OK(&w);
    w.now_ms += 1800000 + 86400000 - 1;
    (void)sweep();
    OK(&w);
    (void)send(MATCH_SEEKER, 0); /* not yet: this is another reason */
    REFUSED(&w, ERR_INVALID);
    w.now_ms += 1;
    (void)sweep();
    OK(&w);
    CHECK(idle(a.talk));
    (void)send(MATCH_SEEKER, 1);
    REFUSED(&w, ERR_TALK_ENDED);
    (void)receive(MATCH_PEER, 0, 1);
    OK(&w);
    CHECK(w.job.result.received.messages == 1);
    w.now_ms += 86400000;
    (void)sweep();
    OK(&w);
    (void)receive(MATCH_PEER, 0, 1);
    REFUSED(&w, ERR_NO_TALK);
}

int part_mail(const char *kind, const char *path)
{
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    world_open(&w, kind, path);
    order();
    keys();
    bounds();
    closed();
    silence();
    expiry();
    expired_out_of_order();
    full_boxes();
    forgotten();
    world_close(&w);
    return check_report("store mail");
}
