/* service/card -- cards between the wire, the store and the engine.
 *
 * On the wire and, sealed, in the store a card is the Card message; in the
 * engine it is a match_card.  Only here one is made into the other. */
#ifndef SERVICE_CARD_H
#define SERVICE_CARD_H

#include "pb/kindred/v1/cards.pb-c.h"
#include "service/service.h"

/* ERR_CARD: a bound is broken. */
MUST_USE enum err service_card_decode(const Kindred__V1__Card *message,
                                      struct match_card *card);

/* Ask the store for a member's card; done() gets it. */
MUST_USE enum err service_card_ask(struct rpc_call *call, uint64_t member,
                                   enum match_role role,
                                   void (*done)(struct service_request *request,
                                                struct rpc_call *call));

/* The card that such a request brought.  ERR_CARD_MISSING, ERR_RECOMPILE. */
MUST_USE enum err service_card_take(const struct service_request *request,
                                    enum match_role role,
                                    struct match_card *card);

/* Open a sealed card: also for the recovery of the engine.  ERR_INTERNAL. */
MUST_USE enum err service_card_open(const struct seal_keys *keys,
                                    uint64_t member, enum match_role role,
                                    struct store_bytes sealed,
                                    struct match_card *card);

#endif
