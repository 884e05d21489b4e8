#include "server/recover.h"

#include "base/wipe.h"
#include "net/entropy.h"

static void fill_fresh(struct match_event *event)
{
    for (int i = 0; i < MATCH_FRESH_MAX; i++)
        event->fresh[i] = net_entropy_id();
}

/* One row of the load, with what the turn alone can open. */
static enum err load_row(struct server_turn *turn, struct store_loaded *loaded)
{
    struct match_event event = {.kind = EVENT_LOAD, .now_ms = turn->now_ms};
    struct match_card card;
    bool carded = false;
    enum err err = server_join_loaded(&turn->join, loaded, &card, &carded);

    if (err != ERR_NONE)
        return err;
    server_join_unmask(&turn->join, &loaded->row);
    event.load.row = &loaded->row;
    event.load.card = carded ? &card : NULL;
    fill_fresh(&event);
    server_turn_step(turn, &event);
    wipe(&card, sizeof card);
    if (loaded->row.kind == ROW_TICKET)
        log_event(LOG_RECOVERED_TICKETS, 1, ERR_NONE);
    if (loaded->row.kind == ROW_TALK)
        log_event(LOG_RECOVERED_TALKS, 1, ERR_NONE);
    return ERR_NONE;
}

static enum err load_all(struct server_turn *turn, struct store *store)
{
    uint64_t cursor = 0;
    enum err err = ERR_NONE;

    do {
        struct store_job *job = server_join_job(STORE_LOAD, turn->now_ms);

        if (!job)
            return ERR_NOMEM;
        job->command.epoch = turn->epoch;
        job->command.load.cursor = cursor;
        store_execute(store, &job, 1);
        if (job->result.outcome != OUTCOME_OK)
            err = ERR_STORE;
        for (uint32_t i = 0; err == ERR_NONE && i < job->result.load.rows; i++)
            err = load_row(turn, &job->result.load.row[i]);
        cursor = job->result.load.cursor;
        server_join_free(job);
    } while (err == ERR_NONE && cursor != 0);
    return err;
}

static enum err claim(struct server_turn *turn, struct store *store)
{
    struct store_job *job = server_join_job(STORE_CLAIM, turn->now_ms);
    enum err err = ERR_STORE;

    if (!job)
        return ERR_NOMEM;
    store_execute(store, &job, 1);
    if (job->result.outcome == OUTCOME_OK) {
        turn->epoch = job->result.epoch;
        err = ERR_NONE;
    }
    server_join_free(job);
    return err;
}

enum err server_recover_turn(struct server_turn *turn, struct store *store)
{
    struct match_event event = {.kind = EVENT_BEGIN};
    enum err err;

    turn->now_ms = net_clock_now_ms(turn->config.clock);
    err = claim(turn, store);
    if (err != ERR_NONE)
        return err;
    event.now_ms = turn->now_ms;
    event.begin.epoch = turn->epoch;
    server_turn_step(turn, &event);
    err = load_all(turn, store);
    if (err != ERR_NONE)
        return err;
    event = (struct match_event){.kind = EVENT_LIVE, .now_ms = turn->now_ms};
    fill_fresh(&event);
    server_turn_step(turn, &event);
    return ERR_NONE;
}
