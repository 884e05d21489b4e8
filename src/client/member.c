#include "client/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "net/entropy.h"
#include "pb/kindred/v1/accounts.pb-c.h"

struct waiter { /* for the login itself */
    struct list by_member;
    kindred_logged_in *done;
    void *arg;
};

struct client_enrol { /* one enrolment under way */
    kindred_done *done;
    void *arg;
    struct client_job *step;
    uint8_t key[KINDRED_IDEMPOTENCY];
    enum kindred_grade grade;
    char pool[KINDRED_POOL], invitation[65];
};

/* ---- the three calls that need no token ---- */

struct client_job *client_member_info(struct kindred_member *member,
                                      client_member_step *done)
{
    Kindred__V1__GetServerInfoRequest request =
        KINDRED__V1__GET_SERVER_INFO_REQUEST__INIT;
    struct client_job_options options = {
        .client = member->client,
        .path = "/kindred.v1.Accounts/GetServerInfo",
        .request = &request,
        .answer = &kindred__v1__get_server_info_response__descriptor,
        .done = done,
        .arg = member};

    return client_job_start(&options);
}

struct client_job *client_member_challenge(struct kindred_member *member,
                                           client_member_step *done)
{
    Kindred__V1__ChallengeRequest request =
        KINDRED__V1__CHALLENGE_REQUEST__INIT;
    struct client_job_options options = {
        .client = member->client,
        .path = "/kindred.v1.Accounts/Challenge",
        .request = &request,
        .answer = &kindred__v1__challenge_response__descriptor,
        .done = done,
        .arg = member};

    return client_job_start(&options);
}

bool client_member_keep_info(struct kindred_member *member, const void *answer)
{
    const Kindred__V1__GetServerInfoResponse *info = answer;
    size_t size = strlen(info->origin);

    if (size == 0 || size > SEAL_ACCOUNT_ORIGIN_MAX)
        return false;
    memcpy(member->origin, info->origin, size + 1);
    member->consent_version = info->consent_version;
    if (info->limits && info->limits->beat_ms >= 1000)
        member->beat_ms = info->limits->beat_ms;
    return true;
}

/* ---- login ---- */

static void release(struct kindred_member *member)
{
    wipe(member, sizeof *member);
    free(member);
}

/* Those that wait now: a callback may come to wait anew, and one that frees
 * the member has told the others when it returns. */
static void tell_waiters(struct kindred_member *member,
                         const struct kindred_error *error)
{
    size_t waiting = 0;
    struct list *link;

    LIST_EACH (each, &member->logins)
        waiting++;
    while (waiting-- > 0 && (link = list_pop_front(&member->logins))) {
        struct waiter *waiter = LIST_ENTRY(link, struct waiter, by_member);

        waiter->done(waiter->arg, error,
                     error->status == STATUS_OK ? &member->login : NULL);
        free(waiter);
    }
}

static void finish_login(struct kindred_member *member,
                         const struct kindred_error *error)
{
    member->step = NULL;
    member->inside = true;
    client_job_token(&member->jobs, error);
    tell_waiters(member, error);
    member->inside = false;
    if (member->freed)
        release(member);
}

static void fail_login(struct kindred_member *member, enum err err)
{
    struct kindred_error error;

    client_error_set(&error, err);
    finish_login(member, &error);
}

static void on_login_challenge(void *arg, const struct kindred_error *error,
                               const void *answer);

static void challenge_login(struct kindred_member *member)
{
    member->step = client_member_challenge(member, on_login_challenge);
    if (!member->step)
        fail_login(member, ERR_NOMEM);
}

static void on_login(void *arg, const struct kindred_error *error,
                     const void *answer)
{
    struct kindred_member *member = arg;
    const Kindred__V1__LoginResponse *response = answer;

    if (client_error_is(error, ERR_CHALLENGE) &&
        ++member->tries < CLIENT_MEMBER_TRIES) {
        challenge_login(member);
        return;
    }
    if (error->status == STATUS_OK && member->bound && member->plain) {
        challenge_login(member); /* somebody came who wants a plain one */
        return;
    }
    if (error->status != STATUS_OK) {
        finish_login(member, error);
        return;
    }
    if (strlen(response->access_token) >= sizeof member->token ||
        strlen(response->pool) >= sizeof member->pool) {
        fail_login(member, ERR_PROTO);
        return;
    }
    (void)snprintf(member->token, sizeof member->token, "%s",
                   response->access_token);
    (void)snprintf(member->pool, sizeof member->pool, "%s", response->pool);
    member->token_until_ms =
        kindred_loop_now_ms(member->client->loop) + response->expires_in_ms;
    member->login = (struct kindred_login){
        .token = member->token,
        .pool = member->pool,
        .expires_in_ms = response->expires_in_ms,
        .grade = (enum kindred_grade)(int)response->grade};
    finish_login(member, error);
}

/* A fresh proof key for the token to come, unless it is to be given away. */
static void bind_token(struct kindred_member *member)
{
    wipe(member->token, sizeof member->token); /* it was of another */
    member->bound = !member->plain;
    if (member->bound)
        net_entropy_fill(member->proof_key, sizeof member->proof_key);
}

static void on_login_challenge(void *arg, const struct kindred_error *error,
                               const void *answer)
{
    struct kindred_member *member = arg;
    const Kindred__V1__ChallengeResponse *challenge = answer;
    Kindred__V1__LoginRequest request = KINDRED__V1__LOGIN_REQUEST__INIT;
    struct client_job_options options = {
        .client = member->client,
        .path = "/kindred.v1.Accounts/Login",
        .request = &request,
        .answer = &kindred__v1__login_response__descriptor,
        .done = on_login,
        .arg = member};
    struct seal_account_claim claim = {.call = SEAL_ACCOUNT_LOGIN,
                                       .origin = member->origin};
    uint8_t signature[SEAL_ACCOUNT_SIGNATURE];

    if (error->status != STATUS_OK) {
        finish_login(member, error);
        return;
    }
    bind_token(member);
    claim.nonce = challenge->nonce.data;
    claim.proof_key = client_member_proof(member);
    if (challenge->nonce.len != SEAL_ACCOUNT_NONCE || /* Law 2 */
        seal_account_sign(signature, &claim, member->secret_key)) {
        fail_login(member, ERR_PROTO);
        return;
    }
    request.public_key.data = member->public_key;
    request.public_key.len = sizeof member->public_key;
    request.nonce = challenge->nonce;
    request.signature.data = signature;
    request.signature.len = sizeof signature;
    if (claim.proof_key) {
        request.proof_key.data = member->proof_key;
        request.proof_key.len = sizeof member->proof_key;
    }
    member->step = client_job_start(&options);
    if (!member->step)
        fail_login(member, ERR_NOMEM);
}

static void on_login_info(void *arg, const struct kindred_error *error,
                          const void *answer)
{
    struct kindred_member *member = arg;

    if (error->status != STATUS_OK)
        finish_login(member, error);
    else if (!client_member_keep_info(member, answer))
        fail_login(member, ERR_PROTO);
    else
        challenge_login(member);
}

bool client_member_log_in(struct kindred_member *member)
{
    if (member->step || member->freed) /* Law 1 */
        return true;
    member->tries = 0;
    member->step = member->origin[0]
                       ? client_member_challenge(member, on_login_challenge)
                       : client_member_info(member, on_login_info);
    return member->step != NULL;
}

const char *client_member_token(const struct kindred_member *member)
{
    uint64_t now_ms = kindred_loop_now_ms(member->client->loop);

    if (!member->token[0] ||
        now_ms + CLIENT_MEMBER_RENEW_MS >= member->token_until_ms)
        return NULL;
    return member->token;
}

const uint8_t *client_member_proof(const struct kindred_member *member)
{
    return member->bound ? member->proof_key : NULL;
}

void client_member_token_expired(struct kindred_member *member)
{
    wipe(member->token, sizeof member->token);
}

bool client_member_try(struct kindred_member *member, kindred_logged_in *done,
                       void *arg)
{
    struct waiter *waiter = member->freed ? NULL : calloc(1, sizeof *waiter);

    if (!waiter)
        return false;
    waiter->done = done;
    waiter->arg = arg;
    list_push_back(&member->logins, &waiter->by_member);
    if (client_member_log_in(member))
        return true;
    list_unlink(&waiter->by_member);
    free(waiter);
    return false;
}

bool kindred_member_login(struct kindred_member *member,
                          kindred_logged_in *done, void *arg)
{
    member->plain = true;
    return client_member_try(member, done, arg);
}

bool kindred_member_call(struct kindred_member *member,
                         const struct kindred_call_options *options,
                         const struct kindred_call_handler *handler)
{
    return client_job_raw(member, options, handler) != NULL;
}

/* ---- enrolment ---- */

static void finish_enrol(struct kindred_member *member,
                         const struct kindred_error *error)
{
    struct client_enrol enrol = *member->enrol;

    free(member->enrol);
    member->enrol = NULL;
    enrol.done(enrol.arg, error);
}

static void fail_enrol(struct kindred_member *member, enum err err)
{
    struct kindred_error error;

    client_error_set(&error, err);
    finish_enrol(member, &error);
}

static void on_enrolled(void *arg, const struct kindred_error *error,
                        const void *answer)
{
    (void)answer;
    finish_enrol(arg, error);
}

static void on_enrol_challenge(void *arg, const struct kindred_error *error,
                               const void *answer)
{
    struct kindred_member *member = arg;
    struct client_enrol *enrol = member->enrol;
    const Kindred__V1__ChallengeResponse *challenge = answer;
    Kindred__V1__EnrollRequest request = KINDRED__V1__ENROLL_REQUEST__INIT;
    struct client_job_options options = {
        .client = member->client,
        .path = "/kindred.v1.Accounts/Enroll",
        .request = &request,
        .answer = &kindred__v1__enroll_response__descriptor,
        .done = on_enrolled,
        .arg = member};
    struct seal_account_claim claim = {
        .call = SEAL_ACCOUNT_ENROLL,
        .origin = member->origin,
        .enroll = {.pool = enrol->pool, .grade = (uint8_t)enrol->grade}};
    uint8_t signature[SEAL_ACCOUNT_SIGNATURE];

    if (error->status != STATUS_OK) {
        finish_enrol(member, error);
        return;
    }
    claim.nonce = challenge->nonce.data;
    if (challenge->nonce.len != SEAL_ACCOUNT_NONCE ||
        seal_account_sign(signature, &claim, member->secret_key)) {
        fail_enrol(member, ERR_INVALID);
        return;
    }
    request.idempotency_key.data = enrol->key;
    request.idempotency_key.len = sizeof enrol->key;
    request.public_key.data = member->public_key;
    request.public_key.len = sizeof member->public_key;
    request.pool = enrol->pool;
    request.grade = (Kindred__V1__Grade)(int)enrol->grade;
    request.invitation = enrol->invitation;
    request.nonce = challenge->nonce;
    request.signature.data = signature;
    request.signature.len = sizeof signature;
    enrol->step = client_job_start(&options);
    if (!enrol->step)
        fail_enrol(member, ERR_NOMEM);
}

static void on_enrol_info(void *arg, const struct kindred_error *error,
                          const void *answer)
{
    struct kindred_member *member = arg;

    if (error->status != STATUS_OK) {
        finish_enrol(member, error);
        return;
    }
    if (!client_member_keep_info(member, answer)) {
        fail_enrol(member, ERR_PROTO);
        return;
    }
    member->enrol->step = client_member_challenge(member, on_enrol_challenge);
    if (!member->enrol->step)
        fail_enrol(member, ERR_NOMEM);
}

bool kindred_member_enroll(struct kindred_member *member, const char *pool,
                           enum kindred_grade grade, const char *invitation,
                           kindred_done *done, void *arg)
{
    struct client_enrol *enrol =
        member->freed ? NULL : calloc(1, sizeof *enrol);

    REQUIRE(!member->enrol);
    if (!enrol)
        return false;
    enrol->done = done;
    enrol->arg = arg;
    enrol->grade = grade;
    net_entropy_fill(enrol->key, sizeof enrol->key);
    (void)snprintf(enrol->pool, sizeof enrol->pool, "%s", pool);
    (void)snprintf(enrol->invitation, sizeof enrol->invitation, "%s",
                   invitation ? invitation : "");
    member->enrol = enrol;
    enrol->step = client_member_info(member, on_enrol_info);
    if (enrol->step)
        return true;
    free(enrol);
    member->enrol = NULL;
    return false;
}

/* ---- birth and death ---- */

struct kindred_member *
kindred_member_new(struct kindred_client *client,
                   const struct kindred_identity *identity)
{
    struct kindred_member *member = calloc(1, sizeof *member);

    if (!member)
        return NULL;
    member->client = client;
    member->beat_ms = 20000;
    seal_account_keypair(member->public_key, member->secret_key,
                         identity->seed);
    list_init(&member->jobs);
    list_init(&member->logins);
    return member;
}

void kindred_member_free(struct kindred_member *member)
{
    struct kindred_error error;

    if (!member || member->freed)
        return;
    member->freed = true;
    client_error_set(&error, ERR_CANCELED);
    client_job_cancel(member->step);
    if (member->enrol) {
        client_job_cancel(member->enrol->step);
        finish_enrol(member, &error);
    }
    client_rotate_cancel(member);
    tell_waiters(member, &error);
    client_job_end_all(&member->jobs);
    if (!member->inside)
        release(member);
}
