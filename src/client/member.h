/* client/member -- one account on one client: it logs in by itself.
 *
 * Holds the account key, the access token and what the server said of itself.
 * Jobs that want a token wait here until there is one.  The public part is in
 * kindred/client.h.
 *
 * Laws
 *   1. At most one login is under way, however many wait for it.
 *   2. Key and token leave it only as a signature and as a header; a bearer
 *      token its owner may ask for (kindred_member_login()). */
#ifndef CLIENT_MEMBER_H
#define CLIENT_MEMBER_H

#include "client/client.h"
#include "client/job.h"
#include "seal/account.h"

enum {
    CLIENT_MEMBER_RENEW_MS = 60000, /* before a token's end it is replaced */
    CLIENT_MEMBER_TOKEN = 160,
    CLIENT_MEMBER_TRIES = 3 /* challenges for one login */
};

struct client_enrol;
struct client_rotation;

struct kindred_member { /* private, but for client */
    struct kindred_client *client;
    uint8_t public_key[SEAL_ACCOUNT_PUBLIC], secret_key[SEAL_ACCOUNT_SECRET];
    char token[CLIENT_MEMBER_TOKEN]; /* or empty */
    uint64_t token_until_ms;
    uint8_t proof_key[SEAL_ACCOUNT_PROOF]; /* of the token, or of the login
                                              under way, if bound */
    bool bound; /* the token is, or the login under way will be */
    bool plain; /* tokens are given away: bind none */
    struct kindred_login login; /* as told; its strings are ours */
    char pool[KINDRED_POOL];
    char origin[SEAL_ACCOUNT_ORIGIN_MAX + 1];
    uint32_t beat_ms, consent_version;
    struct list jobs, logins; /* of calls; who waits for the login itself */
    struct client_job *step;  /* of the login under way */
    struct client_enrol *enrol;
    struct client_rotation *rotation;
    uint32_t tries;
    bool inside, freed; /* freed in a callback: when it returns */
};

/* A token that is good for a while yet, or NULL. */
const char *client_member_token(const struct kindred_member *member);

/* What the token is bound to, or NULL. */
const uint8_t *client_member_proof(const struct kindred_member *member);

/* It was refused: forget it. */
void client_member_token_expired(struct kindred_member *member);

/* Log in, to see whether it works: the token is as bound as any.  False: out
 * of memory. */
bool client_member_try(struct kindred_member *member, kindred_logged_in *done,
                       void *arg);

/* Log in, unless that is under way: client_job_token() tells.  False: out of
 * memory, and nothing will be told. */
bool client_member_log_in(struct kindred_member *member);

/* Ask what the server is, or for a nonce; done() gets the member.  NULL: out
 * of memory.  Then keep what it said of itself; false: it makes no sense. */
typedef void client_member_step(void *arg, const struct kindred_error *error,
                                const void *answer);
struct client_job *client_member_info(struct kindred_member *member,
                                      client_member_step *done);
struct client_job *client_member_challenge(struct kindred_member *member,
                                           client_member_step *done);
bool client_member_keep_info(struct kindred_member *member, const void *info);

/* The rotation ends with its member, if there is one. */
void client_rotate_cancel(struct kindred_member *member);

#endif
