/* service/accounts -- who one is: a key made on the device, nothing else. */
#include <string.h>

#include "base/wipe.h"
#include "kindred_data.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/accounts.pb-c.h"
#include "seal/account.h"
#include "seal/challenge.h"
#include "seal/token.h"
#include "service/bindings.h"
#include "service/service.h"
#include "service/text.h"
#include "service/version.h"

_Static_assert((int)SEAL_ACCOUNT_HANDLE == (int)STORE_HASH,
               "a handle is a stored hash");

static Kindred__V1__Grade grade_out(enum match_grade grade)
{
    return (Kindred__V1__Grade)((int)grade + 1);
}

static void fill_limits(const struct service_config *config,
                        Kindred__V1__Limits *out)
{
    const struct match_limits *limits = &config->limits;

    kindred__v1__limits__init(out);
    out->have_max = MATCH_HAVE_MAX;
    out->seek_groups_max = MATCH_SEEK_MAX;
    out->seek_tokens_max = MATCH_SEEK_TOKENS_MAX;
    out->must_groups_max = MATCH_MUST_MAX;
    out->must_not_max = MATCH_MUST_NOT_MAX;
    out->group_tokens_max = MATCH_GROUP_MAX;
    out->capacity_max = MATCH_CAPACITY_MAX;
    out->ciphertext_bytes_max = (uint32_t)limits->message_bytes_max;
    out->mailbox_messages_max = STORE_MESSAGES_MAX;
    out->mailbox_bytes_max = STORE_MAILBOX_BYTES_MAX;
    out->request_bytes_max = RPC_MESSAGE_MAX;
    out->beat_ms = (uint32_t)limits->beat_ms;
    out->bound_ms = (uint32_t)limits->bound_ms;
    out->ticket_ms = (uint32_t)limits->ticket_ms;
    out->cards_per_day = config->cards_per_day;
    out->blocks_max = STORE_BLOCKS_MAX;
}

static struct rpc_verdict
accounts_get_server_info(struct rpc_call *call,
                         const Kindred__V1__GetServerInfoRequest *request)
{
    const struct service_config *config = service_of(call)->config;
    Kindred__V1__GetServerInfoResponse response =
        KINDRED__V1__GET_SERVER_INFO_RESPONSE__INIT;
    Kindred__V1__PoolInfo pool[SERVICE_POOLS_MAX], *pools[SERVICE_POOLS_MAX];
    char *languages[] = {service_text("en"), service_text("es")};
    Kindred__V1__Limits limits;

    (void)request;
    for (uint32_t i = 0; i < config->pools; i++) {
        kindred__v1__pool_info__init(&pool[i]);
        pool[i].name = service_text(config->pool[i].name);
        pool[i].enrollment =
            (Kindred__V1__Enrollment)config->pool[i].enrollment;
        pool[i].grade_max = grade_out(config->pool[i].grade_max);
        pools[i] = &pool[i];
    }
    fill_limits(config, &limits);
    response.name = service_text(config->name);
    response.version = service_text(SERVICE_VERSION);
    response.api_version = service_text("v1");
    response.origin = service_text(config->origin);
    response.pools = pools;
    response.n_pools = config->pools;
    response.limits = &limits;
    response.vocabulary_version = DATA_VOCABULARY_VERSION;
    response.vocabulary_min_version = DATA_VOCABULARY_MIN_VERSION;
    response.consent_version = config->consent_version;
    response.languages = languages;
    response.n_languages = sizeof languages / sizeof *languages;
    return rpc_reply(call, &response);
}

static struct rpc_verdict
accounts_challenge(struct rpc_call *call,
                   const Kindred__V1__ChallengeRequest *request)
{
    const struct service *service = service_of(call);
    Kindred__V1__ChallengeResponse response =
        KINDRED__V1__CHALLENGE_RESPONSE__INIT;
    uint8_t nonce[SEAL_CHALLENGE], salt[SEAL_CHALLENGE_SALT];

    (void)request;
    service->port.random(service->port.arg, salt, sizeof salt);
    seal_challenge_make(nonce, service->keys->challenge,
                        service_now_ms(service), salt);
    response.nonce.data = nonce;
    response.nonce.len = sizeof nonce;
    response.valid_ms = SEAL_CHALLENGE_VALID_MS;
    return rpc_reply(call, &response);
}

/* Who signs: a key and its signature, as they came. */
struct signer {
    ProtobufCBinaryData key, signature;
};

/* The lengths, the nonce and each signature, in this order. */
static enum err check_claim(const struct service *service,
                            struct seal_account_claim *claim,
                            ProtobufCBinaryData nonce,
                            const struct signer *signer, size_t signers)
{
    enum err err = nonce.len == SEAL_ACCOUNT_NONCE ? ERR_NONE : ERR_INVALID;

    for (size_t i = 0; i < signers; i++)
        if (signer[i].key.len != SEAL_ACCOUNT_PUBLIC ||
            signer[i].signature.len != SEAL_ACCOUNT_SIGNATURE)
            err = ERR_INVALID;
    if (err == ERR_NONE)
        err = seal_challenge_check(nonce.data, service->keys->challenge,
                                   service_now_ms(service));
    claim->origin = service->config->origin;
    claim->nonce = nonce.data;
    for (size_t i = 0; i < signers && err == ERR_NONE; i++)
        err = seal_account_verify(signer[i].signature.data, claim,
                                  signer[i].key.data);
    return err;
}

/* Compared whole, so that the time taken tells nothing of how much fits. */
static bool is_invitation(const struct service_config *config, const char *said)
{
    char padded[sizeof config->invitation] = {0};
    unsigned char differs = config->invitation[0] == '\0';

    (void)strncpy(padded, said, sizeof padded - 1);
    for (size_t i = 0; i < sizeof padded; i++)
        differs |= (unsigned char)(padded[i] ^ config->invitation[i]);
    return differs == 0;
}

/* The pool of that name that admits this grade, or SERVICE_POOLS_MAX. */
static uint32_t find_pool(const struct service_config *config,
                          const Kindred__V1__EnrollRequest *request,
                          enum match_grade grade)
{
    bool invited = is_invitation(config, request->invitation);

    for (uint32_t i = 0; i < config->pools; i++) {
        const struct service_pool *pool = &config->pool[i];

        if (strcmp(pool->name, request->pool) != 0)
            continue;
        if (grade <= pool->grade_max &&
            (pool->enrollment == ENROLLMENT_OPEN ||
             (pool->enrollment == ENROLLMENT_INVITATION && invited)))
            return i;
    }
    return SERVICE_POOLS_MAX;
}

static uint64_t left_ms(uint64_t until_ms, uint64_t now_ms)
{
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

static void enrolled(struct service_request *request, struct rpc_call *call)
{
    const struct store_result *result = &request->job.result;
    Kindred__V1__EnrollResponse response = KINDRED__V1__ENROLL_RESPONSE__INIT;
    enum err err = service_request_err(request);

    if (!call)
        return;
    if (err == ERR_NONE) {
        response.grade = grade_out(result->account.grade);
        response.grade_expires_in_ms = left_ms(
            result->account.grade_until_ms, service_now_ms(request->service));
        err = rpc_send(call, &response);
    }
    rpc_end(call, err);
}

/* Off to the store.  The same intent has the same key, whatever challenge it
 * answered: of the request, `intent` holds all but that and what signs it. */
static struct rpc_verdict send_keyed(struct rpc_call *call,
                                     struct service_request *request,
                                     ProtobufCBinaryData key,
                                     const ProtobufCMessage *intent)
{
    enum err err =
        service_key(request->service, &request->job.command.key, key, intent);

    if (err == ERR_NONE)
        err = service_request_send(request);
    else
        service_request_free(request);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

static struct rpc_verdict accounts_enroll(struct rpc_call *call,
                                          const Kindred__V1__EnrollRequest *in)
{
    struct service *service = service_of(call);
    struct seal_account_claim claim = {
        .call = SEAL_ACCOUNT_ENROLL,
        .enroll = {.pool = in->pool, .grade = (uint8_t)in->grade}};
    const struct signer signer = {in->public_key, in->signature};
    Kindred__V1__EnrollRequest intent = *in;
    struct service_request *request;
    struct store_command *command;
    enum match_grade grade;
    uint32_t pool;
    enum err err;

    if (in->grade < KINDRED__V1__GRADE__GRADE_MEMBER ||
        in->grade > KINDRED__V1__GRADE__GRADE_CRISIS_PEER ||
        strlen(in->invitation) > 64)
        return rpc_fail(call, ERR_INVALID);
    grade = (enum match_grade)((int)in->grade - 1);
    err = check_claim(service, &claim, in->nonce, &signer, 1);
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    pool = find_pool(service->config, in, grade);
    if (pool == SERVICE_POOLS_MAX)
        return rpc_fail(call, ERR_ENROLL_CLOSED);
    request =
        service_request_new(service, rpc_call_id(call), STORE_ENROL, enrolled);
    if (!request)
        return rpc_fail(call, ERR_FULL);
    command = &request->job.command;
    command->enrol.member = service_random_id(service);
    command->enrol.pool = pool;
    command->enrol.grade = grade;
    seal_account_handle(command->enrol.handle, service->keys->handle,
                        in->public_key.data);
    intent.nonce.len = intent.signature.len = 0;
    return send_keyed(call, request, in->idempotency_key, &intent.base);
}

struct login { /* the call's own state */
    uint8_t nonce[SEAL_CHALLENGE];
    uint8_t proof_key[SEAL_TOKEN_PROOF]; /* zeros: none */
};

static enum err log_in(const struct service_request *request,
                       const struct login *login,
                       Kindred__V1__LoginResponse *response,
                       char text[SEAL_TOKEN_TEXT + 1])
{
    const struct service *service = request->service;
    const struct store_result *result = &request->job.result;
    const struct service_config *config = service->config;
    uint64_t now_ms = service_now_ms(service);
    struct seal_token token = {.member = result->account.member,
                               .pool = result->account.pool,
                               .grade = (uint8_t)result->account.grade,
                               .grade_until_ms = result->account.grade_until_ms,
                               .until_ms = now_ms + config->token_ms,
                               .since_ms = request->job.command.now_ms,
                               .generation = result->account.generation};
    uint8_t nonce[SEAL_TOKEN_NONCE];

    if (!result->account.active)
        return ERR_MEMBER_INACTIVE;
    if (token.pool >= config->pools)
        return ERR_INTERNAL;
    memcpy(token.proof_key, login->proof_key, sizeof token.proof_key);
    service->port.random(service->port.arg, nonce, sizeof nonce);
    seal_token_seal(text, &token, service->keys->token, nonce);
    wipe(&token, sizeof token);
    response->access_token = text;
    response->expires_in_ms = config->token_ms;
    response->grade = grade_out(result->account.grade);
    response->grade_expires_in_ms =
        left_ms(result->account.grade_until_ms, now_ms);
    response->pool = service_text(config->pool[result->account.pool].name);
    return ERR_NONE;
}

/* Only a member's true signature uses a nonce up: the book of used ones is
 * bounded, and a stranger has as many keys as they like. */
static enum err use_nonce(const struct service *service,
                          const struct login *login)
{
    return service->port.nonce_use(service->port.arg, login->nonce);
}

static void account_found(struct service_request *request,
                          struct rpc_call *call)
{
    Kindred__V1__LoginResponse response = KINDRED__V1__LOGIN_RESPONSE__INIT;
    char text[SEAL_TOKEN_TEXT + 1];
    enum err err = service_request_err(request);
    struct login *login;

    if (!call)
        return;
    login = rpc_call_user(call);
    if (err == ERR_NONE)
        err = use_nonce(request->service, login);
    if (err == ERR_NONE)
        err = log_in(request, login, &response, text);
    if (err == ERR_NONE)
        err = rpc_send(call, &response);
    wipe(text, sizeof text);
    wipe(login, sizeof *login);
    rpc_end(call, err);
}

/* None, or one that is not the token's mark for none. */
static bool is_proof_key(ProtobufCBinaryData key)
{
    uint8_t any = 0;

    for (size_t i = 0; i < key.len; i++)
        any |= key.data[i];
    return key.len == 0 || (key.len == SEAL_TOKEN_PROOF && any != 0);
}

static struct rpc_verdict accounts_login(struct rpc_call *call,
                                         const Kindred__V1__LoginRequest *in)
{
    struct service *service = service_of(call);
    struct seal_account_claim claim = {.call = SEAL_ACCOUNT_LOGIN};
    const struct signer signer = {in->public_key, in->signature};
    struct login *login = rpc_call_alloc(call, sizeof *login);
    struct service_request *request;
    enum err err;

    if (!is_proof_key(in->proof_key))
        return rpc_fail(call, ERR_INVALID);
    if (in->proof_key.len > 0)
        claim.proof_key = in->proof_key.data;
    err = check_claim(service, &claim, in->nonce, &signer, 1);
    if (err == ERR_NONE && !login)
        err = ERR_NOMEM;
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    *login = (struct login){0};
    memcpy(login->nonce, in->nonce.data, sizeof login->nonce);
    if (claim.proof_key)
        memcpy(login->proof_key, claim.proof_key, sizeof login->proof_key);
    rpc_call_set_user(call, login);
    request = service_request_new(service, rpc_call_id(call),
                                  STORE_FIND_ACCOUNT, account_found);
    if (!request)
        return rpc_fail(call, ERR_FULL);
    seal_account_handle(request->job.command.find_account.handle,
                        service->keys->handle, in->public_key.data);
    err = service_request_send(request);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

/* Tokens of the old key are worth nothing before anybody hears of the new
 * one; also where nobody is left to hear it. */
static void rotated(struct service_request *request, struct rpc_call *call)
{
    const struct service_port *port = &request->service->port;
    const struct store_result *result = &request->job.result;
    Kindred__V1__RotateKeyResponse response =
        KINDRED__V1__ROTATE_KEY_RESPONSE__INIT;
    enum err err = service_request_err(request);

    if (err == ERR_NONE)
        port->revoke(port->arg, result->account.member,
                     result->account.generation, result->account.rotated_ms);
    if (!call)
        return;
    if (err == ERR_NONE)
        err = rpc_send(call, &response);
    rpc_end(call, err);
}

static enum err check_rotation(const struct service *service,
                               const Kindred__V1__RotateKeyRequest *in)
{
    struct seal_account_claim claim = {
        .call = SEAL_ACCOUNT_ROTATE,
        .rotate = {.idempotency_key = in->idempotency_key.data,
                   .old_key = in->public_key.data,
                   .new_key = in->new_public_key.data}};
    const struct signer both[] = {{in->public_key, in->signature},
                                  {in->new_public_key, in->new_signature}};

    if (in->idempotency_key.len != SEAL_ACCOUNT_IDEMPOTENCY)
        return ERR_KEY_MISSING;
    if (in->public_key.len == SEAL_ACCOUNT_PUBLIC &&
        in->new_public_key.len == SEAL_ACCOUNT_PUBLIC &&
        memcmp(in->public_key.data, in->new_public_key.data,
               SEAL_ACCOUNT_PUBLIC) == 0)
        return ERR_INVALID;
    return check_claim(service, &claim, in->nonce, both, 2);
}

static struct rpc_verdict
accounts_rotate_key(struct rpc_call *call,
                    const Kindred__V1__RotateKeyRequest *in)
{
    struct service *service = service_of(call);
    const uint8_t *secret = service->keys->handle;
    Kindred__V1__RotateKeyRequest intent = *in;
    struct service_request *request;
    struct store_command *command;
    enum err err = check_rotation(service, in);

    if (err != ERR_NONE)
        return rpc_fail(call, err);
    request =
        service_request_new(service, rpc_call_id(call), STORE_ROTATE, rotated);
    if (!request)
        return rpc_fail(call, ERR_FULL);
    command = &request->job.command;
    seal_account_handle(command->rotate.old_handle, secret,
                        in->public_key.data);
    seal_account_handle(command->rotate.new_handle, secret,
                        in->new_public_key.data);
    intent.nonce.len = intent.signature.len = intent.new_signature.len = 0;
    return send_keyed(call, request, in->idempotency_key, &intent.base);
}

API_KINDRED_V1_ACCOUNTS(RPC_WRAP, accounts)

const struct rpc_binding service_accounts_bindings[] = {
    API_KINDRED_V1_ACCOUNTS(RPC_BIND, accounts)};
const size_t service_accounts_count =
    sizeof service_accounts_bindings / sizeof service_accounts_bindings[0];
