/* sim -- the engine and the memory store in a faulty world, under one seed.
 *
 * Commands are delayed, reordered across subjects, executed twice, answered
 * twice as slowly, refused by a full disk, fenced; the process dies between
 * any two of them; clients vanish, come back, repeat themselves, and change
 * their minds.  Every decision is drawn from the seed, so a failing seed
 * replays.
 *
 * What is believed about the world is built from what the store acknowledged
 * and from what clients did, never from what the engine says of itself; after
 * each step the laws of DESIGN §8 are checked against it.
 *
 * long because every part of the simulator shares this one state. */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/chance.h"
#include "base/map.h"
#include "match/engine.h"
#include "match/words.h"
#include "store/memory.h"
#include "store/store.h"

enum {
    SIM_MEMBERS = 160, /* at most: of a crowd */
    SIM_POOLS = 2,
    SIM_TERMS = 10,
    SIM_ROWS = 8192, /* of a kind, in one seed */
    SIM_SLOTS = 16384,
    SIM_CALLS = 1 << 15,
    SIM_FLYING = 512,
    SIM_EFFECTS = 64,
    SIM_PAIRS = 4096,
    SIM_LATER = 256,
    SIM_ASKED = 128,
    SIM_KNOWN = 24 /* offers and talks a client remembers */
};

/* ---- the seed's character ---- */
struct sim_mix {
    uint32_t delay_ms, late_ms, act_ms;       /* most */
    uint32_t reorder, twice, lose, full_disk; /* percent of commands */
    uint32_t overtake; /* percent of offers that a block overtakes */
    uint32_t crash, fence, settle; /* in 10,000 steps */
    uint32_t vanish, patience;     /* percent */
    bool crowd;                    /* more members than fit in a word of bits */
};

/* ---- clients ---- */
struct sim_request { /* one idempotency key and what came of it */
    enum match_event_kind kind;
    uint32_t member;
    struct match_key key;
    uint64_t subject; /* offer, talk, ticket, other: by kind */
    uint64_t wish;    /* of an ask: a talk whose peer is asked for */
    bool flag;        /* accept, danger */
    bool said, ok;
    uint64_t reference;
};

struct sim_call {
    enum match_event_kind kind;
    uint32_t member, request;
    bool answered, streams; /* streams: an open Ask or Attend */
    bool lost;              /* the client hung up: it may stay unanswered */
    uint64_t older;         /* the stream it takes the place of */
    enum err err;
};

struct sim_member {
    uint64_t id;
    uint32_t pool;
    enum match_grade grade;
    uint32_t generation; /* of the account key */
    uint64_t grade_until_ms;
    struct match_card card[MATCH_ROLES]; /* version 0 = none; the store's */
    uint64_t ask_call, attend_call;      /* open streams; 0 = none */
    uint32_t ask, attend, answer;        /* last requests; 0 = none */
    uint32_t older_ask, older_attend;    /* what they took the place of */
    uint64_t ask_proof_ms, attend_proof_ms;
    uint64_t beat_due_ms;
    uint64_t offer[SIM_KNOWN], talk[SIM_KNOWN]; /* rings of what was told */
    uint32_t offers, talks;
    bool gone, held, silent; /* silent: does not beat */
    bool gone_stored, held_stored;
    uint32_t lapses;        /* in a row */
    uint64_t duty_moved_ms; /* when their duty's row last changed */
    uint32_t first_request; /* of this person */
    uint64_t heard_rest_ms, heard_rest_seq; /* rests until then, as the engine
                                               was told with that result */
};

/* ---- what the store acknowledged ---- */
struct sim_table {
    struct map map;
    struct map_slot slot[SIM_SLOTS];
    struct match_row row[SIM_ROWS];
    uint32_t n;
};

/* ---- commands on their way ---- */
struct sim_flying {
    struct match_command command;
    struct match_rarity_row rarity[128];
    struct store_job job;
    struct match_result result;
    uint64_t execute_ms, executed_ms, deliver_ms, order;
    bool used, executed, twice, lose, full_disk, zombie;
    bool ran;   /* once at least */
    bool clean; /* nothing else was under way when it was proposed */
};

/* ---- events that come later: the narrow path ---- */
struct sim_later {
    bool used;
    uint64_t due_ms;
    enum match_event_kind kind;
    uint32_t member;
    enum match_role role;
    uint64_t other;
};

struct sim_run_of_offers { /* of one ticket, without a back-off between */
    uint32_t offers, life; /* life: of the process */
    uint64_t returned_ms, backoff_ms; /* backoff_ms: as it was written */
};

struct sim_asked {   /* a hold, its end, or an erasure that was asked for */
    uint64_t member; /* 0: a free place */
    bool held, gone;
};

struct sim_ban {   /* a block that was asked for: no offer of the pair since */
    uint64_t a, b; /* a = 0: a free place */
};

struct sim {
    uint64_t seed, chance, steps, now_ms;
    struct sim_mix mix;
    struct match_limits limits;
    struct match_sizes sizes;
    bool quiet; /* no faults, no acts */
    bool trace;

    void *memory;
    size_t bytes; /* of it */
    struct match_engine *engine;
    struct match_effects effects;
    struct match_effect effect[SIM_EFFECTS];
    struct store *store;
    uint64_t epoch, engine_epoch; /* of the store; of the engine */
    uint64_t sent, executions, crashes, fences, events, checked;
    uint64_t tick_late_ms, act_due_ms, started_ms, faults_ended_ms;
    bool fenced, draining;

    struct sim_member member[SIM_MEMBERS];
    uint32_t members, places;    /* places: of tickets, and of duties */
    struct sim_request *request; /* [0] is none */
    uint32_t requests;
    struct sim_call *call;      /* by id; [0] is none */
    uint32_t calls, first_call; /* first_call: of this incarnation */
    struct sim_flying *flying;
    uint32_t flyings; /* places in use, or free between those */
    enum match_command_kind last_heard; /* in this step; KINDS: none */
    struct sim_flying other;            /* a command that is not the engine's */
    struct sim_later later[SIM_LATER];
    struct sim_ban overtaken[SIM_KNOWN]; /* blocks the engine may not know */
    uint32_t overtakes;
    struct sim_ban ban[SIM_KNOWN];
    uint32_t bans;                     /* ever */
    struct sim_asked asked[SIM_ASKED]; /* holds to be stored, in that order */
    uint32_t askeds;

    struct sim_table *kept[ROW_PAIR]; /* tickets, offers, duties, talks */
    struct sim_run_of_offers *run;    /* by place of the ticket */
    struct match_row *shown; /* the engine's rows, when all is settled */
    uint32_t showns;
    struct match_pair_row pair[SIM_PAIRS];
    uint32_t pairs;
    struct sim_model *model; /* what must be decided: sim_model.h */
};

/* ---- sim_world.c ---- */
void sim_open(struct sim *sim, uint64_t seed);
void sim_close(struct sim *sim); /* its memory serves the next */
void sim_free(void);             /* once all are closed */
/* Zeroes, until it is closed. */
void *sim_need(size_t n, size_t size);
/* The next thing that happens.  False: nothing ever will. */
bool sim_step(struct sim *sim);
/* Step the engine, carry out its effects, check. */
void sim_event(struct sim *sim, struct match_event *event);
void sim_crash(struct sim *sim);
uint64_t sim_roll(struct sim *sim, uint64_t sides);
bool sim_percent(struct sim *sim, uint32_t percent);
uint64_t sim_id(struct sim *sim);

/* ---- sim_port.c ---- */
void sim_port_send(struct sim *sim, const struct match_command *command);
uint64_t sim_port_due_ms(const struct sim *sim);
/* Execute or deliver the first that is due. */
void sim_port_step(struct sim *sim);
uint32_t sim_port_flying(const struct sim *sim);
/* Execute what must be refused. */
void sim_port_probe(struct sim *sim, const struct match_command *command);
/* The process dies: what was under way may still reach the store. */
void sim_port_die(struct sim *sim);
/* Another node takes the pools. */
void sim_port_fence(struct sim *sim);
/* Claim and load into a fresh engine; false: died while at it. */
bool sim_port_recover(struct sim *sim);
void sim_port_job(struct sim *sim, struct store_job *job,
                  enum store_command_kind kind);

/* ---- sim_people.c, sim_acts.c, sim_client.c ---- */
void sim_people_open(struct sim *sim);
/* A card of random terms; its version is set. */
void sim_people_card(struct sim *sim, struct sim_member *member,
                     enum match_role role);
void sim_people_enrol(struct sim *sim, struct sim_member *member);
/* An event of a call of member about request (0 = none). */
struct match_event sim_people_call(struct sim *sim, enum match_event_kind kind,
                                   uint32_t member, uint32_t request);
/* A request with a new key. */
uint32_t sim_people_request(struct sim *sim, enum match_event_kind kind,
                            uint32_t member, uint64_t subject, bool flag);
/* Say it, for the first time or again. */
void sim_people_say(struct sim *sim, uint32_t id);
/* The engine hears in a while that member blocks other: it is so already. */
void sim_later_block(struct sim *sim, uint32_t member, uint64_t other);
void sim_later(struct sim *sim, enum match_event_kind kind, uint32_t member,
               enum match_role role);
void sim_people_act(struct sim *sim);
void sim_people_gather(struct sim *sim); /* those who help attend */
uint64_t sim_people_due_ms(const struct sim *sim);
void sim_people_beat(struct sim *sim);
void sim_people_come_back(struct sim *sim); /* all that are lost, at once */
/* What the engine said to them. */
void sim_people_reply(struct sim *sim, const struct match_effect *effect);
void sim_people_told(struct sim *sim, const struct match_effect *effect);
void sim_people_dropped(struct sim *sim, uint64_t call);
void sim_people_cut_off(struct sim *sim); /* all streams and calls end */
uint64_t sim_later_due_ms(const struct sim *sim);
void sim_later_step(struct sim *sim);
struct sim_member *sim_people_of(struct sim *sim, uint64_t id);

/* ---- sim_probe.c ---- */
/* Ask the store for something that it must refuse. */
void sim_probe(struct sim *sim);
/* Of one who has put no card. */
void sim_probe_cardless(struct sim *sim, const struct sim_member *member);

/* ---- sim_truth.c, sim_laws.c, sim_laws_order.c ---- */
void sim_truth_open(struct sim *sim);
struct match_row *sim_truth_row(struct sim *sim, enum match_row_kind kind,
                                uint64_t id);
/* Of one kind, and the same in every field. */
bool sim_truth_same(const struct match_row *x, const struct match_row *y);
bool sim_truth_pair(const struct sim *sim, enum match_pair_kind kind,
                    uint64_t a, uint64_t b, uint64_t ticket, uint64_t now_ms);
/* A command was executed: check the laws, believe the rows. */
void sim_laws_executed(struct sim *sim, const struct sim_flying *flying,
                       const struct match_result *result);
void sim_truth_believe(struct sim *sim, const struct match_command *command,
                       const struct match_result *result);
void sim_truth_claimed(struct sim *sim);
/* A hold is asked for: it is stored after those before it. */
void sim_laws_asked(struct sim *sim, const struct match_event *event);
/* The engine proposes: what may not overtake. */
void sim_laws_order(struct sim *sim, const struct match_command *command);
/* A ticket was stored, and not yet believed: whose age it has. */
void sim_laws_wished(struct sim *sim, const struct match_ticket_row *ticket);
void sim_laws_lent(struct sim *sim, const struct match_command *command,
                   const struct match_ticket_row *ticket);
/* The engine proposes: what must hold already. */
void sim_laws_proposed(struct sim *sim, const struct match_command *command);
/* The engine hears of a result. */
void sim_laws_heard(struct sim *sim, const struct match_command *command,
                    const struct match_result *result);
/* Do these two talk, either way round? */
bool sim_truth_talk(const struct sim *sim, uint64_t a, uint64_t b);
/* Open offers and live talks of a peer. */
uint32_t sim_truth_used(const struct sim *sim, uint64_t peer);
/* Its open offers, and its talks that began less than a day ago. */
uint32_t sim_truth_today(const struct sim *sim, uint64_t peer, uint64_t now_ms);
/* May it be in a back-off that no row tells of? */
bool sim_laws_backs_off(struct sim *sim, uint64_t ticket);
/* a's musts and must_nots against what b has, at a ticket's age. */
bool sim_laws_accepts(const struct match_card *a, const struct match_card *b,
                      uint64_t age_ms);
/* May these two meet, as far as the store and the cards go? */
bool sim_laws_hard(struct sim *sim, uint64_t ticket, uint64_t peer,
                   uint64_t now_ms);

/* ---- sim_settle.c ---- */
/* Let everything that is under way arrive; then law 13. */
void sim_settle(struct sim *sim);
/* The engine heard it is fenced: every call was answered, every stream ended. */
void sim_settle_fenced(struct sim *sim);
/* Faults stop: laws 10, 11, 12, 13, and every call was answered. */
void sim_finish(struct sim *sim);

/* ---- sim_trace.c ---- */
void sim_trace_open(const struct sim *sim);
void sim_trace(const struct sim *sim, const char *form, ...)
    __attribute__((format(printf, 2, 3)));
void sim_trace_row(const struct sim *sim, const char *whose,
                   const struct match_row *row);
/* A law is broken: say which, print what led there, exit 1. */
_Noreturn void sim_fail(const char *law, const char *file, int at);

#define LAW(law, expr)                                                         \
    ((expr) ? (void)0 : sim_fail(law ": " #expr, __FILE__, __LINE__))

#endif
