/* The unit of work on a memory keeper: one pointer per row, nothing written
 * before the flush, nothing left after a revert. */
#include "store/work.h"

#include <string.h>

#include "check.h"
#include "store/memory.h"

static struct store_job job;
static struct store_work work;

static struct store_keeper *start(struct store *store)
{
    struct store_keeper *keeper = (struct store_keeper *)(void *)store;

    arena_reset(&job.arena);
    arena_init(&job.arena, 1 << 20);
    memset(&job.command, 0, sizeof job.command);
    job.command.kind = STORE_MATCH;
    job.command.match.command.now_ms = 7;
    store_work_begin(&work, keeper, &job);
    CHECK(keeper->ops->room(keeper, &job));
    return keeper;
}

static uint8_t stored_offers(struct store *store)
{
    struct match_row row = {.kind = ROW_TICKET, .ticket.id = 10};

    return store_memory_find(store, &row) ? row.ticket.offers : UINT8_MAX;
}

/* Laws 1 and 2 */
static void one_pointer_one_write(struct store *store)
{
    struct match_row fresh = {.kind = ROW_TICKET,
                              .ticket = {.id = 10, .member = 1, .offers = 3}};
    struct match_ticket_row *ticket;

    (void)start(store);
    CHECK(store_work_ticket(&work, 10) == NULL);
    store_work_add(&work, &fresh);
    CHECK(stored_offers(store) == UINT8_MAX); /* Law 1 */
    store_work_flush(&work);
    CHECK(stored_offers(store) == 3);

    (void)start(store);
    ticket = store_work_ticket(&work, 10);
    CHECK(ticket != NULL && ticket == store_work_ticket(&work, 10)); /* Law 2 */
    ticket->offers = 4;
    CHECK(store_work_ticket(&work, 10)->offers == 4);
    CHECK(store_work_report(&work));
    CHECK(job.result.match.rows == 1);
    CHECK(job.result.match.row[0].ticket.offers == 4);
    CHECK(stored_offers(store) == 3); /* Law 1 */
    store_work_flush(&work);
    CHECK(stored_offers(store) == 4);
}

static void reverts(struct store *store)
{
    struct match_row fresh = {.kind = ROW_OFFER, .offer = {.id = 20}};

    (void)start(store);
    store_work_ticket(&work, 10)->offers = 9;
    store_work_add(&work, &fresh);
    store_work_revert_rows(&work);
    CHECK(store_work_ticket(&work, 10)->offers == 4);
    CHECK(store_work_offer(&work, 20) == NULL);
    CHECK(store_work_report(&work));
    CHECK(job.result.match.rows == 1); /* what was looked at is told */
    store_work_flush(&work);
    CHECK(stored_offers(store) == 4);
}

/* A report that does not fit says so before anything is written. */
static void no_room_to_tell(struct store *store)
{
    (void)start(store);
    store_work_ticket(&work, 10)->offers = 9;
    arena_reset(&job.arena);
    arena_init(&job.arena, 8);
    CHECK(!store_work_report(&work));
    CHECK(stored_offers(store) == 4);
}

int main(void)
{
    struct store *store = store_memory_new(100);

    CHECK(store != NULL);
    one_pointer_one_write(store);
    reverts(store);
    no_room_to_tell(store);
    arena_reset(&job.arena);
    store_close(store);
    return check_report("store/work");
}
