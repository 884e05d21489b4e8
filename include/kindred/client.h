/* kindred/client -- libkindred: the client of a Kindred server, in C.
 *
 * Three floors, each usable without the ones above:
 *   core    calls on one connection, sans I/O: bytes in, bytes out, deadlines
 *           asked for.  For programs with sockets and loops of their own.
 *   client  the same on libuv: connects, connects again, retries, keeps time.
 *   member  what people do: enrol, ask, attend, answer, talk.
 * Messages are protobuf (proto/kindred/v1, whose comments are the manual of
 * every call); the upper floor has plain structs instead.  Unstable until 1.0.
 *
 * Long because it is the whole library: one file is what a stranger reads.
 *
 * Rules that hold throughout
 *   1. One loop, one thread: nothing here is called from two threads, but for
 *      kindred_loop_stop().
 *   2. Whoever makes an object frees it; free takes NULL.  What a callback is
 *      given lives until the callback returns.
 *   3. A callback never fires inside the function that asked for it.  An end
 *      is told exactly once.  Whoever cancels or frees a thing is not told of
 *      its end; what lives on a thing that is freed ends CANCELLED.
 *   4. A function that makes something returns NULL, and one that begins
 *      something false, only when out of memory, unless its comment says more:
 *      nothing has begun then, and nothing will be told.
 *   5. Any function of this header may be called from a callback, but for
 *      kindred_core_receive/send/tick/free, kindred_loop_run and
 *      kindred_loop_free. */
#ifndef KINDRED_CLIENT_H
#define KINDRED_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KINDRED_KEY = 32, /* bytes of every public key and capability */
    KINDRED_IDEMPOTENCY = 16,
    KINDRED_NAME = 33, /* of a talk, with its zero */
    KINDRED_POOL = 33,
    KINDRED_SHOWN = 3,        /* reasons named at most */
    KINDRED_TEXT_MAX = 30718, /* bytes of one message of a talk */
    KINDRED_WORDS = 104,      /* safety words, with the zero */
    KINDRED_LEN_ID = 41       /* of a term, with its zero */
};
#define KINDRED_NEVER UINT64_MAX

/* On what begins something: what did not begin is waited for in vain (4). */
#define KINDRED_MUST_USE __attribute__((warn_unused_result))

/* How something failed.  status 0 is success. */
struct kindred_error {
    int status;        /* a gRPC status code, 0 to 16 */
    uint32_t retry_ms; /* trying again after so long may help; 0 = it will not
                          or is not known to */
    char reason[64];   /* the machine's, such as "NO_OFFER"; may be empty */
    const char *text;  /* fixed words of this library, never the server's */
};

/* The name of a status code, such as "NOT_FOUND". */
const char *kindred_status_name(int status);

/* ---- core: calls on one connection, sans I/O ---- */

struct kindred_core;
struct kindred_call;

struct kindred_call_options {
    const char *path;         /* "/kindred.v1.Support/Ask" */
    const char *token;        /* of Login, or NULL */
    const uint8_t *proof_key; /* what the token is bound to, 32 bytes; NULL: a
                                   plain bearer */
    const uint8_t *request;   /* one packed message; copied */
    size_t size;              /* at most 65,536 */
    uint32_t timeout_ms;      /* for everything, retries included; 0 = none */
    bool stream;              /* many messages come */
    bool retry; /* repeat it where that is safe and helps: only for what has no
                   side effects or carries an idempotency key; not a stream */
    bool patient; /* wait for a first connection, however often it fails */
};

struct kindred_call_handler {
    /* A message came.  For a call that is no stream: the answer, just before
     * ended() with status 0.  NULL: not interested. */
    void (*message)(void *arg, const uint8_t *bytes, size_t size);
    /* It is over, and the call with it. */
    void (*ended)(void *arg, const struct kindred_error *error);
    void *arg;
};

/* authority: "HOST:PORT", as the server may want to be called; copied.  Times
 * are monotonic milliseconds of the caller's choosing. */
struct kindred_core *kindred_core_new(const char *authority, uint64_t now_ms);
void kindred_core_free(struct kindred_core *core); /* calls end CANCELLED */

/* Bytes came from the server.  False: the connection is over: send what is
 * left, close the socket; calls have ended. */
bool kindred_core_receive(struct kindred_core *core, const uint8_t *bytes,
                          size_t size, uint64_t now_ms);

/* Fill out[room], room > 0, with what is to be sent; how many bytes. */
size_t kindred_core_send(struct kindred_core *core, uint8_t *out, size_t room,
                         uint64_t now_ms);

/* Nothing more will come or go: close the socket. */
bool kindred_core_over(const struct kindred_core *core);

/* When kindred_core_tick() wants to be called; KINDRED_NEVER: not.  Ask after
 * every other call of the core. */
uint64_t kindred_core_deadline_ms(const struct kindred_core *core);
bool kindred_core_tick(struct kindred_core *core, uint64_t now_ms);

/* Begin a call.  NULL: out of memory, request too large, or the connection
 * is over. */
struct kindred_call *
kindred_core_call(struct kindred_core *core,
                  const struct kindred_call_options *options,
                  const struct kindred_call_handler *handler);

/* Give up: the server is told, ended() does not fire, the call is gone. */
void kindred_call_cancel(struct kindred_call *call);

/* ---- client: the same on libuv ---- */

struct kindred_loop;
struct kindred_timer;
struct kindred_client;

struct kindred_loop *kindred_loop_new(void);
void kindred_loop_free(struct kindred_loop *loop); /* after all on it */
void kindred_loop_run(struct kindred_loop *loop);  /* until stopped; again */
void kindred_loop_stop(struct kindred_loop *loop); /* also in callbacks */
uint64_t kindred_loop_now_ms(const struct kindred_loop *loop);

/* A timer, not set at first.  after_ms: KINDRED_NEVER unsets it. */
struct kindred_timer *kindred_timer_new(struct kindred_loop *loop,
                                        void (*fire)(void *arg), void *arg);
void kindred_timer_set(struct kindred_timer *timer, uint64_t after_ms);
void kindred_timer_free(struct kindred_timer *timer);

/* Whom to believe, and who we are, where an address begins with https://: PEM
 * files, read now and not kept.  Once per loop, before its first such client;
 * without it, the authorities of the system.  False: *error says why
 * (CERTIFICATE_FILE, CERTIFICATE_KEY, CERTIFICATE_KEY_OPEN, CERTIFICATE_PAIR,
 * CERTIFICATE_WEAK, CERTIFICATE_AUTHORITIES, OUT_OF_MEMORY; INVALID: too late,
 * or one of certificate and key without the other). */
struct kindred_trust {
    const char *authorities; /* NULL: those of the system */
    const char *certificate,
        *key; /* to show, where one is asked for; or NULL */
};
bool kindred_loop_trust(struct kindred_loop *loop,
                        const struct kindred_trust *trust,
                        struct kindred_error *error);

/* A server at HOST:PORT, [IPV6]:PORT or unix:PATH; at https://HOST:PORT through
 * TLS, where its certificate must be for HOST.  A name is resolved now, which
 * may take seconds.  Connects with the first call, and again whenever
 * the connection was lost and a call wants it, waiting 0.1 to 5 s between
 * attempts.  Calls fail with UNAVAILABLE UNREACHABLE (or TLS_HANDSHAKE,
 * CERTIFICATE_UNTRUSTED) if the first attempt of all fails.  NULL: *error says
 * why (ADDRESS, OUT_OF_MEMORY). */
struct kindred_client *kindred_client_new(struct kindred_loop *loop,
                                          const char *address,
                                          struct kindred_error *error);
/* Calls on it end CANCELLED; members of it are to be freed before. */
void kindred_client_free(struct kindred_client *client);

/* Be shown every message that comes on it, packed, of whatever call, before
 * whoever called: for who prints or counts them.  It may stop the loop, and
 * calls nothing else of this header.  NULL: no more. */
typedef void kindred_watch(void *arg, const char *path, const uint8_t *bytes,
                           size_t size);
void kindred_client_watch(struct kindred_client *client, kindred_watch *watch,
                          void *arg);

/* As kindred_core_call(). */
struct kindred_call *
kindred_client_call(struct kindred_client *client,
                    const struct kindred_call_options *options,
                    const struct kindred_call_handler *handler);

/* ---- identity: the account key, made here, kept in a file ---- */

struct kindred_identity { /* a secret */
    uint8_t public_key[KINDRED_KEY];
    uint8_t seed[32];
};

/* From the chance of the operating system. */
void kindred_identity_make(struct kindred_identity *identity);

/* Make a key and its file (mode 0600, whole or not at all), and the directory
 * (0700) if only the last part of its path is missing.  False: KEY_FILE_EXISTS,
 * KEY_FILE. */
bool kindred_identity_create(struct kindred_identity *identity,
                             const char *path, struct kindred_error *error);
/* False: KEY_FILE_MISSING, KEY_FILE_OPEN (others may read or write it),
 * KEY_FILE (not a key of ours, or not readable). */
bool kindred_identity_load(struct kindred_identity *identity, const char *path,
                           struct kindred_error *error);
void kindred_identity_wipe(struct kindred_identity *identity);

/* To replace the key: next() gives the key that is to come, made and written
 * beside the current one in its file at the first call, the same at each later
 * one; load() still gives the current.  promote() leaves the next alone in the
 * file.  The file is whole at every moment, and has both keys until then.
 * Errors as above. */
bool kindred_identity_next(struct kindred_identity *next, const char *path,
                           struct kindred_error *error);
bool kindred_identity_promote(const char *path, struct kindred_error *error);

/* The same for other secrets beside it: replace the whole of a file, mode
 * 0600, synced; read at most room bytes, *size of them.  Errors as above. */
bool kindred_file_save(const char *path, const void *bytes, size_t size,
                       struct kindred_error *error);
bool kindred_file_load(const char *path, void *bytes, size_t room, size_t *size,
                       struct kindred_error *error);

/* ---- member ---- */

enum kindred_grade { KINDRED_MEMBER = 1, KINDRED_PEER, KINDRED_CRISIS_PEER };
enum kindred_role { KINDRED_SEEKER = 1, KINDRED_GIVER };

struct kindred_member; /* one account on one client: logs in by itself */

typedef void kindred_done(void *arg, const struct kindred_error *error);

/* identity is copied.  Nothing is sent yet. */
struct kindred_member *
kindred_member_new(struct kindred_client *client,
                   const struct kindred_identity *identity);
/* Asks, duties and talks of it are to be freed before; the rest of it ends
 * CANCELLED before this returns, and nothing begins on it any more. */
void kindred_member_free(struct kindred_member *member);

/* Make the key a member of a pool.  invitation may be NULL.  One at a time. */
KINDRED_MUST_USE bool kindred_member_enroll(struct kindred_member *member,
                                            const char *pool,
                                            enum kindred_grade grade,
                                            const char *invitation,
                                            kindred_done *done, void *arg);

/* Replace the account key by `fresh` (see kindred_identity_next()); from then
 * on the member is of that key.  If it was done before, and only the answer was
 * lost, this finds out and is no failure.  One at a time. */
KINDRED_MUST_USE bool
kindred_member_rotate(struct kindred_member *member,
                      const struct kindred_identity *fresh, kindred_done *done,
                      void *arg);

struct kindred_login {
    const char *token, *pool;
    uint32_t expires_in_ms;
    enum kindred_grade grade;
};
/* Get an access token now, a plain bearer for other tools.  Every other call
 * gets and renews one by itself, bound to a proof key, until this was called.
 * login is NULL if error->status is not 0. */
typedef void kindred_logged_in(void *arg, const struct kindred_error *error,
                               const struct kindred_login *login);
KINDRED_MUST_USE bool kindred_member_login(struct kindred_member *member,
                                           kindred_logged_in *done, void *arg);

/* Any call with this member's token, logged in first if need be; retried as
 * options say, and once more if the token had expired.  options->token is not
 * used.  No cancel: it ends by its time or with the member.  false also if the
 * request is above 64 KiB or the path 128 bytes or longer. */
KINDRED_MUST_USE bool
kindred_member_call(struct kindred_member *member,
                    const struct kindred_call_options *options,
                    const struct kindred_call_handler *handler);

/* ---- vocabulary and cards ---- */

struct kindred_vocabulary;

/* From a packed GetVocabularyResponse.  NULL: malformed, or out of memory. */
struct kindred_vocabulary *kindred_vocabulary_new(const uint8_t *bytes,
                                                  size_t size);
void kindred_vocabulary_free(struct kindred_vocabulary *vocabulary);

/* NULL: no such term. */
const char *
kindred_vocabulary_label(const struct kindred_vocabulary *vocabulary,
                         uint64_t token);

struct kindred_have {
    uint64_t token;
    bool show;
};
struct kindred_group {
    uint64_t token[8];
    uint32_t count;
    uint32_t weight; /* seek: importance 1 to 3; must: relax_after_ms */
};
struct kindred_card { /* all zero but role is an empty card */
    enum kindred_role role;
    uint32_t vocabulary_version;
    uint32_t haves, seeks, seek_tokens, musts, must_nots;
    struct kindred_have have[64];
    struct kindred_group seek[32], must[16];
    uint64_t must_not[32];
};

/* Put a term on a card, as the vocabulary says.  A retired term counts as its
 * successor.  On failure the card is as before.  False:
 *   TERM_UNKNOWN; TERM_USE: not for this use by this role; TERM_PICK: a second
 *   of a facet of which a person has one; TERM_HIDDEN: not to be shown;
 *   CARD_INVALID: no room, a term twice, or an importance above 3.
 * have: with all above it (lower levels too); show: may be named to the other,
 *   and only the term itself.  A facet of levels keeps the highest.
 * seek: the term and all above it are one group; of levels, that level alone.
 *   importance 0: what the vocabulary suggests, else 1.
 * must: at least one of count ≤ 8 terms, each alone.
 * must_not: the term alone. */
bool kindred_card_have(struct kindred_card *card,
                       const struct kindred_vocabulary *vocabulary,
                       const char *term, bool show,
                       struct kindred_error *error);
bool kindred_card_seek(struct kindred_card *card,
                       const struct kindred_vocabulary *vocabulary,
                       const char *term, uint32_t importance,
                       struct kindred_error *error);
bool kindred_card_must(struct kindred_card *card,
                       const struct kindred_vocabulary *vocabulary,
                       const char *const *terms, uint32_t count,
                       uint32_t relax_after_ms, struct kindred_error *error);
bool kindred_card_must_not(struct kindred_card *card,
                           const struct kindred_vocabulary *vocabulary,
                           const char *term, struct kindred_error *error);

/* Write it in place of the old one, with the consent text in force (which the
 * member has read: GetServerInfoResponse.consent_version).  Copied. */
KINDRED_MUST_USE bool kindred_member_put_card(struct kindred_member *member,
                                              const struct kindred_card *card,
                                              kindred_done *done, void *arg);

/* ---- ask ---- */

struct kindred_talk_start { /* how a talk begins; a secret, plain bytes */
    uint8_t seed[32], mailbox[KINDRED_KEY]; /* ours */
    uint8_t their_key[KINDRED_KEY], send[KINDRED_KEY];
    uint64_t talk_id;
    uint64_t shown[KINDRED_SHOWN];
    uint32_t shown_count;
    uint32_t side; /* 0 seeker, 1 peer */
    char your_name[KINDRED_NAME], their_name[KINDRED_NAME];
};

struct kindred_ask_state { /* what an ask can be resumed with; a secret */
    uint64_t ticket_id;    /* the caller's to keep, once told; not sent */
    uint8_t key[KINDRED_IDEMPOTENCY], seed[32], mailbox[KINDRED_KEY];
    char country[3], language[36]; /* ISO 3166-1 and BCP 47, or empty */
    uint8_t after[KINDRED_KEY]; /* the mailbox of an ended talk whose wait goes
                                   on (it was not a fit, or nobody came); all
                                   zero = a new wait */
    uint64_t meet_again; /* talk_id whose peer is asked for; 0 = whoever fits */
    uint32_t meet_again_ms; /* nobody else for so long; 0 = nobody else */
    bool danger;
};

enum kindred_ticket_phase {
    KINDRED_SEARCHING = 1,
    KINDRED_MATCHED,
    KINDRED_TICKET_ENDED
};
struct kindred_ticket {
    uint64_t id, age_ms;
    enum kindred_ticket_phase phase;
    bool bound_passed, meeting_again; /* nobody else is looked for now */
    int wait_reason, end_reason; /* as kindred.v1.WaitReason, TicketEndReason */
    uint32_t estimate_minutes;   /* 0 = too few to tell */
    uint32_t binding_must; /* bit i: must[i] of the card alone rules out those
                              who are there */
    bool danger;           /* it goes first */
};

struct kindred_ask;
struct kindred_ask_handler {
    /* A packed kindred.v1.CrisisResources: show it before anything else.  May
     * be NULL if danger is not set. */
    void (*crisis)(void *arg, const uint8_t *bytes, size_t size);
    /* Now; the newest is the truth.  talk is set once it is MATCHED. */
    void (*ticket)(void *arg, const struct kindred_ticket *ticket,
                   const struct kindred_talk_start *talk);
    /* The stream broke and is being resumed.  May be NULL. */
    void (*trouble)(void *arg, const struct kindred_error *error);
    /* status 0: after MATCHED or TICKET_ENDED.  TALK_KEY: the key that came for
     * the other side is unfit, and no talk begins; so too of an answer. */
    void (*ended)(void *arg, const struct kindred_error *error);
    void *arg;
};

/* Fresh secrets; the rest is the caller's to set. */
void kindred_ask_state_make(struct kindred_ask_state *state);

/* Ask, or resume: beats by itself, resumes by itself for up to 10 minutes out
 * of reach.  state is copied. */
struct kindred_ask *kindred_ask_new(struct kindred_member *member,
                                    const struct kindred_ask_state *state,
                                    const struct kindred_ask_handler *handler);
/* The ticket stays and is lost after 60 s, unless resumed. */
void kindred_ask_free(struct kindred_ask *ask);
/* The seeker of a ticket may be in danger after all.  crisis() is as of an ask,
 * and comes first, whatever follows; matched: somebody is there, and is theirs
 * to tell.  country and language as in kindred_ask_state; copied. */
struct kindred_danger_handler {
    void (*crisis)(void *arg, const uint8_t *bytes, size_t size);
    void (*done)(void *arg, const struct kindred_error *error, bool matched);
    void *arg;
};
KINDRED_MUST_USE bool
kindred_member_raise_danger(struct kindred_member *member, uint64_t ticket_id,
                            const char *country, const char *language,
                            const struct kindred_danger_handler *handler);
/* Take it back; the ask goes on telling until it is freed or ended. */
KINDRED_MUST_USE bool kindred_ask_withdraw(struct kindred_ask *ask,
                                           kindred_done *done, void *arg);

/* ---- attend ---- */

struct kindred_offer {
    uint64_t id;
    uint64_t shown[KINDRED_SHOWN];
    uint32_t shown_count, expires_in_ms;
    bool danger;
    char met_name[KINDRED_NAME]; /* what you called them, if you have met */
};
enum kindred_duty_phase { KINDRED_ON = 1, KINDRED_PAUSED, KINDRED_OFF };
struct kindred_duty_state {
    enum kindred_duty_phase phase;
    int reason; /* as kindred.v1.DutyReason */
    uint32_t capacity, rest_left_ms, offers, talks;
    uint32_t day_left_ms; /* talks_per_day were had: left until one more may */
    struct kindred_offer offer[8];
    uint64_t talk[8]; /* ids of the live ones */
};
struct kindred_duty_terms {
    uint8_t key[KINDRED_IDEMPOTENCY]; /* all zero: a fresh one is drawn */
    uint32_t capacity;                /* 0 to 8 */
    uint32_t rest_ms, duration_ms;    /* 0: default; none.  ≤ 86,400,000 */
    uint32_t talks_per_day;           /* 0: no maximum of one's own; ≤ 16 */
};

struct kindred_duty;
struct kindred_duty_handler {
    void (*state)(void *arg, const struct kindred_duty_state *state);
    void (*trouble)(void *arg, const struct kindred_error *error); /* or NULL */
    void (*ended)(void *arg, const struct kindred_error *error);
    void *arg;
};

/* Go on duty, and stay: beats and resumes by itself. */
struct kindred_duty *
kindred_duty_new(struct kindred_member *member,
                 const struct kindred_duty_terms *terms,
                 const struct kindred_duty_handler *handler);
void kindred_duty_free(struct kindred_duty *duty); /* the duty: lost in 30 s */

/* Answer an offer.  On an accept that worked talk is how the talk begins, else
 * NULL. */
typedef void kindred_answered(void *arg, const struct kindred_error *error,
                              const struct kindred_talk_start *talk);
KINDRED_MUST_USE bool kindred_member_answer(struct kindred_member *member,
                                            uint64_t offer_id, bool accept,
                                            kindred_answered *done, void *arg);
/* Take offers again, after a pause (such as by two lapses). */
KINDRED_MUST_USE bool kindred_member_resume(struct kindred_member *member,
                                            kindred_done *done, void *arg);
/* Go off duty. */
KINDRED_MUST_USE bool kindred_member_leave(struct kindred_member *member,
                                           kindred_done *done, void *arg);

/* ---- safety ---- */

/* Never meet again: the other of a talk, or the seeker behind an offer; one of
 * the two ids, the other 0.  Ends a live talk; the other is not told.  Fails
 * with NO_RELATION, BLOCKS_FULL. */
KINDRED_MUST_USE bool kindred_member_block(struct kindred_member *member,
                                           uint64_t talk_id, uint64_t offer_id,
                                           kindred_done *done, void *arg);
/* Take it back, by kindred_block.id.  NO_RELATION: there is no such block. */
KINDRED_MUST_USE bool kindred_member_unblock(struct kindred_member *member,
                                             uint64_t block_id,
                                             kindred_done *done, void *arg);

enum { KINDRED_BLOCKS = 64 }; /* on one page, at most */
struct kindred_block {
    uint64_t id;
    char their_name[KINDRED_NAME]; /* empty: blocked by an offer */
    uint32_t day;                  /* since 1970-01-01 */
};
/* count is 0 if error->status is not 0; more: ask again after the last id. */
typedef void kindred_blocks_listed(void *arg, const struct kindred_error *error,
                                   const struct kindred_block *block,
                                   uint32_t count, bool more);
/* Those with an id above after_id; 0: from the first. */
KINDRED_MUST_USE bool kindred_member_blocks(struct kindred_member *member,
                                            uint64_t after_id,
                                            kindred_blocks_listed *done,
                                            void *arg);

/* ---- talk ---- */

enum kindred_talk_phase {
    KINDRED_JOINING = 1,
    KINDRED_OPEN,
    KINDRED_TALK_ENDED
};

struct kindred_talk;
struct kindred_talk_handler {
    void (*phase)(void *arg, enum kindred_talk_phase phase,
                  int reason); /* as kindred.v1.TalkEndReason */
    /* In order, each once.  text NULL: a message that cannot be read (sealed
     * for a state that is gone). */
    void (*message)(void *arg, const char *text, size_t size);
    /* The oldest message not yet confirmed is on the server's disk now. */
    void (*delivered)(void *arg); /* may be NULL */
    void (*trouble)(void *arg, const struct kindred_error *error); /* or NULL */
    /* Keep bytes (a secret) in place of what was kept before: called after
     * each message and before it is acknowledged, so that nothing is lost and
     * little is seen twice.  Also inside kindred_talk_new() and, before the
     * first message of a stream leaves, kindred_talk_say(): the one exception
     * to rule 3.  May be NULL. */
    void (*save)(void *arg, const uint8_t *bytes, size_t size);
    /* status 0: it ended in order. */
    void (*ended)(void *arg, const struct kindred_error *error);
    void *arg;
};
enum { KINDRED_TALK_SAVED_MAX = 1024 }; /* bytes of save() */

/* Join a talk that begins, or resume one from what save() was given; needs no
 * token.  NULL: out of memory, or start or saved make no sense. */
struct kindred_talk *
kindred_talk_new(struct kindred_client *client,
                 const struct kindred_talk_start *start,
                 const struct kindred_talk_handler *handler);
struct kindred_talk *
kindred_talk_resume(struct kindred_client *client, const uint8_t *saved,
                    size_t size, const struct kindred_talk_handler *handler);
void kindred_talk_free(struct kindred_talk *talk); /* the talk goes on */

/* What save() would be given of a talk that begins, before it is joined: to be
 * kept first, since to join may fail for want of memory, which this needs none
 * of.  False: start makes no sense. */
KINDRED_MUST_USE bool
kindred_talk_saved_new(const struct kindred_talk_start *start,
                       uint8_t saved[KINDRED_TALK_SAVED_MAX], size_t *size);

/* The start of a saved talk; false: not one. */
bool kindred_talk_saved_start(const uint8_t *saved, size_t size,
                              struct kindred_talk_start *start);

/* Say something; messages leave in order, one at a time, and are repeated
 * until they are on the server's disk or the talk is over.  False: size is
 * above KINDRED_TEXT_MAX, 64 wait already, or the talk is over. */
bool kindred_talk_say(struct kindred_talk *talk, const char *text, size_t size);
uint32_t kindred_talk_waiting(const struct kindred_talk *talk);

/* Read them to each other: the same on both sides, if nobody sits between. */
void kindred_talk_words(const struct kindred_talk_start *start,
                        char words[KINDRED_WORDS]);

/* By capability, whether the talk is open here or not.  understood: 0 rather
 * not said, 1 yes, 2 no. */
KINDRED_MUST_USE bool kindred_talk_end(struct kindred_client *client,
                                       const struct kindred_talk_start *start,
                                       kindred_done *done, void *arg);
KINDRED_MUST_USE bool
kindred_talk_reflect(struct kindred_client *client,
                     const struct kindred_talk_start *start, int understood,
                     bool again, kindred_done *done, void *arg);

#endif
