/* store/decide -- each command's guards and writes, once, for every keeper.
 *
 * Guards look first and change nothing; then rows change in the unit of work;
 * then the unit is written.  The order of questions is always: right epoch
 * (else FENCED), same operation (REPLAY), same key (REPLAY, or
 * ERR_KEY_REUSED), the guards in the order of ENGINE.md §5.  The file is long
 * because it names the part of each command.
 *
 * Laws
 *   1. A refusal writes nothing, but for ERR_OFFER_GONE to an accept: that
 *      revokes the offer and ends the peer's lapses; where a mailbox of it is
 *      taken, the two also never meet for that ticket.
 *   2. A REPLAY writes nothing and gives the rows as they are now.
 *   3. A keeper's failure leaves ERR_STORE and nothing done. */
#ifndef STORE_DECIDE_H
#define STORE_DECIDE_H

#include "store/work.h"

/* Carry out one job on a keeper; its result is filled.  False: the keeper must
 * undo what this job wrote. */
MUST_USE bool store_decide(struct store_keeper *keeper, struct store_work *work,
                           struct store_job *job);

/* May these two meet?  ticket 0: without what a ticket forbids. */
bool store_decide_pair_excluded(struct store_work *work, uint64_t seeker,
                                uint64_t peer, uint64_t ticket);

/* Did both say after this very talk that they would meet again?  All that the
 * two are told of a bond: one of theirs by another talk would tell that it was
 * with the same person, and one that a block ended, of the block. */
bool store_decide_talk_bond(const struct match_talk_row *talk);

/* Keep this PAIR_RESTS until until_ms or longer; 0 = do nothing. */
void store_decide_pair_rest(struct store_work *work,
                            struct match_pair_row *rests, uint64_t until_ms);

/* Was this done before?  memo: OK = no; else REPLAY with the reference, or
 * REFUSED with err.  done: the result is there.  Then the rows and pairs the
 * command was about. */
enum match_outcome store_decide_replay_memo(struct store_work *work,
                                            const struct store_memo *memo,
                                            enum err *err);
bool store_decide_replay_done(struct store_work *work,
                              struct store_result *result);
void store_decide_replay_subjects(struct store_work *work);
void store_decide_replay_pairs(struct store_work *work);

/* The parts: ERR_NONE, or the reason of the refusal. */
enum err store_decide_ticket_open(struct store_work *work);
enum err store_decide_ticket_close(struct store_work *work);
enum err store_decide_ticket_danger(struct store_work *work);
enum err store_decide_duty_open(struct store_work *work);
enum err store_decide_duty_set(struct store_work *work);
enum err store_decide_duty_close(struct store_work *work);
enum err store_decide_offer_make(struct store_work *work);
enum err store_decide_offer_accept(struct store_work *work);
enum err store_decide_offer_decline(struct store_work *work);
enum err store_decide_offer_close(struct store_work *work);
enum err store_decide_talk_join(struct store_work *work);
enum err store_decide_talk_end(struct store_work *work);
enum err store_decide_talk_reflect(struct store_work *work);
enum err store_decide_pair_block(struct store_work *work);
enum err store_decide_pair_unblock(struct store_work *work);
enum err store_decide_pair_hold(struct store_work *work);

/* The list of blocks.  Guards: is there room for one more entry, or is it there
 * already (ERR_BLOCKS_FULL); is there this entry, whose is it, and is it the
 * last of its pair (ERR_NO_RELATION).  Then write: put it on, take it off, or
 * all of the pair.  And its reads. */
enum err store_decide_block_room(struct store_work *work);
enum err store_decide_block_find(struct store_work *work, uint64_t *other,
                                 bool *last);
void store_decide_block_write(struct store_work *work);
enum err store_decide_block_other(struct store_work *work);
enum err store_decide_block_list(struct store_work *work);

/* Whom does a member know by this talk or offer, and as what?
 * ERR_NO_RELATION. */
enum err store_decide_pair_known(struct store_work *work, uint64_t member,
                                 uint64_t via, uint64_t *other,
                                 enum store_known *known);

/* The other family; they fill the result but for outcome and err. */
enum err store_decide_member_enrol(struct store_work *work);
enum err store_decide_member_find(struct store_work *work);
enum err store_decide_member_rotate(struct store_work *work);
enum err store_decide_member_put_card(struct store_work *work);
enum err store_decide_member_get_card(struct store_work *work);
enum err store_decide_mail_find_talk(struct store_work *work);
enum err store_decide_mail_find(struct store_work *work);
enum err store_decide_mail_send(struct store_work *work);
enum err store_decide_mail_receive(struct store_work *work);
enum err store_decide_mail_acknowledge(struct store_work *work);

/* The mailboxes of an accept: is one of them there already?  Make them; and
 * close those that the command names. */
bool store_decide_mail_clash(struct store_work *work);
void store_decide_mail_open(struct store_work *work);
void store_decide_mail_close(struct store_work *work);

/* Of a peer with a maximum of their own: look at the talks begun after
 * since_ms, to report them; have these and the open offers reached it? */
void store_decide_duty_today(struct store_work *work, uint64_t member,
                             uint64_t since_ms);
bool store_decide_duty_full_today(struct store_work *work,
                                  const struct match_duty_row *duty,
                                  uint64_t since_ms);

/* Look at a duty and at what it holds, to report them. */
void store_decide_duty_show(struct store_work *work, uint64_t member);

/* Halve a duty's record for every 90 days it is old. */
void store_decide_duty_age(struct store_work *work, uint64_t member);

/* Is the member there and not held?  Else why not. */
enum err store_decide_member_active(struct store_work *work, uint64_t id,
                                    struct store_member *member);

/* The result that describes a member. */
void store_decide_member_tell(struct store_work *work,
                              const struct store_member *member);

/* Is this card the one in force?  Else why not. */
enum err store_decide_member_card(const struct store_member *member,
                                  enum match_role role, uint32_t version);

/* What store_decide_pair_hold() allowed. */
void store_decide_pair_hold_write(struct store_work *work);

/* The pair of two members, smaller first. */
struct match_pair_row store_decide_pair_of(enum match_pair_kind kind,
                                           uint64_t x, uint64_t y);

#endif
