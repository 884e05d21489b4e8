/* client/talk -- two people talk: sealed here, relayed by the server.
 *
 * One message is under way at a time, sealed once and repeated as it is until
 * it is on the server's disk, so none is lost, doubled or overtaken.  What
 * comes is told, then kept, then acknowledged, in this order.
 *
 * Laws
 *   1. A sealed message is never sealed again: a stream has no gap.
 *   2. A stream number is kept before the first message of it leaves.
 *   3. Nothing is acknowledged that was not told and kept. */
#include "seal/talk.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "client/lease.h"
#include "client/member.h"
#include "client/op.h"
#include "net/entropy.h"
#include "pb/kindred/v1/talks.pb-c.h"

enum { QUEUE_MAX = 64 };

static const char MAGIC[8] = "kindtlk1";

struct saved { /* a secret; of this machine only, never sent */
    char magic[8];
    struct kindred_talk_start start;
    struct seal_talk_way in;
    uint64_t after_seq;
    uint32_t next_number; /* of the next stream we open */
};

_Static_assert(sizeof(struct saved) <= KINDRED_TALK_SAVED_MAX, "it fits");
_Static_assert((int)KINDRED_TEXT_MAX == (int)SEAL_TALK_TEXT_MAX, "one bound");
_Static_assert((int)KINDRED_WORDS >= (int)SEAL_TALK_WORDS_TEXT, "they fit");

struct said { /* waits to be sent */
    struct list by_talk;
    size_t size;
    char text[];
};

struct kindred_talk {
    struct kindred_client *client;
    struct kindred_talk_handler handler;
    struct saved kept;
    struct seal_talk seal;
    struct client_lease lease;
    Kindred__V1__ReceiveRequest request;
    struct list queue;
    uint32_t waiting; /* queued or under way */
    struct client_job *sending, *acking;
    struct client_timer again; /* the same message, later */
    uint32_t failures;
    uint8_t key[KINDRED_IDEMPOTENCY]; /* of the message under way … */
    uint8_t sealed[SEAL_TALK_MESSAGE_MAX];
    size_t sealed_size; /* … 0: none */
    struct client_timer ack_again;
    uint64_t acking_seq, acked_seq;
    enum kindred_talk_phase phase;
    bool mute;          /* nothing can be sent any more */
    bool inside, freed; /* freed in a callback: when it returns */
};

static void release(struct kindred_talk *talk)
{
    struct list *link;

    while ((link = list_pop_front(&talk->queue))) {
        struct said *said = LIST_ENTRY(link, struct said, by_talk);

        wipe(said->text, said->size);
        free(said);
    }
    seal_talk_close(&talk->seal);
    wipe(talk, sizeof *talk);
    free(talk);
}

/* False: the talk was freed in the callback, and is gone. */
static bool leave(struct kindred_talk *talk)
{
    talk->inside = false;
    if (!talk->freed)
        return true;
    release(talk);
    return false;
}

static void keep(struct kindred_talk *talk)
{
    talk->kept.in = talk->seal.in;
    if (talk->handler.save)
        talk->handler.save(talk->handler.arg, (const uint8_t *)&talk->kept,
                           sizeof talk->kept);
}

/* ---- out ---- */

static void send_next(struct kindred_talk *talk);

static void fall_silent(struct kindred_talk *talk)
{
    talk->mute = true;
    talk->sealed_size = 0;
}

static void on_sent(void *arg, const struct kindred_error *error,
                    const void *answer)
{
    struct kindred_talk *talk = arg;

    (void)answer;
    talk->sending = NULL;
    talk->inside = true;
    if (error->status == STATUS_OK) {
        talk->failures = 0;
        talk->sealed_size = 0;
        talk->waiting--;
        if (talk->handler.delivered)
            talk->handler.delivered(talk->handler.arg);
    } else if (client_error_passing(error) ||
               error->status == STATUS_DEADLINE_EXCEEDED) {
        talk->failures++;
        client_loop_after(
            talk->client->loop, &talk->again,
            client_timer_pause_ms(talk->failures, error->retry_ms));
        if (talk->failures == 1 && talk->handler.trouble)
            talk->handler.trouble(talk->handler.arg, error);
    } else {
        fall_silent(talk);
        if (!client_error_is(error, ERR_TALK_ENDED) && talk->handler.trouble)
            talk->handler.trouble(talk->handler.arg, error);
    }
    if (leave(talk))
        send_next(talk);
}

static void send_sealed(struct kindred_talk *talk)
{
    Kindred__V1__SendRequest request = KINDRED__V1__SEND_REQUEST__INIT;
    struct client_job_options options = {
        .client = talk->client,
        .path = "/kindred.v1.Talks/Send",
        .request = &request,
        .once = true, /* it is repeated here, for as long as it takes */
        .answer = &kindred__v1__send_response__descriptor,
        .done = on_sent,
        .arg = talk};

    request.idempotency_key = client_op_bytes(talk->key, sizeof talk->key);
    request.capability = client_op_bytes(talk->kept.start.send, KINDRED_KEY);
    request.ciphertext = client_op_bytes(talk->sealed, talk->sealed_size);
    talk->sending = client_job_start(&options);
    if (!talk->sending)
        client_loop_after(talk->client->loop, &talk->again,
                          CLIENT_PAUSE_MAX_MS);
}

static void on_again(void *arg)
{
    send_next(arg);
}

static void seal_first(struct kindred_talk *talk)
{
    struct list *link = list_pop_front(&talk->queue);
    struct said *said = LIST_ENTRY(link, struct said, by_talk);
    struct seal_talk_message message = {.text = (const uint8_t *)said->text,
                                        .size = said->size};
    uint8_t random[SEAL_TALK_HEADER];

    if (talk->kept.next_number == talk->seal.out.number) { /* Law 2 */
        talk->kept.next_number++;
        keep(talk);
    }
    net_entropy_fill(random, sizeof random);
    net_entropy_fill(talk->key, sizeof talk->key);
    if (seal_talk_seal(&talk->seal, talk->sealed, &talk->sealed_size, &message,
                       random))
        fall_silent(talk);
    wipe(said->text, said->size);
    free(said);
}

static void send_next(struct kindred_talk *talk)
{
    bool inside = talk->inside;

    if (talk->mute || talk->sending || heap_in(&talk->again.timer))
        return;
    talk->inside = true; /* save() may free it */
    if (talk->sealed_size == 0 && !list_empty(&talk->queue)) /* Law 1 */
        seal_first(talk);
    if (talk->sealed_size > 0 && !talk->freed)
        send_sealed(talk);
    if (!inside)
        (void)leave(talk);
}

bool kindred_talk_say(struct kindred_talk *talk, const char *text, size_t size)
{
    struct said *said;

    if (size > KINDRED_TEXT_MAX || talk->mute ||
        talk->phase == KINDRED_TALK_ENDED || talk->waiting >= QUEUE_MAX)
        return false;
    said = calloc(1, sizeof *said + size);
    if (!said)
        return false;
    if (size > 0)
        memcpy(said->text, text, size);
    said->size = size;
    list_push_back(&talk->queue, &said->by_talk);
    talk->waiting++;
    send_next(talk);
    return true;
}

uint32_t kindred_talk_waiting(const struct kindred_talk *talk)
{
    return talk->mute ? 0 : talk->waiting;
}

/* ---- in ---- */

static void acknowledge(struct kindred_talk *talk);

/* What is never acknowledged ends the talk as if it had been lost. */
static void acknowledge_later(struct kindred_talk *talk)
{
    client_loop_after(talk->client->loop, &talk->ack_again,
                      CLIENT_PAUSE_MAX_MS);
}

static void on_acked(void *arg, const struct kindred_error *error,
                     const void *answer)
{
    struct kindred_talk *talk = arg;

    (void)answer;
    talk->acking = NULL;
    if (error->status == STATUS_OK) {
        talk->acked_seq = talk->acking_seq;
        acknowledge(talk); /* what came meanwhile */
    } else if (client_error_passing(error) ||
               error->status == STATUS_DEADLINE_EXCEEDED) {
        acknowledge_later(talk);
    }
}

static void on_ack_again(void *arg)
{
    acknowledge(arg);
}

static void acknowledge(struct kindred_talk *talk)
{
    Kindred__V1__AcknowledgeRequest request =
        KINDRED__V1__ACKNOWLEDGE_REQUEST__INIT;
    struct client_job_options options = {
        .client = talk->client,
        .path = "/kindred.v1.Talks/Acknowledge",
        .request = &request,
        .answer = &kindred__v1__acknowledge_response__descriptor,
        .done = on_acked,
        .arg = talk};

    if (talk->acking || talk->acked_seq >= talk->kept.after_seq)
        return;
    talk->acking_seq = talk->kept.after_seq;
    request.capability = client_op_bytes(talk->kept.start.mailbox, KINDRED_KEY);
    request.up_to_seq = talk->acking_seq;
    talk->acking = client_job_start(&options);
    if (!talk->acking)
        acknowledge_later(talk);
}

static void take(struct kindred_talk *talk,
                 const Kindred__V1__TalkMessage *message)
{
    uint8_t text[SEAL_TALK_TEXT_MAX];
    struct seal_talk_message opened;
    enum err err;

    if (message->seq <= talk->kept.after_seq)
        return; /* again, after a break */
    err = seal_talk_open(&talk->seal, text, &opened, message->ciphertext.data,
                         message->ciphertext.len);
    talk->inside = true;
    if (err == ERR_NONE)
        talk->handler.message(talk->handler.arg, (const char *)text,
                              opened.size);
    else
        talk->handler.message(talk->handler.arg, NULL, 0);
    wipe(text, sizeof text);
    talk->kept.after_seq = talk->request.after_seq = message->seq;
    if (!talk->freed)
        keep(talk);
    if (leave(talk))
        acknowledge(talk); /* Law 3 */
}

static void on_message(void *arg, const void *response)
{
    struct kindred_talk *talk = arg;
    const Kindred__V1__ReceiveResponse *said = response;

    if (said->event_case == KINDRED__V1__RECEIVE_RESPONSE__EVENT_MESSAGE) {
        take(talk, said->message);
        return;
    }
    if (said->event_case != KINDRED__V1__RECEIVE_RESPONSE__EVENT_STATE)
        return;
    talk->phase = (enum kindred_talk_phase)(int)said->state->phase;
    if (talk->phase == KINDRED_TALK_ENDED)
        fall_silent(talk);
    talk->handler.phase(talk->handler.arg, talk->phase,
                        (int)said->state->reason);
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    struct kindred_talk *talk = arg;

    if (talk->handler.trouble)
        talk->handler.trouble(talk->handler.arg, error);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct kindred_talk *talk = arg;

    fall_silent(talk);
    talk->handler.ended(talk->handler.arg, error);
}

/* ---- birth and death ---- */

static bool init_seal(struct seal_talk *seal, const struct saved *kept)
{
    const struct kindred_talk_start *start = &kept->start;
    uint8_t public_key[SEAL_TALK_KEY], secret_key[SEAL_TALK_KEY];
    enum err err;

    seal_talk_keypair(public_key, secret_key, start->seed);
    err = seal_talk_init(
        seal, start->side == 0 ? SEAL_TALK_SEEKER : SEAL_TALK_PEER, public_key,
        secret_key, start->their_key, kept->next_number);
    wipe(secret_key, sizeof secret_key);
    return err == ERR_NONE;
}

static bool open_talk(struct kindred_talk *talk)
{
    if (!init_seal(&talk->seal, &talk->kept))
        return false;
    talk->seal.in = talk->kept.in;
    kindred__v1__receive_request__init(&talk->request);
    talk->request.capability =
        client_op_bytes(talk->kept.start.mailbox, KINDRED_KEY);
    talk->request.after_seq = talk->kept.after_seq;
    talk->lease = (struct client_lease){
        .client = talk->client,
        .path = "/kindred.v1.Talks/Receive",
        .request = &talk->request,
        .answer = &kindred__v1__receive_response__descriptor,
        .message = on_message,
        .trouble = on_trouble,
        .ended = on_ended,
        .arg = talk};
    return client_lease_open(&talk->lease);
}

static struct kindred_talk *make(struct kindred_client *client,
                                 const struct kindred_talk_handler *handler)
{
    struct kindred_talk *talk = calloc(1, sizeof *talk);

    if (!talk)
        return NULL;
    talk->client = client;
    talk->handler = *handler;
    talk->again.fire = on_again;
    talk->ack_again.fire = on_ack_again;
    talk->again.arg = talk->ack_again.arg = talk;
    talk->phase = KINDRED_JOINING;
    list_init(&talk->queue);
    return talk;
}

bool kindred_talk_saved_new(const struct kindred_talk_start *start,
                            uint8_t saved[KINDRED_TALK_SAVED_MAX], size_t *size)
{
    struct seal_talk seal = {0};
    struct saved kept;
    bool good;

    memset(&kept, 0, sizeof kept);
    memcpy(kept.magic, MAGIC, sizeof MAGIC);
    kept.start = *start;
    good = init_seal(&seal, &kept);
    kept.in = seal.in;
    memcpy(saved, &kept, sizeof kept);
    *size = sizeof kept;
    seal_talk_close(&seal);
    wipe(&kept, sizeof kept);
    return good;
}

struct kindred_talk *
kindred_talk_new(struct kindred_client *client,
                 const struct kindred_talk_start *start,
                 const struct kindred_talk_handler *handler)
{
    uint8_t saved[KINDRED_TALK_SAVED_MAX];
    struct kindred_talk *talk = NULL;
    size_t size;

    if (kindred_talk_saved_new(start, saved, &size))
        talk = kindred_talk_resume(client, saved, size, handler);
    wipe(saved, sizeof saved);
    if (talk)
        keep(talk);
    return talk;
}

static bool is_saved(const uint8_t *saved, size_t size)
{
    return size == sizeof(struct saved) &&
           memcmp(saved, MAGIC, sizeof MAGIC) == 0;
}

struct kindred_talk *
kindred_talk_resume(struct kindred_client *client, const uint8_t *saved,
                    size_t size, const struct kindred_talk_handler *handler)
{
    struct kindred_talk *talk;

    if (!is_saved(saved, size))
        return NULL;
    talk = make(client, handler);
    if (!talk)
        return NULL;
    memcpy(&talk->kept, saved, sizeof talk->kept);
    if (!open_talk(talk)) {
        kindred_talk_free(talk);
        return NULL;
    }
    acknowledge(talk); /* once more what was kept: it may not have left */
    return talk;
}

bool kindred_talk_saved_start(const uint8_t *saved, size_t size,
                              struct kindred_talk_start *start)
{
    struct saved kept;

    if (!is_saved(saved, size))
        return false;
    memcpy(&kept, saved, sizeof kept);
    *start = kept.start;
    wipe(&kept, sizeof kept);
    return true;
}

void kindred_talk_free(struct kindred_talk *talk)
{
    if (!talk || talk->freed)
        return;
    talk->freed = true;
    client_lease_close(&talk->lease);
    client_job_cancel(talk->sending);
    client_job_cancel(talk->acking);
    client_loop_after(talk->client->loop, &talk->again, KINDRED_NEVER);
    client_loop_after(talk->client->loop, &talk->ack_again, KINDRED_NEVER);
    if (!talk->inside)
        release(talk);
}
