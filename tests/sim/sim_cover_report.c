/* The tables a person reads, and the number of cells that were missed. */
#include "sim_cover.h"

#include <stdarg.h>
#include <stdio.h>

struct report {
    const struct cover_tables *tables;
    const struct cover_counts *counts;
    bool all;
    uint32_t missed, cells;
};

static void say(const struct report *report, const char *form, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct report *report, const char *form, ...)
{
    va_list list;

    if (!report->all)
        return;
    va_start(list, form);
    (void)vprintf(form, list);
    va_end(list);
}

static void cell(struct report *report, uint64_t n)
{
    say(report, " %9llu", (unsigned long long)n);
    report->cells++;
}

static void none(const struct report *report)
{
    say(report, " %9s", "-");
}

/* One line for each that is missed: what, of what. */
static void miss(struct report *report, const char *form, ...)
    __attribute__((format(printf, 2, 3)));

static void miss(struct report *report, const char *form, ...)
{
    va_list list;

    report->missed++;
    va_start(list, form);
    (void)printf("%snever visited: ", report->all ? "\n" : "");
    (void)vprintf(form, list);
    (void)printf("\n");
    va_end(list);
}

static void head(const struct report *report, enum sim_cover_table table)
{
    const struct cover_names *names = &report->tables->names[table];

    say(report, "\n%-26s", names->table);
    for (uint32_t i = 0; i <= names->states; i++)
        say(report, " %9s", names->state[i]);
    say(report, "\n");
}

static void events(struct report *report, enum sim_cover_table table)
{
    const struct cover_tables *tables = report->tables;
    const struct cover_names *names = &tables->names[table];

    head(report, table);
    for (uint32_t i = 0; i < tables->events; i++) {
        const struct cover_event *event = &tables->event[i];

        if (event->table != table)
            continue;
        say(report, "  %-24s", match_words_event(event->kind));
        for (uint32_t at = 0; at <= names->states; at++) {
            uint64_t n = report->counts->event[table][at][event->kind];

            if (event->but & 1u << at) {
                none(report);
                continue;
            }
            cell(report, n);
            if (n == 0)
                miss(report, "%s %s, %s", names->table, names->state[at],
                     match_words_event(event->kind));
        }
        say(report, "%s%s\n", *event->why ? "  -: " : "", event->why);
    }
}

static void guard_row(struct report *report, const struct cover_guard *guard,
                      bool done)
{
    const struct cover_names *names = &report->tables->names[guard->table];
    uint32_t wanted = done ? guard->done : guard->refused;

    say(report, "  %-16s %-7s", match_words_command(guard->kind),
        done ? "done" : "refused");
    for (uint32_t at = 0; at <= names->states; at++) {
        uint64_t n = report->counts->guard[guard->kind][guard->table][at][done];

        if (!(wanted & 1u << at)) {
            none(report);
            continue;
        }
        cell(report, n);
        if (n == 0)
            miss(report, "%s %s, %s %s", names->table, names->state[at],
                 match_words_command(guard->kind), done ? "done" : "refused");
    }
    say(report, "\n");
}

static void moves(struct report *report, enum sim_cover_table table)
{
    const struct cover_names *names = &report->tables->names[table];

    for (uint32_t i = 0; i < report->tables->moves; i++) {
        const struct cover_move *move = &report->tables->move[i];

        if (move->table != table)
            continue;
        say(report, "  %8s -> %-8s", names->state[move->from],
            names->state[move->to]);
        for (uint32_t why = 0; why < COVER_WHYS; why++) {
            uint64_t n = report->counts->move[table][move->from][move->to][why];

            if (!(move->whys & 1u << why))
                continue;
            say(report, "  why %u:", why);
            cell(report, n);
            if (n == 0)
                miss(report, "%s %s to %s, why %u", names->table,
                     names->state[move->from], names->state[move->to], why);
        }
        say(report, "\n");
    }
}

/* A row for each command, a column for each name; counts: row by row.  What
 * never was is missed as "BEFORE command BETWEEN name". */
struct grid {
    const char *title, *const *name, *before, *between;
    const uint64_t *counts;
    int names;
};

static void grid(struct report *report, const struct grid *grid)
{
    say(report, "\n%-26s", grid->title);
    for (int what = 0; what < grid->names; what++)
        say(report, " %9s", grid->name[what]);
    say(report, "\n");
    for (int kind = 0; kind < COMMAND_KINDS; kind++) {
        const char *command =
            match_words_command((enum match_command_kind)kind);

        say(report, "  %-24s", command);
        for (int what = 0; what < grid->names; what++) {
            uint64_t n = grid->counts[kind * grid->names + what];

            cell(report, n);
            if (n == 0)
                miss(report, "%s%s %s%s", grid->before, command, grid->between,
                     grid->name[what]);
        }
        say(report, "\n");
    }
}

static void outcomes(struct report *report)
{
    static const char *const name[OUTCOME_COUNT] = {
        [OUTCOME_OK] = "ok",
        [OUTCOME_REPLAY] = "replayed",
        [OUTCOME_REFUSED] = "refused",
        [OUTCOME_FENCED] = "fenced",
    };

    grid(report, &(struct grid){.title = "what the engine heard",
                                .name = name,
                                .names = OUTCOME_COUNT,
                                .before = "",
                                .between = "",
                                .counts = report->counts->outcome[0]});
}

static void races(struct report *report)
{
    static const char *const name[RACE_KINDS] = {
        [RACE_WITHDRAW] = "withdraw", [RACE_BLOCK] = "block",
        [RACE_LOST] = "lost",         [RACE_DEADLINE] = "deadline",
        [RACE_CARD] = "card",         [RACE_HOLD] = "hold",
    };
    static const char *const when[2] = {"not stored", "not heard"};

    for (int heard = 0; heard < 2; heard++) {
        say(report, "\nwhile it was %-13s", when[heard]);
        for (int what = 0; what < RACE_KINDS; what++)
            say(report, " %9s", name[what]);
        say(report, "\n");
        for (int kind = 0; kind < COMMAND_KINDS; kind++) {
            const char *command =
                match_words_command((enum match_command_kind)kind);

            if (report->tables->apart & 1u << kind)
                continue;
            say(report, "  %-24s", command);
            for (int what = 0; what < RACE_KINDS; what++) {
                uint64_t n = report->counts->race[kind][what][heard];

                cell(report, n);
                if (n == 0)
                    miss(report, "%s while %s was %s", name[what], command,
                         when[heard]);
            }
            say(report, "\n");
        }
    }
}

static void deaths(struct report *report)
{
    static const char *const name[DEATH_KINDS] = {
        [DEATH_UNSENT] = "unsent",    [DEATH_ARRIVES] = "arrives",
        [DEATH_FENCED] = "fenced",    [DEATH_UNHEARD] = "unheard",
        [DEATH_JUST_HEARD] = "heard",
    };

    grid(report, &(struct grid){.title = "the process dies, and it is",
                                .name = name,
                                .names = DEATH_KINDS,
                                .before = "dead when ",
                                .between = "was ",
                                .counts = report->counts->death[0]});
}

static void reasons(struct report *report)
{
    const struct cover_tables *tables = report->tables;

    say(report, "\nrefused by the store\n");
    for (uint32_t i = 0; i < tables->reasons; i++) {
        const struct cover_reason *reason = &tables->reason[i];
        uint64_t n = report->counts->reason[reason->kind][reason->err];

        say(report, "  %-16s %-22s", match_words_command(reason->kind),
            err_reason(reason->err));
        if (reason->never) {
            none(report);
            say(report, "  -: %s", reason->never);
        } else {
            cell(report, n);
            if (n == 0)
                miss(report, "%s refused %s", match_words_command(reason->kind),
                     err_reason(reason->err));
        }
        say(report, "\n");
    }
    say(report, "\nanswered to a member\n");
    for (uint32_t i = 0; i < tables->replies; i++) {
        const struct cover_reply *reply = &tables->reply[i];
        uint64_t n = report->counts->reply[reply->kind][reply->err];

        say(report, "  %-16s %-22s", match_words_event(reply->kind),
            err_reason(reply->err));
        cell(report, n);
        if (n == 0 && !reply->seldom)
            miss(report, "%s answered %s", match_words_event(reply->kind),
                 err_reason(reply->err));
        say(report, "%s\n", reply->seldom ? "  (seldom)" : "");
    }
}

/* ---- nothing is forgotten ---- */

static void forgotten_states(struct report *report, enum sim_cover_table table)
{
    const struct cover_tables *tables = report->tables;
    const struct cover_names *names = &tables->names[table];
    uint32_t reached = 1, whys = 1; /* none, and no why */

    for (uint32_t i = 0; i < tables->moves; i++)
        if (tables->move[i].table == table) {
            reached |= 1u << tables->move[i].to;
            whys |= tables->move[i].whys;
        }
    for (uint32_t at = 0; at <= names->states; at++)
        if (at >= COVER_STATES || !names->state[at] ||
            (at > 1 && !(reached & 1u << at)))
            miss(report, "state %u of %s in any table", at, names->table);
    for (uint32_t why = 0; why < names->whys; why++)
        if (!(whys & 1u << why))
            miss(report, "why %u of %s in any table", why, names->table);
}

static void forgotten(struct report *report)
{
    const struct cover_tables *tables = report->tables;
    uint32_t known = tables->nobody, guarded = tables->apart;
    uint32_t refused = 0;

    for (int table = 0; table < COVER_TABLES; table++)
        forgotten_states(report, (enum sim_cover_table)table);
    for (uint32_t i = 0; i < tables->events; i++)
        known |= 1u << tables->event[i].kind;
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        if (!(known & 1u << kind))
            miss(report, "event %d in any table", kind);
    for (uint32_t i = 0; i < tables->guards; i++)
        guarded |= 1u << tables->guard[i].kind;
    for (uint32_t i = 0; i < tables->reasons; i++)
        refused |= 1u << tables->reason[i].kind;
    for (int kind = 0; kind < COMMAND_KINDS; kind++)
        if (!(guarded & 1u << kind) || !(refused & 1u << kind))
            miss(report, "command %d in any table", kind);
}

uint32_t sim_cover_report(bool all)
{
    struct report report = {
        .tables = cover_tables(), .counts = sim_cover_counts(), .all = all};

    forgotten(&report);
    for (int table = 0; table < COVER_TABLES; table++) {
        events(&report, (enum sim_cover_table)table);
        for (uint32_t i = 0; i < report.tables->guards; i++)
            if (report.tables->guard[i].table == (enum sim_cover_table)table) {
                guard_row(&report, &report.tables->guard[i], true);
                guard_row(&report, &report.tables->guard[i], false);
            }
        moves(&report, (enum sim_cover_table)table);
    }
    outcomes(&report);
    races(&report);
    deaths(&report);
    reasons(&report);
    (void)printf("%u cells, %u never visited\n", report.cells, report.missed);
    return report.missed;
}
