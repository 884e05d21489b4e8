#include "net/handshakes.h"

#include "base/log.h"
#include "base/require.h"

void net_handshakes_init(struct net_handshakes *handshakes, uint32_t max)
{
    REQUIRE(max > 0);
    *handshakes = (struct net_handshakes){.max = max};
    list_init(&handshakes->all);
}

struct list *net_handshakes_enter(struct net_handshakes *handshakes,
                                  struct list *link)
{
    list_push_back(&handshakes->all, link);
    if (handshakes->count++ < handshakes->max)
        return NULL;
    return handshakes->all.next; /* Law 1 */
}

void net_handshakes_leave(struct net_handshakes *handshakes, struct list *link,
                          enum err why)
{
    if (!list_linked(link))
        return;
    REQUIRE(handshakes->count > 0);
    list_unlink(link);
    handshakes->count--;
    if (why == ERR_DEADLINE) /* Law 2 */
        log_event(LOG_HANDSHAKE_SLOW, 1, ERR_NONE);
    else if (why != ERR_NONE && why != ERR_CONNECTION && why != ERR_CANCELED)
        log_event(LOG_HANDSHAKE_FAILED, 1, why); /* who left did not fail */
}
