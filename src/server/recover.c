#include "server/recover.h"

#include <string.h>

#include "base/wipe.h"
#include "kindred_data.h"
#include "net/entropy.h"

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
    event.load.card = carded ? &card : NULL; /* a load makes nothing: no ids */
    server_turn_step(turn, &event);
    wipe(&card, sizeof card);
    if (loaded->row.kind == ROW_TICKET)
        log_event(LOG_RECOVERED_TICKETS, 1, ERR_NONE);
    if (loaded->row.kind == ROW_TALK)
        log_event(LOG_RECOVERED_TALKS, 1, ERR_NONE);
    return ERR_NONE;
}

/* The latest moment that a row remembers. */
static enum err note_time(struct server_turn *turn, struct store_loaded *loaded)
{
    const struct match_row *row = &loaded->row;
    uint64_t at_ms = 0;

    if (row->kind == ROW_TICKET)
        at_ms = row->ticket.since_ms;
    else if (row->kind == ROW_OFFER)
        at_ms = row->offer.made_ms;
    else if (row->kind == ROW_TALK)
        at_ms = row->talk.started_ms;
    if (at_ms > turn->now_ms)
        turn->now_ms = at_ms;
    return ERR_NONE;
}

typedef enum err take_row(struct server_turn *turn,
                          struct store_loaded *loaded);

static enum err load_all(struct server_turn *turn, struct store *store,
                         take_row *take)
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
            err = take(turn, &job->result.load.row[i]);
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
        turn->rotated_ms = job->result.rotated_ms;
        err = ERR_NONE;
    }
    server_join_free(job);
    return err;
}

/* The pool of `kindred demo` is too small and too new to count in: its cards
 * are drawn from a table, and so is what is rare there. */
static void load_demo_rarity(struct server_turn *turn)
{
    static struct match_rarity_row row[DATA_DEMO_RARITIES];
    const struct service_config *config = turn->config.service;
    struct match_event event = {.kind = EVENT_RARITY, .now_ms = turn->now_ms};

    for (uint32_t i = 0; i < DATA_DEMO_RARITIES; i++)
        row[i] = (struct match_rarity_row){
            .token = data_terms[data_demo_rarities[i].term].token,
            .count_q8 = data_demo_rarities[i].bits};
    event.rarity.row = row;
    event.rarity.rows = DATA_DEMO_RARITIES;
    for (uint32_t i = 0; i < config->pools; i++) {
        if (strcmp(config->pool[i].name, "demo") != 0)
            continue;
        event.pool = i;
        net_entropy_ids(event.fresh, MATCH_FRESH_MAX);
        server_turn_step(turn, &event);
    }
}

enum err server_recover_turn(struct server_turn *turn, struct store *store)
{
    struct match_event event = {.kind = EVENT_BEGIN};
    enum err err;

    turn->now_ms = net_clock_now_ms(turn->config.clock);
    err = claim(turn, store);
    if (err != ERR_NONE)
        return err;
    err = load_all(turn, store, note_time);
    if (err != ERR_NONE)
        return err;
    net_clock_init(turn->config.clock, turn->now_ms); /* never before it */
    turn->now_ms = net_clock_now_ms(turn->config.clock);
    event.now_ms = turn->now_ms;
    event.begin.epoch = turn->epoch;
    server_turn_step(turn, &event);
    err = load_all(turn, store, load_row);
    if (err != ERR_NONE)
        return err;
    event = (struct match_event){.kind = EVENT_LIVE, .now_ms = turn->now_ms};
    net_entropy_ids(event.fresh, MATCH_FRESH_MAX);
    server_turn_step(turn, &event);
    load_demo_rarity(turn);
    return ERR_NONE;
}
