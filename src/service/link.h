/* service/link -- a talk as one side sees it: names, the other's key, the way
 * into the other's mailbox.
 *
 * The store keeps the link sealed; this is where it is opened, for the one it
 * is meant for. */
#ifndef SERVICE_LINK_H
#define SERVICE_LINK_H

#include "pb/kindred/v1/talks.pb-c.h"
#include "seal/name.h"
#include "seal/row.h"
#include "service/service.h"

struct service_link { /* a message and the bytes it points to */
    Kindred__V1__Talk talk;
    Kindred__V1__TalkState state;
    char your_name[SEAL_NAME], their_name[SEAL_NAME];
    uint8_t their_key[32], send_capability[32];
    uint64_t shown[MATCH_SHOWN_MAX];
};

/* Ask the store for a talk; done() gets it.  member: one of the two; 0: a
 * capability showed the right.  ERR_FULL: done() will not be called. */
MUST_USE enum err service_link_ask(struct rpc_call *call, uint64_t talk,
                                   uint64_t member,
                                   void (*done)(struct service_request *request,
                                                struct rpc_call *call));

/* Ask the store for the mailbox of a receive capability; done() gets it.
 * ERR_INVALID: not 32 bytes.  ERR_FULL. */
MUST_USE enum err service_link_mailbox(
    struct rpc_call *call, ProtobufCBinaryData capability,
    void (*done)(struct service_request *request, struct rpc_call *call));

/* Which side of which talk it is of, in done().  The store's error; ERR_INTERNAL:
 * what it gave does not open. */
MUST_USE enum err service_link_found(const struct service_request *request,
                                     struct seal_row_mailbox *mailbox);

/* Fill *link for `side` from what STORE_FIND_TALK gave.  ERR_INTERNAL: the
 * link does not open. */
MUST_USE enum err service_link_open(const struct service *service,
                                    const struct store_result *found,
                                    enum match_role side,
                                    struct service_link *link);

/* The state of a talk in the words of the API; bond: once it has ended. */
void service_link_state(enum match_talk_state state, enum match_talk_why why,
                        bool bond, Kindred__V1__TalkState *out);

#endif
