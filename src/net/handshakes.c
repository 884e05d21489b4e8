#include "net/handshakes.h"

#include <malloc.h>

#include "base/log.h"
#include "base/require.h"

enum { CROWD = 256 };

static void give_back(struct net_handshakes *handshakes)
{
#ifdef __GLIBC__
    if (handshakes->crowd >= CROWD)
        (void)malloc_trim(0);
#endif
    handshakes->crowd = 0;
}

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
    handshakes->crowd++;
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
    if (handshakes->count == 0)
        give_back(handshakes);
}
