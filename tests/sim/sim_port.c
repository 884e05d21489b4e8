/* The way to the store and back, with everything that may go wrong on it. */
#define _DEFAULT_SOURCE 1 /* MADV_DONTNEED */

#include <string.h>

#include "fresh.h"
#include "sim_cover.h"

#define ARENA_BYTES ((size_t)1 << 20)

enum { DIE_IN_RECOVERY = 3 /* percent */ };

void sim_port_job(struct sim *sim, struct store_job *job,
                  enum store_command_kind kind)
{
    struct store_job *const one[] = {job};

    job->command.kind = kind;
    job->command.now_ms = sim->now_ms;
    store_execute(sim->store, one, 1);
}

uint32_t sim_port_flying(const struct sim *sim)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < sim->flyings; i++)
        n += sim->flying[i].used && !sim->flying[i].zombie;
    return n;
}

static uint64_t delay(struct sim *sim)
{
    uint32_t most = sim->quiet ? 2 : sim->mix.delay_ms;

    return most ? sim_roll(sim, most + 1) : 0;
}

/* Nothing but offers proposed in this very step is under way. */
static bool clean(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->flyings; i++)
        if (sim->flying[i].used && !sim->flying[i].clean)
            return false;
    return sim_later_due_ms(sim) == UINT64_MAX && sim->overtakes == 0;
}

void sim_port_send(struct sim *sim, const struct match_command *command)
{
    struct sim_flying *flying = NULL;
    uint64_t last_ms = 0;
    bool alone = command->kind == COMMAND_OFFER && clean(sim);

    sim_laws_proposed(sim, command);
    for (uint32_t i = 0; i < sim->flyings; i++) {
        if (!sim->flying[i].used && !flying)
            flying = &sim->flying[i];
        if (sim->flying[i].used && !sim->flying[i].executed &&
            !sim->flying[i].zombie && sim->flying[i].execute_ms > last_ms)
            last_ms = sim->flying[i].execute_ms;
    }
    if (!flying && sim->flyings < SIM_FLYING)
        flying = &sim->flying[sim->flyings++];
    LAW("simulator: room for commands", flying != NULL);
    if (!alone) /* what was proposed before is alone no more */
        for (uint32_t i = 0; i < sim->flyings; i++)
            sim->flying[i].clean = false;
    memset(flying, 0, sizeof *flying);
    flying->used = true;
    flying->command = *command;
    flying->clean = alone;
    flying->order = ++sim->sent;
    if (command->kind == COMMAND_RARITY) {
        memcpy(flying->rarity, command->rarity.row,
               command->rarity.rows * sizeof flying->rarity[0]);
        flying->command.rarity.row = flying->rarity;
    }
    flying->execute_ms = sim->now_ms + delay(sim);
    if (!sim->quiet) {
        flying->twice = sim_percent(sim, sim->mix.twice);
        flying->lose = sim_percent(sim, sim->mix.lose);
        flying->full_disk = sim_percent(sim, sim->mix.full_disk);
    }
    /* usually in the order they were proposed */
    if (flying->execute_ms < last_ms &&
        (sim->quiet || !sim_percent(sim, sim->mix.reorder)))
        flying->execute_ms = last_ms;
    arena_init(&flying->job.arena, ARENA_BYTES);
    sim_trace(sim, "  -> %s op %llu", match_words_command(command->kind),
              (unsigned long long)command->op);
}

/* The first that is due; NULL if none flies. */
static struct sim_flying *first(const struct sim *sim, uint64_t *due_ms)
{
    struct sim_flying *best = NULL;

    *due_ms = UINT64_MAX;
    for (uint32_t i = 0; i < sim->flyings; i++) {
        struct sim_flying *flying = &sim->flying[i];
        uint64_t due =
            flying->executed ? flying->deliver_ms : flying->execute_ms;

        if (!flying->used || due > *due_ms ||
            (due == *due_ms && best && flying->order > best->order))
            continue;
        best = flying;
        *due_ms = due;
    }
    return best;
}

uint64_t sim_port_due_ms(const struct sim *sim)
{
    uint64_t due_ms;

    (void)first(sim, &due_ms);
    return due_ms;
}

static void forget(struct sim *sim, struct sim_flying *flying)
{
    arena_reset(&flying->job.arena);
    flying->used = false;
    while (sim->flyings > 0 && !sim->flying[sim->flyings - 1].used)
        sim->flyings--;
}

/* One execution at the store, and what it says believed. */
static void run(struct sim *sim, struct sim_flying *flying)
{
    struct store_job *job = &flying->job;
    struct store_job *const one[] = {job};

    arena_reset(&job->arena);
    memset(&job->result, 0, sizeof job->result);
    job->command.kind = STORE_MATCH;
    job->command.epoch = flying->command.epoch;
    job->command.now_ms = flying->command.now_ms;
    job->command.match.command = flying->command;
    store_execute(sim->store, one, 1);
    flying->result = job->result.match;
    flying->result.op = flying->command.op;
    flying->result.seq = ++sim->executions;
    flying->result.outcome = job->result.outcome;
    flying->result.err = job->result.err;
    LAW("the store does not fail", job->result.err != ERR_STORE);
    sim_laws_executed(sim, flying, &flying->result);
    flying->clean = false;
    flying->ran = true;
}

/* A command that is not the engine's. */
static struct sim_flying *apart(struct sim *sim,
                                const struct match_command *command)
{
    struct sim_flying *other = &sim->other;

    arena_reset(&other->job.arena);
    arena_init(&other->job.arena, ARENA_BYTES);
    other->clean = false;
    other->command = *command;
    other->command.op = (uint64_t)1 << 63 | ++sim->sent;
    return other;
}

void sim_port_probe(struct sim *sim, const struct match_command *command)
{
    struct sim_flying *other = apart(sim, command);

    sim_trace(sim, "a wrong %s", match_words_command(command->kind));
    run(sim, other);
    LAW("the store refuses what its guards forbid",
        other->result.outcome == OUTCOME_REFUSED);
}

/* Just before an offer, one of the two blocks the other by a way that is not
 * the engine's; it hears of it later.  There is nothing between them to end. */
static void overtake(struct sim *sim, const struct match_offer_row *offer)
{
    bool seeker = sim_percent(sim, 50);
    uint64_t by = seeker ? offer->seeker : offer->peer;
    uint64_t of = seeker ? offer->peer : offer->seeker;
    struct sim_member *blocks = sim_people_of(sim, by);

    if (!blocks || blocks->gone || sim->overtakes == SIM_KNOWN ||
        sim_truth_talk(sim, by, of) ||
        sim_truth_pair(sim, PAIR_BOND, by, of, 0, sim->now_ms))
        return;
    sim_trace(sim, "  %04llx blocks %04llx first",
              (unsigned long long)(by & 0xffff),
              (unsigned long long)(of & 0xffff));
    run(sim, apart(sim, &(struct match_command){
                            .kind = COMMAND_BLOCK,
                            .epoch = sim->epoch,
                            .now_ms = sim->now_ms,
                            .block = {.member = by, .other = of}}));
    for (uint32_t i = 0; i < sim->flyings; i++)
        sim->flying[i].clean = false;
    sim_later_block(sim, (uint32_t)(blocks - sim->member), of);
    sim->overtaken[sim->overtakes++] = (struct sim_ban){by, of};
}

static bool may_overtake(struct sim *sim, const struct sim_flying *flying)
{
    return !sim->quiet && !flying->zombie && !flying->ran &&
           !flying->full_disk && flying->command.kind == COMMAND_OFFER &&
           sim_percent(sim, sim->mix.overtake);
}

static void execute(struct sim *sim, struct sim_flying *flying)
{
    if (may_overtake(sim, flying))
        overtake(sim, &flying->command.offer.offer);
    if (flying->full_disk && !flying->zombie) {
        sim_cover_broken(flying->command.kind);
        flying->result = (struct match_result){.op = flying->command.op,
                                               .seq = ++sim->executions,
                                               .outcome = OUTCOME_REFUSED,
                                               .err = ERR_STORE};
    } else {
        run(sim, flying);
        if (flying->twice)
            run(sim, flying);
        if (flying->lose) { /* nobody heard: the same again, later */
            flying->lose = false;
            flying->execute_ms = sim->now_ms + delay(sim);
            return;
        }
    }
    flying->executed = true;
    flying->executed_ms = sim->now_ms;
    flying->deliver_ms = sim->now_ms + delay(sim);
    sim_trace(sim, "  == %s op %llu seq %llu: %d %s",
              match_words_command(flying->command.kind),
              (unsigned long long)flying->command.op,
              (unsigned long long)flying->result.seq,
              (int)flying->result.outcome, err_reason(flying->result.err));
    if (!flying->zombie)
        return;
    sim_cover_died(flying->command.kind,
                   flying->result.outcome == OUTCOME_FENCED ? DEATH_FENCED
                                                            : DEATH_ARRIVES);
    forget(sim, flying);
}

static void deliver(struct sim *sim, struct sim_flying *flying)
{
    struct match_event event = {.kind = EVENT_STORED, .now_ms = sim->now_ms};

    for (uint32_t i = 0; sim->trace && i < flying->result.rows; i++)
        sim_trace_row(sim, "  row", &flying->result.row[i]);
    sim_cover_heard(sim, flying);
    sim->last_heard = flying->command.kind;
    if (flying->result.outcome == OUTCOME_FENCED)
        sim->fenced = true;
    sim_laws_heard(sim, &flying->command, &flying->result);
    event.stored.result = &flying->result;
    event.member = 0;
    sim_trace(sim, "hears of %s op %llu",
              match_words_command(flying->command.kind),
              (unsigned long long)flying->command.op);
    sim_event(sim, &event);
    forget(sim, flying);
}

void sim_port_step(struct sim *sim)
{
    uint64_t due_ms;
    struct sim_flying *flying = first(sim, &due_ms);

    if (!flying)
        return;
    if (flying->executed)
        deliver(sim, flying);
    else
        execute(sim, flying);
}

void sim_port_die(struct sim *sim)
{
    sim_cover_died(sim->last_heard, DEATH_JUST_HEARD);
    for (uint32_t i = 0; i < sim->flyings; i++) {
        struct sim_flying *flying = &sim->flying[i];

        if (!flying->used || flying->zombie)
            continue;
        if (flying->executed || sim_percent(sim, 50)) {
            sim_cover_died(flying->command.kind,
                           flying->ran ? DEATH_UNHEARD : DEATH_UNSENT);
            forget(sim, flying);
            continue;
        }
        flying->zombie = true; /* it may arrive before the claim or after */
        flying->lose = flying->full_disk = false;
        if (sim_percent(sim, 50))
            execute(sim, flying);
    }
}

/* ---- recovery ---- */

static void load_row(struct sim *sim, const struct store_loaded *loaded)
{
    struct match_event event = {.kind = EVENT_LOAD, .now_ms = sim->now_ms};
    struct match_card card;
    const struct match_row *kept;

    event.load.row = &loaded->row;
    if (loaded->row.kind == ROW_TICKET) {
        kept = sim_truth_row(sim, ROW_TICKET, loaded->row.ticket.id);
        LAW("DESIGN law 7: a loaded ticket was acknowledged",
            kept && kept->ticket.state == loaded->row.ticket.state);
        LAW("a ticket is loaded with its card",
            loaded->card.size == sizeof card);
        memcpy(&card, loaded->card.data, sizeof card);
        event.load.card = &card;
    }
    sim_event(sim, &event);
}

static uint64_t take_pools(struct sim *sim)
{
    struct store_job job;

    memset(&job, 0, sizeof job);
    arena_init(&job.arena, ARENA_BYTES);
    sim_port_job(sim, &job, STORE_CLAIM);
    LAW("a claim succeeds", job.result.outcome == OUTCOME_OK);
    LAW("a claim is the next epoch", job.result.epoch == sim->epoch + 1);
    arena_reset(&job.arena);
    sim_truth_claimed(sim);
    sim->epoch = job.result.epoch;
    return sim->epoch;
}

void sim_port_fence(struct sim *sim)
{
    (void)take_pools(sim); /* another node */
    sim->fences++;
    sim_trace(sim, "another node claims, epoch %llu",
              (unsigned long long)sim->epoch);
}

bool sim_port_recover(struct sim *sim)
{
    struct match_event event = {.kind = EVENT_BEGIN, .now_ms = sim->now_ms};
    struct store_job job;
    struct store_cursor from = {0};
    bool more;

    fresh_clear(&(struct fresh){sim->memory, sim->bytes});
    sim->engine = match_engine_init(sim->memory, &sim->sizes, &sim->limits);
    event.begin.epoch = sim->engine_epoch = take_pools(sim);
    sim_event(sim, &event);
    do {
        memset(&job, 0, sizeof job);
        arena_init(&job.arena, ARENA_BYTES);
        job.command.epoch = sim->epoch;
        job.command.load.from = from;
        sim_port_job(sim, &job, STORE_LOAD);
        LAW("a load succeeds", job.result.outcome == OUTCOME_OK);
        for (uint32_t i = 0; i < job.result.load.rows; i++)
            load_row(sim, &job.result.load.row[i]);
        from = job.result.load.next;
        more = job.result.load.more;
        arena_reset(&job.arena);
        if (!sim->quiet && sim_percent(sim, DIE_IN_RECOVERY))
            return false;
    } while (more);
    event = (struct match_event){.kind = EVENT_LIVE, .now_ms = sim->now_ms};
    sim_event(sim, &event);
    return true;
}
