/* client/rotate -- another account key for the same member. */
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "client/member.h"
#include "client/op.h"
#include "net/entropy.h"
#include "pb/kindred/v1/accounts.pb-c.h"

struct client_rotation { /* one under way */
    kindred_done *done;
    void *arg;
    struct client_job *step;
    uint8_t key[KINDRED_IDEMPOTENCY];
    uint8_t public_key[SEAL_ACCOUNT_PUBLIC]; /* the other: new, then old */
    uint8_t secret_key[SEAL_ACCOUNT_SECRET];
    uint32_t tries;
};

static void drop(struct kindred_member *member)
{
    struct client_rotation *rotation = member->rotation;

    member->rotation = NULL;
    client_job_cancel(rotation->step);
    wipe(rotation, sizeof *rotation);
    free(rotation);
}

static void finish(struct kindred_member *member,
                   const struct kindred_error *error)
{
    kindred_done *done = member->rotation->done;
    void *arg = member->rotation->arg;

    drop(member);
    done(arg, error);
}

static void fail(struct kindred_member *member, enum err err)
{
    struct kindred_error error;

    client_error_set(&error, err);
    finish(member, &error);
}

void client_rotate_cancel(struct kindred_member *member)
{
    if (member->rotation)
        fail(member, ERR_CANCELED);
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t was = a[i];

        a[i] = b[i];
        b[i] = was;
    }
}

/* The member is of the other key; what it logged in with is worth nothing. */
static void swap_keys(struct kindred_member *member)
{
    struct client_rotation *rotation = member->rotation;

    swap_bytes(member->public_key, rotation->public_key,
               sizeof member->public_key);
    swap_bytes(member->secret_key, rotation->secret_key,
               sizeof member->secret_key);
    client_member_token_expired(member);
}

static void on_challenge(void *arg, const struct kindred_error *error,
                         const void *answer);

static void challenge(struct kindred_member *member)
{
    member->rotation->step = client_member_challenge(member, on_challenge);
    if (!member->rotation->step)
        fail(member, ERR_NOMEM);
}

/* With the new key, to see whether it is the member's already. */
static void on_login(void *arg, const struct kindred_error *error,
                     const struct kindred_login *login)
{
    struct kindred_member *member = arg;

    (void)login;
    if (!member->rotation)
        return;
    if (error->status != STATUS_OK)
        swap_keys(member);
    finish(member, error);
}

static void on_rotated(void *arg, const struct kindred_error *error,
                       const void *answer)
{
    struct kindred_member *member = arg;
    struct client_rotation *rotation = member->rotation;

    (void)answer;
    rotation->step = NULL;
    if (client_error_is(error, ERR_CHALLENGE) &&
        ++rotation->tries < CLIENT_MEMBER_TRIES) {
        challenge(member);
        return;
    }
    if (error->status == STATUS_OK)
        swap_keys(member);
    if (!client_error_is(error, ERR_NOT_ENROLLED)) {
        finish(member, error);
        return;
    }
    swap_keys(member); /* the answer to an earlier try was lost, perhaps */
    if (client_member_try(member, on_login, member))
        return;
    swap_keys(member);
    fail(member, ERR_NOMEM);
}

static enum err sign(const struct kindred_member *member,
                     const uint8_t nonce[static SEAL_ACCOUNT_NONCE],
                     uint8_t old_signature[static SEAL_ACCOUNT_SIGNATURE],
                     uint8_t new_signature[static SEAL_ACCOUNT_SIGNATURE])
{
    const struct client_rotation *rotation = member->rotation;
    const struct seal_account_claim claim = {
        .call = SEAL_ACCOUNT_ROTATE,
        .origin = member->origin,
        .nonce = nonce,
        .rotate = {.idempotency_key = rotation->key,
                   .old_key = member->public_key,
                   .new_key = rotation->public_key}};
    enum err err = seal_account_sign(old_signature, &claim, member->secret_key);

    return err == ERR_NONE
               ? seal_account_sign(new_signature, &claim, rotation->secret_key)
               : err;
}

static void on_challenge(void *arg, const struct kindred_error *error,
                         const void *answer)
{
    struct kindred_member *member = arg;
    struct client_rotation *rotation = member->rotation;
    const Kindred__V1__ChallengeResponse *nonce = answer;
    Kindred__V1__RotateKeyRequest request =
        KINDRED__V1__ROTATE_KEY_REQUEST__INIT;
    struct client_job_options options = {
        .client = member->client,
        .path = "/kindred.v1.Accounts/RotateKey",
        .request = &request,
        .answer = &kindred__v1__rotate_key_response__descriptor,
        .done = on_rotated,
        .arg = member};
    uint8_t signature[SEAL_ACCOUNT_SIGNATURE], other[SEAL_ACCOUNT_SIGNATURE];

    rotation->step = NULL;
    if (error->status != STATUS_OK) {
        finish(member, error);
        return;
    }
    if (nonce->nonce.len != SEAL_ACCOUNT_NONCE ||
        sign(member, nonce->nonce.data, signature, other) != ERR_NONE) {
        fail(member, ERR_PROTO);
        return;
    }
    request.idempotency_key =
        client_op_bytes(rotation->key, sizeof rotation->key);
    request.public_key =
        client_op_bytes(member->public_key, sizeof member->public_key);
    request.new_public_key =
        client_op_bytes(rotation->public_key, sizeof rotation->public_key);
    request.nonce = nonce->nonce;
    request.signature = client_op_bytes(signature, sizeof signature);
    request.new_signature = client_op_bytes(other, sizeof other);
    rotation->step = client_job_start(&options);
    if (!rotation->step)
        fail(member, ERR_NOMEM);
}

static void on_info(void *arg, const struct kindred_error *error,
                    const void *answer)
{
    struct kindred_member *member = arg;

    member->rotation->step = NULL;
    if (error->status != STATUS_OK)
        finish(member, error);
    else if (!client_member_keep_info(member, answer))
        fail(member, ERR_PROTO);
    else
        challenge(member);
}

bool kindred_member_rotate(struct kindred_member *member,
                           const struct kindred_identity *fresh,
                           kindred_done *done, void *arg)
{
    struct client_rotation *rotation =
        member->freed ? NULL : calloc(1, sizeof *rotation);

    REQUIRE(!member->rotation);
    if (!rotation)
        return false;
    rotation->done = done;
    rotation->arg = arg;
    net_entropy_fill(rotation->key, sizeof rotation->key);
    seal_account_keypair(rotation->public_key, rotation->secret_key,
                         fresh->seed);
    member->rotation = rotation;
    rotation->step = client_member_info(member, on_info);
    if (rotation->step)
        return true;
    drop(member);
    return false;
}
