#include "http/share.h"

#include "base/log.h"
#include "base/pace.h"
#include "base/require.h"

/* Law 2: from whichever thread. */
static bool pay(struct http_share *share, uint64_t now_ms)
{
    uint_least64_t due_us =
        atomic_load_explicit(&share->due_us, memory_order_relaxed);
    uint64_t next_us;

    do {
        next_us = due_us;
        if (!pace_take(&next_us, share->limits->per_s, now_ms))
            return false;
    } while (!atomic_compare_exchange_weak_explicit(
        &share->due_us, &due_us, next_us, memory_order_relaxed,
        memory_order_relaxed));
    return true;
}

enum err http_share_take(struct http_share *share, uint64_t now_ms)
{
    enum log_code code = LOG_ADDRESS_CALLS;

    if (!share)
        return ERR_NONE;
    if (atomic_fetch_add_explicit(&share->open, 1, memory_order_relaxed) <
        share->limits->open_max) { /* Law 1 */
        if (pay(share, now_ms))
            return ERR_NONE;
        code = LOG_ADDRESS_CALLS_FAST;
    }
    http_share_give(share);
    log_event(code, 1, ERR_FULL);
    return ERR_FULL;
}

void http_share_give(struct http_share *share)
{
    unsigned was;

    if (!share)
        return;
    was = atomic_fetch_sub_explicit(&share->open, 1, memory_order_relaxed);
    REQUIRE(was > 0);
}
