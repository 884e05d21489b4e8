#include "client/op.h"

#include <stdlib.h>
#include <string.h>

#include "net/entropy.h"
#include "seal/talk.h"

struct waiting {
    kindred_done *done;
    void *arg;
};

static void on_done(void *arg, const struct kindred_error *error,
                    const void *answer)
{
    struct waiting waiting = *(struct waiting *)arg;

    (void)answer;
    free(arg);
    waiting.done(waiting.arg, error);
}

bool client_op_start(const struct client_op *op)
{
    struct waiting *waiting = malloc(sizeof *waiting);
    struct client_job_options options = {.client = op->client,
                                         .member = op->member,
                                         .path = op->path,
                                         .request = op->request,
                                         .answer = op->answer,
                                         .done = on_done,
                                         .arg = waiting};
    uint8_t key[KINDRED_IDEMPOTENCY];

    if (!waiting)
        return false;
    waiting->done = op->done;
    waiting->arg = op->arg;
    *op->key = client_op_key(key);
    if (client_job_start(&options))
        return true;
    free(waiting);
    return false;
}

ProtobufCBinaryData client_op_key(uint8_t key[static KINDRED_IDEMPOTENCY])
{
    net_entropy_fill(key, KINDRED_IDEMPOTENCY);
    return client_op_bytes(key, KINDRED_IDEMPOTENCY);
}

ProtobufCBinaryData client_op_bytes(const uint8_t *bytes, size_t size)
{
    union { /* protobuf-c takes what it only reads as if it wrote it */
        const uint8_t *given;
        uint8_t *taken;
    } borrowed = {bytes};

    return (ProtobufCBinaryData){.len = size, .data = borrowed.taken};
}

/* Exactly size bytes; false: there are not as many. */
static bool copy(uint8_t *to, size_t size, const ProtobufCBinaryData *from)
{
    if (from->len != size)
        return false;
    memcpy(to, from->data, size);
    return true;
}

bool client_op_name(char to[KINDRED_NAME], const char *name)
{
    size_t size = strlen(name);

    if (size == 0 || size >= KINDRED_NAME)
        return false;
    for (size_t i = 0; i < size; i++)
        if (name[i] < ' ' || name[i] > '~')
            return false;
    memcpy(to, name, size + 1);
    return true;
}

enum err client_op_talk(struct kindred_talk_start *start,
                        const Kindred__V1__Talk *talk, const uint8_t seed[32],
                        const uint8_t mailbox[KINDRED_KEY])
{
    memset(start, 0, sizeof *start);
    memcpy(start->seed, seed, sizeof start->seed);
    memcpy(start->mailbox, mailbox, sizeof start->mailbox);
    start->talk_id = talk->talk_id;
    for (size_t i = 0; i < talk->n_shown && i < KINDRED_SHOWN; i++)
        start->shown[start->shown_count++] = talk->shown[i];
    if (talk->side != KINDRED__V1__TALK_SIDE__TALK_SIDE_SEEKER &&
        talk->side != KINDRED__V1__TALK_SIDE__TALK_SIDE_PEER)
        return ERR_PROTO;
    start->side = talk->side == KINDRED__V1__TALK_SIDE__TALK_SIDE_PEER;
    if (!client_op_name(start->your_name, talk->your_name) ||
        !client_op_name(start->their_name, talk->their_name) ||
        !copy(start->their_key, KINDRED_KEY, &talk->their_key) ||
        !copy(start->send, KINDRED_KEY, &talk->send_capability))
        return ERR_PROTO;
    return seal_talk_key_good(start->their_key) ? ERR_NONE : ERR_TALK_KEY;
}
