/* sim_cover -- what a run has visited: cells of the state tables, moves,
 * refusals, answers, races, and deaths between any two commands.
 *
 * sim_cover_tables.c declares what there is (ENGINE.md §4 and §5, written down
 * again).  What is declared and was never visited is missed; what happens and
 * is not declared fails at once; a state, why, event, command or outcome that
 * no table names is missed too, so none can be forgotten.
 *
 * long because each kind of table has its shape and its counts here. */
#ifndef SIM_COVER_H
#define SIM_COVER_H

#include "sim.h"

enum sim_cover_table {
    COVER_TICKET,
    COVER_OFFER,
    COVER_DUTY,
    COVER_TALK,
    COVER_TABLES
};

/* States are counted from 1; 0 is "there is none". */
enum { COVER_STATES = 7, COVER_WHYS = 16 };

/* What happens while a command is on its way. */
enum cover_race {
    RACE_WITHDRAW,
    RACE_BLOCK,
    RACE_LOST,
    RACE_DEADLINE,
    RACE_CARD,
    RACE_HOLD,
    RACE_KINDS
};

/* Where the process dies, for a command. */
enum cover_death {
    DEATH_UNSENT,     /* it never reaches the store */
    DEATH_ARRIVES,    /* it does, before the next node's claim */
    DEATH_FENCED,     /* it does, after it */
    DEATH_UNHEARD,    /* it was stored, and nobody heard */
    DEATH_JUST_HEARD, /* it was the last that was heard */
    DEATH_KINDS
};

struct cover_names {
    const char *table, *state[COVER_STATES];
    uint32_t states, whys; /* of the enums */
};

struct cover_event { /* what happens to each, in any state but some */
    enum sim_cover_table table;
    enum match_event_kind kind;
    uint32_t but; /* bits */
    const char *why;
};

struct cover_move {
    enum sim_cover_table table;
    uint32_t from, to;
    uint32_t whys; /* bits */
};

struct cover_guard { /* in which states of whom it is done, and is refused */
    enum match_command_kind kind;
    enum sim_cover_table table;
    uint32_t done, refused; /* bits */
};

struct cover_reason {
    enum match_command_kind kind;
    enum err err;
    const char *never; /* why it cannot be here; NULL: it must be seen */
};

struct cover_reply {
    enum match_event_kind kind;
    enum err err;
    bool seldom; /* may be, need not */
};

struct cover_tables {
    const struct cover_names *names; /* COVER_TABLES */
    const struct cover_event *event;
    const struct cover_move *move;
    const struct cover_guard *guard;
    const struct cover_reason *reason;
    const struct cover_reply *reply;
    uint32_t events, moves, guards, reasons, replies;
    uint32_t nobody; /* bits: events that concern nobody */
    uint32_t apart;  /* bits: commands that no member's events can race */
};

const struct cover_tables *cover_tables(void);

struct cover_counts {
    uint64_t event[COVER_TABLES][COVER_STATES][EVENT_KINDS];
    uint64_t move[COVER_TABLES][COVER_STATES][COVER_STATES][COVER_WHYS];
    uint64_t guard[COMMAND_KINDS][COVER_TABLES][COVER_STATES][2];
    uint64_t outcome[COMMAND_KINDS][OUTCOME_COUNT];
    uint64_t reason[COMMAND_KINDS][ERR_COUNT];
    uint64_t reply[EVENT_KINDS][ERR_COUNT];
    uint64_t race[COMMAND_KINDS][RACE_KINDS][2]; /* not stored; not heard */
    uint64_t death[COMMAND_KINDS][DEATH_KINDS];
};

const struct cover_counts *sim_cover_counts(void);
/* The counts of n jobs, in place of our own. */
void sim_cover_add(const struct cover_counts *other, uint32_t n);

/* ---- what happens ---- */
void sim_cover_event(struct sim *sim, const struct match_event *event);
/* A card changes at the store. */
void sim_cover_card(struct sim *sim, uint64_t member);
/* A command was executed; its rows are not believed yet. */
void sim_cover_executed(struct sim *sim, const struct sim_flying *flying,
                        const struct match_result *result);
/* It came to nothing: the disk is full. */
void sim_cover_broken(enum match_command_kind kind);
void sim_cover_heard(struct sim *sim, const struct sim_flying *flying);
void sim_cover_reply(enum match_event_kind kind, enum err err);
/* A row of the store moved, from `was` (NULL: from nothing). */
void sim_cover_move(const struct match_row *was, const struct match_row *is);
void sim_cover_died(enum match_command_kind kind, enum cover_death death);

/* Print the tables; the number of cells that were missed. */
uint32_t sim_cover_report(bool all);

#endif
