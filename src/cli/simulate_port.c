#include "cli/simulate_port.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "base/require.h"
#include "store/memory.h"

/* A result's rows, and what the store needs while it works. */
#define JOB_BYTES ((size_t)1 << 20)

enum { EFFECTS = 1024, STORE_ROWS_MAX = 1 << 24 };

static struct cli_simulate_port_answer *
answer_new(struct cli_simulate_port *port, enum store_command_kind kind,
           uint64_t now_ms)
{
    struct list *node = list_pop_front(&port->spare);
    struct cli_simulate_port_answer *answer;

    if (node) {
        answer = LIST_ENTRY(node, struct cli_simulate_port_answer, waiting);
    } else {
        answer = calloc(1, sizeof *answer);
        if (!answer)
            return NULL;
        arena_init(&answer->job.arena, JOB_BYTES);
    }
    answer->job.command =
        (struct store_command){.kind = kind, .now_ms = now_ms};
    return answer;
}

void cli_simulate_port_free(struct cli_simulate_port *port,
                            struct cli_simulate_port_answer *answer)
{
    arena_rewind(&answer->job.arena);
    list_push_front(&port->spare, &answer->waiting); /* the warmest */
}

static void drop(struct list *answers)
{
    struct list *node;

    while (answers->next && (node = list_pop_front(answers))) {
        struct cli_simulate_port_answer *answer =
            LIST_ENTRY(node, struct cli_simulate_port_answer, waiting);

        arena_reset(&answer->job.arena);
        free(answer);
    }
}

/* What the store says; ERR_NOMEM: this one fails for nothing else. */
static enum err execute(struct cli_simulate_port *port,
                        struct cli_simulate_port_answer *answer)
{
    struct store_job *const job[] = {&answer->job};

    store_execute(port->store, job, 1);
    return answer->job.result.err == ERR_STORE ? ERR_NOMEM
                                               : answer->job.result.err;
}

/* Take the pools of an empty store. */
static enum err claim(struct cli_simulate_port *port)
{
    struct cli_simulate_port_answer *answer = answer_new(port, STORE_CLAIM, 0);
    struct match_event event = {.kind = EVENT_BEGIN};
    enum err err;

    if (!answer)
        return ERR_NOMEM;
    err = execute(port, answer);
    port->epoch = answer->job.result.epoch;
    cli_simulate_port_free(port, answer);
    if (err != ERR_NONE)
        return err;
    event.begin.epoch = port->epoch;
    match_engine_step(port->engine, &event, &port->effects);
    event.kind = EVENT_LIVE;
    match_engine_step(port->engine, &event, &port->effects);
    return ERR_NONE;
}

enum err cli_simulate_port_init(struct cli_simulate_port *port,
                                const struct match_sizes *sizes,
                                const struct match_limits *limits,
                                uint32_t members)
{
    void *memory = calloc(1, match_engine_bytes(sizes));

    *port = (struct cli_simulate_port){.effects = {.cap = EFFECTS}};
    list_init(&port->answers);
    list_init(&port->spare);
    port->effects.item = calloc(EFFECTS, sizeof *port->effects.item);
    port->store = store_memory_new(STORE_ROWS_MAX);
    if (!memory || !port->effects.item || !port->store ||
        !store_memory_room(port->store, members)) {
        free(memory);
        cli_simulate_port_close(port);
        return ERR_NOMEM;
    }
    large_pages(memory, match_engine_bytes(sizes));
    port->engine = match_engine_init(memory, sizes, limits);
    REQUIRE((void *)port->engine == memory);
    return claim(port);
}

void cli_simulate_port_close(struct cli_simulate_port *port)
{
    drop(&port->answers);
    drop(&port->spare);
    free(port->engine);
    free(port->effects.item);
    if (port->store)
        store_close(port->store);
    *port = (struct cli_simulate_port){0};
}

enum err cli_simulate_port_enrol(struct cli_simulate_port *port,
                                 uint64_t member, uint32_t pool,
                                 uint64_t now_ms)
{
    struct cli_simulate_port_answer *answer =
        answer_new(port, STORE_ENROL, now_ms);
    enum err err;

    if (!answer)
        return ERR_NOMEM;
    answer->job.command.enrol.member = member;
    answer->job.command.enrol.pool = pool;
    answer->job.command.enrol.grade = GRADE_CRISIS_PEER;
    memcpy(answer->job.command.enrol.handle, &member, sizeof member);
    err = execute(port, answer);
    cli_simulate_port_free(port, answer);
    return err;
}

enum err cli_simulate_port_card(struct cli_simulate_port *port, uint64_t member,
                                const struct match_card *card, uint64_t now_ms)
{
    struct cli_simulate_port_answer *answer =
        answer_new(port, STORE_PUT_CARD, now_ms);
    enum err err;

    if (!answer)
        return ERR_NOMEM;
    answer->job.command.put_card.member = member;
    answer->job.command.put_card.role = card->role;
    answer->job.command.put_card.version = card->version;
    answer->job.command.put_card.vocabulary_version = card->vocabulary_version;
    err = execute(port, answer);
    cli_simulate_port_free(port, answer);
    return err;
}

/* What the engine wants stored, stored. */
static enum err carry_out(struct cli_simulate_port *port,
                          const struct match_command *command)
{
    struct cli_simulate_port_answer *answer =
        answer_new(port, STORE_MATCH, command->now_ms);
    enum err err;

    if (!answer)
        return ERR_NOMEM;
    answer->job.command.epoch = command->epoch;
    answer->job.command.match.command = *command;
    answer->job.command.match.command.key = (struct match_key){0};
    err = execute(port, answer);
    answer->result = answer->job.result.match;
    answer->result.op = command->op;
    answer->result.outcome = answer->job.result.outcome;
    answer->result.err = answer->job.result.err;
    list_push_back(&port->answers, &answer->waiting);
    return err == ERR_NOMEM ? ERR_NOMEM : ERR_NONE;
}

void cli_simulate_port_step(struct cli_simulate_port *port,
                            const struct match_event *event)
{
    match_engine_step(port->engine, event, &port->effects);
}

enum err cli_simulate_port_store(struct cli_simulate_port *port)
{
    for (uint32_t i = 0; i < port->effects.n; i++) {
        const struct match_effect *effect = &port->effects.item[i];

        if (effect->kind == EFFECT_STORE &&
            carry_out(port, &effect->store) != ERR_NONE)
            return ERR_NOMEM;
    }
    return ERR_NONE;
}

struct cli_simulate_port_answer *
cli_simulate_port_take(struct cli_simulate_port *port)
{
    struct list *node = list_pop_front(&port->answers);

    return node ? LIST_ENTRY(node, struct cli_simulate_port_answer, waiting)
                : NULL;
}

void cli_simulate_port_forget(struct cli_simulate_port *port,
                              enum match_row_kind kind, uint64_t id)
{
    store_memory_forget(port->store, kind, id);
}
