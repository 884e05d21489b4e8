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
    return ERR_NONE;
}

static enum err load_all(struct server_turn *turn, struct store *store)
{
    struct store_cursor from = {0};
    enum err err = ERR_NONE;
    bool more;

    do {
        struct store_job *job = server_join_job(STORE_LOAD, turn->now_ms);

        if (!job)
            return ERR_NOMEM;
        job->command.epoch = turn->epoch;
        job->command.load.from = from;
        store_execute(store, &job, 1);
        if (job->result.outcome != OUTCOME_OK)
            err = ERR_STORE;
        for (uint32_t i = 0; err == ERR_NONE && i < job->result.load.rows; i++)
            err = load_row(turn, &job->result.load.row[i]);
        from = job->result.load.next;
        more = job->result.load.more;
        server_join_free(job);
    } while (err == ERR_NONE && more);
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
        if (job->result.latest_ms > turn->now_ms)
            turn->now_ms = job->result.latest_ms;
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
    net_clock_init(turn->config.clock, turn->now_ms); /* never before it */
    turn->now_ms = net_clock_now_ms(turn->config.clock);
    event.now_ms = turn->now_ms;
    event.begin.epoch = turn->epoch;
    server_turn_step(turn, &event);
    err = load_all(turn, store);
    if (err != ERR_NONE)
        return err;
    event = (struct match_event){.kind = EVENT_LIVE, .now_ms = turn->now_ms};
    net_entropy_ids(event.fresh, MATCH_FRESH_MAX);
    server_turn_step(turn, &event);
    load_demo_rarity(turn);
    return ERR_NONE;
}
