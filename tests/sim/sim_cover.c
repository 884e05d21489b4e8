/* Which cells of the state tables, and which refusals, a run has visited. */
#include "sim.h"

#include <stdio.h>
#include <string.h>

enum { STATES = 8, TABLES = 4, COMMAND_ERRS = COMMAND_KINDS };

static uint64_t cell[TABLES][STATES][EVENT_KINDS];
static uint64_t outcome[COMMAND_KINDS][OUTCOME_COUNT];
static uint64_t refused[COMMAND_KINDS][ERR_COUNT];
static uint64_t replied[EVENT_KINDS][ERR_COUNT];

/* State 0 is "there is none". */
static const char *const state_names[TABLES][STATES] = {
    [COVER_TICKET] = {"none", "WAITING", "OFFERED", "MATCHED", "ENDED"},
    [COVER_OFFER] = {"none", "OPEN", "ACCEPTED", "DECLINED", "LAPSED",
                     "REVOKED"},
    [COVER_DUTY] = {"none", "OFF", "ON", "PAUSED"},
    [COVER_TALK] = {"none", "JOINING", "OPEN", "ENDED"},
};
static const char *const table_names[TABLES] = {"ticket", "offer", "duty",
                                                "talk"};

/* The cells that must be visited: what can happen to each, in any state. */
static const struct {
    enum sim_cover_table table;
    enum match_event_kind kind;
    uint32_t but; /* states in which it cannot happen, as bits */
    const char *why;
} wanted[] = {
    {COVER_TICKET, EVENT_ASK, 0, ""},
    {COVER_TICKET, EVENT_WITHDRAW, 1u << 0, "who never asked has no ticket"},
    {COVER_TICKET, EVENT_LOST, 1u << 0, "no ticket, no stream"},
    {COVER_TICKET, EVENT_SEEN, 1u << 0, "no ticket, no stream"},
    {COVER_TICKET, EVENT_CARD, 0, ""},
    {COVER_TICKET, EVENT_HOLD, 0, ""},
    {COVER_TICKET, EVENT_GONE, 0, ""},
    {COVER_TICKET, EVENT_BLOCK, 0, ""},
    {COVER_TICKET, EVENT_UNBLOCK, 0, ""},
    {COVER_TICKET, EVENT_ATTEND, 0, ""},
    {COVER_OFFER, EVENT_ANSWER, 1u << 0, "only what was told is answered"},
    {COVER_DUTY, EVENT_ATTEND, 0, ""},
    {COVER_DUTY, EVENT_LEAVE, 0, ""},
    {COVER_DUTY, EVENT_PAUSE, 0, ""},
    {COVER_DUTY, EVENT_RESUME, 0, ""},
    {COVER_DUTY, EVENT_CAPACITY, 0, ""},
    {COVER_DUTY, EVENT_ASK, 0, ""},
    {COVER_DUTY, EVENT_ANSWER, 1u << 0, "no duty was ever offered to"},
    {COVER_DUTY, EVENT_LOST, 1u << 0, "no duty, no stream"},
    {COVER_DUTY, EVENT_SEEN, 1u << 0, "no duty, no stream"},
    {COVER_DUTY, EVENT_CARD, 0, ""},
    {COVER_DUTY, EVENT_HOLD, 0, ""},
    {COVER_DUTY, EVENT_GONE, 0, ""},
    {COVER_DUTY, EVENT_BLOCK, 0, ""},
    {COVER_TALK, EVENT_JOIN, 1u << 0, "only what was told is joined"},
    {COVER_TALK, EVENT_END, 1u << 0, "only what was told is ended"},
    {COVER_TALK, EVENT_REFLECT, 1u << 0, "only what was told is reflected on"},
    {COVER_TALK, EVENT_IDLE, 1u << 0, "only what exists is idle"},
    {COVER_TALK, EVENT_BLOCK, 0, ""},
};

/* Refusals that the world of the simulator must have provoked. */
static const struct {
    enum match_event_kind kind;
    enum err err;
} replies[] = {
    {EVENT_ASK, ERR_TICKET_LIVES},
    {EVENT_ASK, ERR_MEMBER_INACTIVE},
    {EVENT_ASK, ERR_FENCED},
    {EVENT_ASK, ERR_STORE},
    {EVENT_ASK, ERR_KEY_REUSED},
    {EVENT_WITHDRAW, ERR_NO_TICKET},
    {EVENT_WITHDRAW, ERR_ALREADY_MATCHED},
    {EVENT_WITHDRAW, ERR_TICKET_ENDED},
    {EVENT_ATTEND, ERR_TICKET_LIVES},
    {EVENT_ATTEND, ERR_GRADE},
    {EVENT_ATTEND, ERR_MEMBER_INACTIVE},
    {EVENT_LEAVE, ERR_NOT_ON_DUTY},
    {EVENT_PAUSE, ERR_NOT_ON_DUTY},
    {EVENT_PAUSE, ERR_FENCED},
    {EVENT_RESUME, ERR_TICKET_LIVES},
    {EVENT_CAPACITY, ERR_CAPACITY},
    {EVENT_ANSWER, ERR_LATE},
    {EVENT_ANSWER, ERR_OFFER_CLOSED},
    {EVENT_ANSWER, ERR_OFFER_GONE},
    {EVENT_ANSWER, ERR_NO_OFFER},
    {EVENT_ANSWER, ERR_KEY_REUSED},
    {EVENT_ANSWER, ERR_FENCED},
    {EVENT_ANSWER, ERR_STORE},
    {EVENT_END, ERR_TALK_ENDED},
    {EVENT_REFLECT, ERR_TALK_LIVES},
    {EVENT_REFLECT, ERR_REFLECTED},
    {EVENT_JOIN, ERR_TALK_ENDED},
    {EVENT_BLOCK, ERR_NO_RELATION},
    {EVENT_UNBLOCK, ERR_NO_RELATION},
};

/* Commands that the store must have refused, and why. */
static const struct {
    enum match_command_kind kind;
    enum err err;
} refusals[] = {
    {COMMAND_OPEN_TICKET, ERR_CARD_VERSION},
    {COMMAND_OPEN_TICKET, ERR_MEMBER_INACTIVE},
    {COMMAND_OPEN_DUTY, ERR_CARD_VERSION},
    {COMMAND_OPEN_DUTY, ERR_MEMBER_INACTIVE},
    {COMMAND_OFFER, ERR_CARD_VERSION},
    {COMMAND_OFFER, ERR_EXCLUDED},
    {COMMAND_ACCEPT, ERR_OFFER_GONE},
};

static void visit(enum sim_cover_table table, uint32_t state,
                  enum match_event_kind kind)
{
    cell[table][state][kind]++;
}

/* The member's last ticket, whatever became of it. */
static uint32_t ticket_state(const struct sim *sim, uint64_t member)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];

    for (uint32_t i = tickets->n; i > 0; i--)
        if (tickets->row[i - 1].ticket.member == member)
            return 1 + (uint32_t)tickets->row[i - 1].ticket.state;
    return 0;
}

static uint32_t duty_state(struct sim *sim, uint64_t member)
{
    const struct match_row *row = sim_truth_row(sim, ROW_DUTY, member);

    return row ? 1 + (uint32_t)row->duty.state : 0;
}

static uint32_t talk_state(struct sim *sim, uint64_t talk)
{
    const struct match_row *row = sim_truth_row(sim, ROW_TALK, talk);

    return row ? 1 + (uint32_t)row->talk.state : 0;
}

/* The last talk of either of two. */
static uint32_t talk_between(const struct sim *sim, uint64_t member)
{
    const struct sim_table *talks = sim->kept[ROW_TALK];

    for (uint32_t i = talks->n; i > 0; i--)
        if (talks->row[i - 1].talk.seeker == member ||
            talks->row[i - 1].talk.peer == member)
            return 1 + (uint32_t)talks->row[i - 1].talk.state;
    return 0;
}

void sim_cover_event(struct sim *sim, const struct match_event *event)
{
    const struct match_row *row;

    if (event->kind == EVENT_ANSWER) {
        row = sim_truth_row(sim, ROW_OFFER, event->answer.offer);
        visit(COVER_OFFER, row ? 1 + (uint32_t)row->offer.state : 0,
              event->kind);
    }
    if (event->kind == EVENT_JOIN || event->kind == EVENT_END ||
        event->kind == EVENT_IDLE)
        visit(COVER_TALK, talk_state(sim, event->talk.talk), event->kind);
    if (event->kind == EVENT_REFLECT)
        visit(COVER_TALK, talk_state(sim, event->reflect.talk), event->kind);
    if (event->kind == EVENT_BLOCK)
        visit(COVER_TALK, talk_between(sim, event->member), event->kind);
    if (event->member == 0)
        return;
    visit(COVER_TICKET, ticket_state(sim, event->member), event->kind);
    visit(COVER_DUTY, duty_state(sim, event->member), event->kind);
}

void sim_cover_result(struct sim *sim, const struct match_command *command,
                      const struct match_result *result)
{
    (void)sim;
    outcome[command->kind][result->outcome]++;
    if (result->outcome == OUTCOME_REFUSED)
        refused[command->kind][result->err]++;
}

void sim_cover_reply(enum match_event_kind kind, enum err err)
{
    replied[kind][err]++;
}

static uint32_t report_cells(bool all)
{
    uint32_t missed = 0;

    for (uint32_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        enum sim_cover_table table = wanted[i].table;

        if (all)
            (void)printf("  %-6s %-9s", table_names[table],
                         sim_event_name(wanted[i].kind));
        for (uint32_t state = 0; state < STATES; state++) {
            uint64_t n = cell[table][state][wanted[i].kind];
            bool cannot = wanted[i].but & 1u << state;

            if (!state_names[table][state])
                continue;
            if (all && cannot && n == 0)
                (void)printf(" %s -", state_names[table][state]);
            else if (all)
                (void)printf(" %s %llu", state_names[table][state],
                             (unsigned long long)n);
            if (n == 0 && !cannot) {
                missed++;
                (void)printf("%snever visited: %s %s, %s\n", all ? "\n  " : "",
                             table_names[table], state_names[table][state],
                             sim_event_name(wanted[i].kind));
            }
        }
        if (all)
            (void)printf("%s%s\n", *wanted[i].why ? "  (-: " : "",
                         *wanted[i].why ? wanted[i].why : "");
    }
    return missed;
}

static uint32_t report_outcomes(bool all)
{
    uint32_t missed = 0;

    for (int kind = 0; kind < COMMAND_KINDS; kind++) {
        if (all)
            (void)printf("  %-13s ok %llu, replayed %llu, refused %llu, "
                         "fenced %llu\n",
                         sim_command_name((enum match_command_kind)kind),
                         (unsigned long long)outcome[kind][OUTCOME_OK],
                         (unsigned long long)outcome[kind][OUTCOME_REPLAY],
                         (unsigned long long)outcome[kind][OUTCOME_REFUSED],
                         (unsigned long long)outcome[kind][OUTCOME_FENCED]);
        for (int what = 0; what < OUTCOME_COUNT; what++) {
            if (outcome[kind][what])
                continue;
            missed++;
            (void)printf("never seen: outcome %d of %s\n", what,
                         sim_command_name((enum match_command_kind)kind));
        }
    }
    return missed;
}

static uint32_t report_refusals(bool all)
{
    uint32_t missed = 0;

    for (int kind = 0; all && kind < COMMAND_KINDS; kind++)
        for (int err = 0; err < ERR_COUNT; err++)
            if (refused[kind][err])
                (void)printf("  %s refused %s %llu\n",
                             sim_command_name((enum match_command_kind)kind),
                             err_reason((enum err)err),
                             (unsigned long long)refused[kind][err]);
    for (int kind = 0; all && kind < EVENT_KINDS; kind++)
        for (int err = 0; err < ERR_COUNT; err++)
            if (replied[kind][err])
                (void)printf("  %s answered %s %llu\n",
                             sim_event_name((enum match_event_kind)kind),
                             err_reason((enum err)err),
                             (unsigned long long)replied[kind][err]);
    for (uint32_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (refused[refusals[i].kind][refusals[i].err])
            continue;
        missed++;
        (void)printf("never refused: %s, %s\n",
                     sim_command_name(refusals[i].kind),
                     err_reason(refusals[i].err));
    }
    for (uint32_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        if (replied[replies[i].kind][replies[i].err])
            continue;
        missed++;
        (void)printf("never answered: %s, %s\n",
                     sim_event_name(replies[i].kind),
                     err_reason(replies[i].err));
    }
    return missed;
}

uint32_t sim_cover_report(bool all)
{
    uint32_t missed;

    if (all)
        (void)puts("cells of the state tables, visits:");
    missed = report_cells(all);
    if (all)
        (void)puts("commands and what the store said:");
    missed += report_outcomes(all);
    missed += report_refusals(all);
    return missed;
}
