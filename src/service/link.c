#include "service/link.h"

#include <string.h>

#include "base/wipe.h"
#include "seal/mailbox.h"

enum err service_link_ask(struct rpc_call *call, uint64_t talk, uint64_t member,
                          void (*done)(struct service_request *request,
                                       struct rpc_call *call))
{
    struct service_request *request = service_request_new(
        service_of(call), rpc_call_id(call), STORE_FIND_TALK, done);

    if (!request)
        return ERR_FULL;
    request->job.command.find_talk.talk = talk;
    request->job.command.find_talk.member = member;
    return service_request_send(request);
}

enum err service_link_mailbox(struct rpc_call *call,
                              ProtobufCBinaryData capability,
                              void (*done)(struct service_request *request,
                                           struct rpc_call *call))
{
    struct service *service = service_of(call);
    struct service_request *request;

    if (capability.len != SEAL_MAILBOX_CAPABILITY)
        return ERR_INVALID;
    request = service_request_new(service, rpc_call_id(call),
                                  STORE_FIND_MAILBOX, done);
    if (!request)
        return ERR_FULL;
    seal_mailbox_hash(request->job.command.find_mailbox.hash,
                      service->keys->mailbox, capability.data);
    return service_request_send(request);
}

enum err service_link_found(const struct service_request *request,
                            struct seal_row_mailbox *mailbox)
{
    const struct store_bytes *link = &request->job.result.mailbox.link;
    enum err err = service_request_err(request);

    return err == ERR_NONE
               ? seal_row_open_mailbox(
                     mailbox, request->job.command.find_mailbox.hash,
                     link->data, link->size, request->service->keys->row)
               : err;
}

static Kindred__V1__TalkEndReason end_reason(enum match_talk_why why)
{
    switch (why) {
    case TALK_WHY_ENDED:
    case TALK_WHY_BLOCK:
    case TALK_WHY_HELD:
    case TALK_WHY_ERASED:
        return KINDRED__V1__TALK_END_REASON__TALK_END_REASON_CLOSED;
    case TALK_WHY_NO_SHOW:
        return KINDRED__V1__TALK_END_REASON__TALK_END_REASON_NO_SHOW;
    case TALK_WHY_IDLE:
        return KINDRED__V1__TALK_END_REASON__TALK_END_REASON_IDLE;
    case TALK_WHY_LIMIT:
        return KINDRED__V1__TALK_END_REASON__TALK_END_REASON_LONGEST;
    case TALK_WHY_NONE:
    case TALK_WHYS:
        break;
    }
    return KINDRED__V1__TALK_END_REASON__TALK_END_REASON_UNSPECIFIED;
}

static Kindred__V1__TalkPhase phase(enum match_talk_state state)
{
    switch (state) {
    case TALK_JOINING:
        return KINDRED__V1__TALK_PHASE__TALK_PHASE_JOINING;
    case TALK_OPEN:
        return KINDRED__V1__TALK_PHASE__TALK_PHASE_OPEN;
    case TALK_ENDED:
    case TALK_STATES:
        break;
    }
    return KINDRED__V1__TALK_PHASE__TALK_PHASE_ENDED;
}

void service_link_state(enum match_talk_state state, enum match_talk_why why,
                        bool bond, Kindred__V1__TalkState *out)
{
    kindred__v1__talk_state__init(out);
    out->phase = phase(state);
    if (state == TALK_ENDED)
        out->reason = end_reason(why);
    out->bond = bond && state == TALK_ENDED;
}

/* The message points into its own struct: it does not move after this. */
static void point_inside(struct service_link *link, uint8_t showns)
{
    link->talk.your_name = link->your_name;
    link->talk.their_name = link->their_name;
    link->talk.their_key = (ProtobufCBinaryData){.data = link->their_key,
                                                 .len = sizeof link->their_key};
    link->talk.send_capability = (ProtobufCBinaryData){
        .data = link->send_capability, .len = sizeof link->send_capability};
    link->talk.shown = link->shown;
    link->talk.n_shown = showns;
    link->talk.state = &link->state;
}

enum err service_link_open(const struct service *service,
                           const struct store_result *found,
                           enum match_role side, struct service_link *link)
{
    const struct match_talk_row *row = &found->talk.row;
    struct seal_row_side sides[MATCH_ROLES];
    unsigned mine = side == MATCH_SEEKER ? 0 : 1, theirs = 1 - mine;
    enum err err =
        seal_row_open_link(sides, row->id, found->talk.link.data,
                           found->talk.link.size, service->keys->row);

    if (err != ERR_NONE)
        return err;
    kindred__v1__talk__init(&link->talk);
    service_link_state(row->state, row->why, found->talk.bond, &link->state);
    seal_name(link->your_name, service->keys->name, row->id, mine);
    seal_name(link->their_name, service->keys->name, row->id, theirs);
    memcpy(link->their_key, sides[theirs].talk_key, sizeof link->their_key);
    memcpy(link->send_capability, sides[theirs].send_capability,
           sizeof link->send_capability);
    memcpy(link->shown, row->shown, sizeof link->shown);
    seal_row_mask_shown(link->shown, row->showns, row->offer,
                        service->keys->row);
    wipe(sides, sizeof sides);
    link->talk.talk_id = row->id;
    link->talk.side = side == MATCH_SEEKER
                          ? KINDRED__V1__TALK_SIDE__TALK_SIDE_SEEKER
                          : KINDRED__V1__TALK_SIDE__TALK_SIDE_PEER;
    point_inside(link, row->showns);
    return ERR_NONE;
}
