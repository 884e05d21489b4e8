/* cli/simulate_figures -- what a day comes to, as whole numbers.
 *
 * One table is the truth: the name a machine reads, the unit, the words a
 * person reads, and what they mean (for --help).
 *
 * Laws
 *   1. A percentile is sorted[⌈n·q⌉ − 1]; means and shares are floored; all
 *      are 0 of none.
 *   2. Gini of the offers to peers x, ascending: Σ (2i − n − 1) x_i / (n Σ x),
 *      i from 1. */
#ifndef CLI_SIMULATE_FIGURES_H
#define CLI_SIMULATE_FIGURES_H

#include "cli/simulate_tally.h"

enum cli_simulate_unit {
    CLI_SIMULATE_COUNT,
    CLI_SIMULATE_PERMILLE,
    CLI_SIMULATE_SCORE, /* P, Q16 */
    CLI_SIMULATE_MS,
    CLI_SIMULATE_HUNDREDTHS
};

/* clang-format off */
#define CLI_SIMULATE_FIGURES_TABLE(X) \
    X(tickets,                  COUNT,      "tickets",              "asks that were taken") \
    X(matched,                  COUNT,      "matched",              "tickets that became a talk") \
    X(matched_permille,         PERMILLE,   "share matched",        "of the tickets") \
    X(withdrawn,                COUNT,      "withdrawn",            "tickets their seeker took back") \
    X(lost,                     COUNT,      "lost",                 "tickets whose seeker was gone beyond the grace") \
    X(expired,                  COUNT,      "expired",              "tickets that reached their lifetime") \
    X(p_mean,                   SCORE,      "mean P",               "how well the pairs that met fit, of a perfect fit") \
    X(p_worst_tenth,            SCORE,      "worst tenth of P",     "a tenth of the matches is at or below this") \
    X(wait_p50_ms,              MS,         "wait, half",           "half of those matched waited no longer, ask to accept") \
    X(wait_p90_ms,              MS,         "wait, 90 %",           "nine in ten of them") \
    X(wait_p99_ms,              MS,         "wait, 99 %",           "99 in a hundred") \
    X(wait_max_ms,              MS,         "wait, longest",        "the longest of them") \
    X(bound_nobody_on_duty,     COUNT,      "told: nobody on duty", "tickets that passed the bound (bound_ms), by the reason told") \
    X(bound_none_compatible,    COUNT,      "told: none fits",      "nobody on duty whom both cards allow") \
    X(bound_all_busy,           COUNT,      "told: all busy",       "some would do, none was free") \
    X(offers,                   COUNT,      "offers",               "tickets shown to a peer") \
    X(offers_per_match_hundredths, HUNDREDTHS, "offers per match",  "what one match costs the peers") \
    X(declined,                 COUNT,      "declined",             "offers the peer declined") \
    X(lapsed,                   COUNT,      "lapsed",               "offers nobody answered in time") \
    X(revoked,                  COUNT,      "revoked",              "offers taken back: the ticket or the duty ended first") \
    X(peers,                    COUNT,      "peers",                "members who were on duty at all") \
    X(peers_without_offer,      COUNT,      "never asked",          "peers who had no offer all day") \
    X(gini_permille,            PERMILLE,   "Gini of offers",       "0 %: all peers had as many; 100 %: one had all") \
    X(top_tenth_permille,       PERMILLE,   "to the top tenth",     "share of the offers that went to the tenth of the peers with most") \
    X(newcomer_offers_permille, PERMILLE,   "to newcomers",         "share of the offers that went to peers in their first hour") \
    X(newcomer_time_permille,   PERMILLE,   "newcomers' time",      "their share of all time on duty: what would be even")
/* clang-format on */

enum cli_simulate_figure {
#define X(name, unit, label, help) CLI_SIMULATE_FIGURE_##name,
    CLI_SIMULATE_FIGURES_TABLE(X)
#undef X
        CLI_SIMULATE_FIGURES
};

struct cli_simulate_figures {
    uint64_t value[CLI_SIMULATE_FIGURES];
};

struct cli_simulate_figures_row {
    const char *name, *label, *help;
    enum cli_simulate_unit unit;
};

const struct cli_simulate_figures_row *
cli_simulate_figures_row(enum cli_simulate_figure figure);

/* tally is ended; its lists are sorted in place. */
void cli_simulate_figures_make(struct cli_simulate_figures *figures,
                               struct cli_simulate_tally *tally);

#endif
