#include "server/turn.h"

#include "engine_world.h"

/* Who asks and who is there, before a start has settled. */
static struct world *settling(void)
{
    struct world *w = calloc(1, sizeof *w);
    struct match_limits limits;

    CHECK(w != NULL);
    match_limits_init(&limits);
    limits.fresh_ms = limits.lost_ms = UINT64_MAX;
    world_open(w, &limits);
    world_live(w);
    CHECK(world_err(w, world_attend(w, 1, 1)) == ERR_NONE);
    CHECK(world_err(w, world_ask(w, 2, false)) == ERR_NONE);
    return w;
}

/* Law 1: a batch is several steps, and others may come after each. */
static void goes_on_later(void)
{
    static struct match_effect item[TURN_EFFECTS];
    struct world *w = settling();
    struct server_turn turn = {.engine = w->engine,
                               .effects = {.item = item, .cap = TURN_EFFECTS}};
    struct match_event tick = {.kind = EVENT_TICK,
                               .now_ms = match_engine_deadline_ms(w->engine)};

    server_turn_step(&turn, &tick);
    CHECK(turn.more);
    CHECK(turn.effects.n == 0); /* nothing is decided yet */
    CHECK(match_engine_deadline_ms(w->engine) == tick.now_ms);
    w->now_ms = tick.now_ms;
    CHECK(world_err(w, world_attend(w, 3, 1)) == ERR_NONE);
    CHECK(w->offers == 1); /* the batch went on beside that */
    world_free(w);
}

int main(void)
{
    goes_on_later();
    return check_report("server/turn_more");
}
