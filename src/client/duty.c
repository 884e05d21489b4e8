/* client/duty -- being there for others: one duty, kept and resumed. */
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "client/lease.h"
#include "client/member.h"
#include "client/op.h"
#include "net/entropy.h"
#include "pb/kindred/v1/peers.pb-c.h"
#include "seal/talk.h"

struct kindred_duty {
    struct client_lease lease;
    struct kindred_duty_terms terms;
    struct kindred_duty_handler handler;
    Kindred__V1__AttendRequest request;
    Kindred__V1__PeersBeatRequest beat;
};

static void copy_offer(struct kindred_offer *to, const Kindred__V1__Offer *from)
{
    to->id = from->offer_id;
    to->expires_in_ms = from->expires_in_ms;
    to->danger = from->danger;
    if (!client_op_name(to->met_name, from->met_name))
        to->met_name[0] = '\0';
    for (size_t i = 0; i < from->n_shown && i < KINDRED_SHOWN; i++)
        to->shown[to->shown_count++] = from->shown[i];
}

static void on_message(void *arg, const void *message)
{
    struct kindred_duty *duty = arg;
    const Kindred__V1__AttendResponse *response = message;
    const Kindred__V1__DutyState *said = response->duty;
    struct kindred_duty_state state = {0};

    if (!said)
        return;
    state.phase = (enum kindred_duty_phase)(int)said->phase;
    state.reason = (int)said->reason;
    state.capacity = said->capacity;
    state.rest_left_ms = said->rest_left_ms;
    state.day_left_ms = said->day_left_ms;
    for (size_t i = 0; i < said->n_offers && i < 8; i++)
        copy_offer(&state.offer[state.offers++], said->offers[i]);
    for (size_t i = 0; i < said->n_talks && i < 8; i++)
        state.talk[state.talks++] = said->talks[i]->talk_id;
    duty->lease.beat_request = state.phase == KINDRED_OFF ? NULL : &duty->beat;
    duty->handler.state(duty->handler.arg, &state);
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    struct kindred_duty *duty = arg;

    if (duty->handler.trouble)
        duty->handler.trouble(duty->handler.arg, error);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct kindred_duty *duty = arg;

    duty->handler.ended(duty->handler.arg, error);
}

struct kindred_duty *
kindred_duty_new(struct kindred_member *member,
                 const struct kindred_duty_terms *terms,
                 const struct kindred_duty_handler *handler)
{
    static const uint8_t none[KINDRED_IDEMPOTENCY];
    struct kindred_duty *duty = calloc(1, sizeof *duty);

    if (!duty)
        return NULL;
    duty->terms = *terms;
    duty->handler = *handler;
    if (memcmp(terms->key, none, sizeof none) == 0)
        net_entropy_fill(duty->terms.key, sizeof duty->terms.key);
    kindred__v1__attend_request__init(&duty->request);
    kindred__v1__peers_beat_request__init(&duty->beat);
    duty->request.idempotency_key =
        client_op_bytes(duty->terms.key, sizeof duty->terms.key);
    duty->request.capacity = terms->capacity;
    duty->request.rest_ms = terms->rest_ms;
    duty->request.duration_ms = terms->duration_ms;
    duty->request.talks_per_day = terms->talks_per_day;
    duty->lease = (struct client_lease){
        .client = member->client,
        .member = member,
        .path = "/kindred.v1.Peers/Attend",
        .request = &duty->request,
        .answer = &kindred__v1__attend_response__descriptor,
        .message = on_message,
        .trouble = on_trouble,
        .ended = on_ended,
        .arg = duty,
        .beat_path = "/kindred.v1.Peers/Beat",
        .beat_answer = &kindred__v1__peers_beat_response__descriptor};
    if (client_lease_open(&duty->lease))
        return duty;
    kindred_duty_free(duty);
    return NULL;
}

void kindred_duty_free(struct kindred_duty *duty)
{
    if (!duty)
        return;
    client_lease_close(&duty->lease);
    free(duty);
}

bool kindred_member_leave(struct kindred_member *member, kindred_done *done,
                          void *arg)
{
    Kindred__V1__LeaveRequest request = KINDRED__V1__LEAVE_REQUEST__INIT;
    const struct client_op op = {.client = member->client,
                                 .member = member,
                                 .path = "/kindred.v1.Peers/Leave",
                                 .request = &request,
                                 .key = &request.idempotency_key,
                                 .answer =
                                     &kindred__v1__leave_response__descriptor,
                                 .done = done,
                                 .arg = arg};

    return client_op_start(&op);
}

bool kindred_member_resume(struct kindred_member *member, kindred_done *done,
                           void *arg)
{
    Kindred__V1__ResumeRequest request = KINDRED__V1__RESUME_REQUEST__INIT;
    const struct client_op op = {.client = member->client,
                                 .member = member,
                                 .path = "/kindred.v1.Peers/Resume",
                                 .request = &request,
                                 .key = &request.idempotency_key,
                                 .answer =
                                     &kindred__v1__resume_response__descriptor,
                                 .done = done,
                                 .arg = arg};

    return client_op_start(&op);
}

/* ---- an answer ---- */

struct answering { /* a secret */
    kindred_answered *done;
    void *arg;
    uint8_t seed[32], mailbox[KINDRED_KEY];
};

static void on_answered(void *arg, const struct kindred_error *error,
                        const void *answer)
{
    struct answering *answering = arg;
    const Kindred__V1__AnswerResponse *response = answer;
    struct kindred_talk_start start = {0};
    struct kindred_error failed = *error;
    bool begins = error->status == STATUS_OK && response->talk;
    enum err err = ERR_NONE;

    if (begins)
        err = client_op_talk(&start, response->talk, answering->seed,
                             answering->mailbox);
    if (err != ERR_NONE) {
        client_error_set(&failed, err);
        begins = false;
    }
    answering->done(answering->arg, &failed, begins ? &start : NULL);
    wipe(&start, sizeof start);
    wipe(answering, sizeof *answering);
    free(answering);
}

bool kindred_member_answer(struct kindred_member *member, uint64_t offer_id,
                           bool accept, kindred_answered *done, void *arg)
{
    Kindred__V1__AnswerRequest request = KINDRED__V1__ANSWER_REQUEST__INIT;
    Kindred__V1__AnswerRequest__Accept yes =
        KINDRED__V1__ANSWER_REQUEST__ACCEPT__INIT;
    Kindred__V1__AnswerRequest__Decline no =
        KINDRED__V1__ANSWER_REQUEST__DECLINE__INIT;
    struct answering *answering = calloc(1, sizeof *answering);
    struct client_job_options options = {
        .client = member->client,
        .member = member,
        .path = "/kindred.v1.Peers/Answer",
        .request = &request,
        .answer = &kindred__v1__answer_response__descriptor,
        .done = on_answered,
        .arg = answering};
    uint8_t key[KINDRED_IDEMPOTENCY], public_key[KINDRED_KEY], secret[32];

    if (!answering)
        return false;
    answering->done = done;
    answering->arg = arg;
    net_entropy_fill(answering->seed, sizeof answering->seed);
    net_entropy_fill(answering->mailbox, sizeof answering->mailbox);
    seal_talk_keypair(public_key, secret, answering->seed);
    wipe(secret, sizeof secret);
    request.idempotency_key = client_op_key(key);
    request.offer_id = offer_id;
    if (accept) {
        yes.talk_key = client_op_bytes(public_key, sizeof public_key);
        yes.mailbox =
            client_op_bytes(answering->mailbox, sizeof answering->mailbox);
        request.answer_case = KINDRED__V1__ANSWER_REQUEST__ANSWER_ACCEPT;
        request.accept = &yes;
    } else {
        request.answer_case = KINDRED__V1__ANSWER_REQUEST__ANSWER_DECLINE;
        request.decline = &no;
    }
    if (client_job_start(&options))
        return true;
    wipe(answering, sizeof *answering);
    free(answering);
    return false;
}
