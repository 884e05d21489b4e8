/* store/move -- the moves of the state tables, each with what it carries along.
 *
 * A subject changes its state here and nowhere else; a move its table does not
 * list is a bug of ours and aborts.  Moves work on a store_work: nothing is
 * written yet.
 *
 * Laws
 *   1. A state changes only as the tables of ENGINE.md §4 allow.
 *   2. When an offer closes other than by acceptance, or a talk ends, the
 *      peer's used goes down by one; a ticket so returned waits again, with
 *      its own since_ms. */
#ifndef STORE_MOVE_H
#define STORE_MOVE_H

#include "store/work.h"

void store_move_ticket(struct match_ticket_row *ticket,
                       enum match_ticket_state state,
                       enum match_ticket_why why);

/* OPEN → DECLINED, LAPSED or REVOKED.  The duty, or NULL (a keeper failed). */
struct match_duty_row *store_move_offer_close(struct store_work *work,
                                              struct match_offer_row *offer,
                                              enum match_offer_state state);

/* OPEN → ACCEPTED: the slot becomes the talk's. */
void store_move_offer_accept(struct match_offer_row *offer);

/* Close every open offer to this peer. */
void store_move_revoke_all(struct store_work *work, uint64_t peer);

void store_move_duty(struct match_duty_row *duty, enum match_duty_state state,
                     enum match_duty_why why);

/* JOINING → OPEN */
void store_move_talk_open(struct match_talk_row *talk);

/* Until when a peer rests whose talk ends now, by their own choice. */
uint64_t store_move_rest_until_ms(struct store_work *work, uint64_t peer);

/* → ENDED.  rest_until_ms: of the peer, who rests from their latest end on, as
 * they chose last.  The mailboxes are closed apart. */
void store_move_talk_end(struct store_work *work, struct match_talk_row *talk,
                         enum match_talk_why why, uint64_t rest_until_ms);

#endif
