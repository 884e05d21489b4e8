/* store/world -- a store under test and short words for what is done to it.
 *
 * The builders must succeed and abort if they do not; what a test is about, it
 * does itself with world_match() and world_run() and looks at the result. */
#ifndef WORLD_H
#define WORLD_H

#include "store/store.h"

struct world {
    struct store *store;
    const char *kind, *path;
    uint64_t op, epoch, now_ms, last_id;
    struct store_job job;
    uint8_t close[MATCH_ROLES][STORE_HASH];
};

enum { WORLD_POOL = 3 };

/* kind: memory or sqlite (in a fresh file at path). */
void world_open(struct world *world, const char *kind, const char *path);
void world_close(struct world *world);

/* Close and open again what is durable; memory: nothing happens. */
void world_reopen(struct world *world);

/* A new command of this kind; then run it and give its result. */
struct store_command *world_command(struct world *world,
                                    enum store_command_kind kind);
struct match_command *world_match(struct world *world,
                                  enum match_command_kind kind);
const struct store_result *world_run(struct world *world);

/* Run what was run last, once more. */
const struct store_result *world_again(struct world *world);

/* Give the next command a key. */
struct match_key world_key(uint64_t word, uint64_t request_hash);

uint64_t world_id(struct world *world);
void world_claim(struct world *world);
uint64_t world_member(struct world *world, enum match_grade grade);
void world_card(struct world *world, uint64_t member, enum match_role role,
                uint32_t version);
struct match_command *world_ask(struct world *world, uint64_t member);
uint64_t world_ticket(struct world *world, uint64_t member);
void world_duty(struct world *world, uint64_t member, uint8_t capacity);
struct match_command *world_offer_command(struct world *world, uint64_t ticket,
                                          uint64_t seeker, uint64_t peer);
uint64_t world_offer(struct world *world, uint64_t ticket, uint64_t seeker,
                     uint64_t peer);
struct match_command *world_accept_command(struct world *world, uint64_t offer,
                                           uint64_t ticket, uint64_t peer);
uint64_t world_accept(struct world *world, uint64_t offer, uint64_t ticket,
                      uint64_t peer);
void world_end(struct world *world, uint64_t talk, uint64_t rests_until_ms);

/* The command at hand closes the mailboxes of this talk. */
void world_close_boxes(struct world *world, uint64_t talk);

/* A seeker, a peer on duty, their ticket, offer and talk. */
struct couple {
    uint64_t seeker, peer, ticket, offer, talk;
};
void world_couple(struct world *world, struct couple *couple);  /* no offer */
void world_offered(struct world *world, struct couple *couple); /* offered */
void world_talking(struct world *world, struct couple *couple); /* a talk */

/* The row of the last result; NULL if it is not in there. */
const struct match_row *world_row(const struct world *world,
                                  enum match_row_kind kind, uint64_t id);
const struct match_pair_row *world_pair(const struct world *world,
                                        enum match_pair_kind kind, uint64_t x,
                                        uint64_t y);

/* Every live row, sorted; how many.  Compared by meaning, not by padding. */
uint32_t world_rows(struct world *world, struct match_row *row, uint32_t most);
bool world_same_row(const struct match_row *x, const struct match_row *y);
bool world_same_result(const struct store_result *x,
                       const struct store_result *y);

/* Laws 4 of store/store over all live rows: how many are broken. */
uint32_t world_broken(struct world *world);

/* The parts of the suite: how many checks failed. */
int part_guards(const char *kind, const char *path);
int part_asks(const char *kind, const char *path);
int part_answers(const char *kind, const char *path);
int part_races(const char *kind, const char *path);
int part_keys(const char *kind, const char *path);
int part_pairs(const char *kind, const char *path);
int part_blocks(const char *kind, const char *path);
int part_mail(const char *kind, const char *path);
int part_pages(const char *kind, const char *path);
int part_history(const char *kind, const char *path);

#endif
