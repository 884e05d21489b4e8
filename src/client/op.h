/* client/op -- a unary call that changes something and of which only the end is
 * told, and a few shapes that all calls share. */
#ifndef CLIENT_OP_H
#define CLIENT_OP_H

#include "base/err.h"
#include "client/job.h"
#include "pb/kindred/v1/talks.pb-c.h"

struct client_op {
    struct kindred_client *client;
    struct kindred_member *member; /* or NULL: no token */
    const char *path;
    const void *request;
    ProtobufCBinaryData *key; /* of the request: filled in here */
    const ProtobufCMessageDescriptor *answer;
    kindred_done *done;
    void *arg;
};

/* Ends, also if the member goes.  False: out of memory, nothing has begun. */
bool client_op_start(const struct client_op *op);

/* An idempotency key that no other call has, in room of the caller's. */
ProtobufCBinaryData client_op_key(uint8_t key[static KINDRED_IDEMPOTENCY]);

/* Borrow bytes as a protobuf-c field; they are not written to. */
ProtobufCBinaryData client_op_bytes(const uint8_t *bytes, size_t size);

/* Names are shown on terminals: copy plain ASCII of one character or more;
 * false: it is none. */
bool client_op_name(char to[KINDRED_NAME], const char *name);

/* How a talk begins, of what the server said and of our own secrets.
 * ERR_PROTO: what it said makes no sense; ERR_TALK_KEY: with the key it gave
 * for the other side everybody could read along. */
MUST_USE enum err client_op_talk(struct kindred_talk_start *start,
                                 const Kindred__V1__Talk *talk,
                                 const uint8_t seed[32],
                                 const uint8_t mailbox[KINDRED_KEY]);

#endif
