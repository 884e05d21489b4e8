/* match/check -- the laws walked one by one, slowly and plainly. */
#ifndef MATCH_CHECK_H
#define MATCH_CHECK_H

#include "match/state.h"

/* The facts of the tables and of everybody in them; how many. */
uint64_t match_check_tables(const struct match_engine *engine);
uint64_t match_check_members(const struct match_engine *engine);

/* match_engine_row(). */
bool match_check_row(const struct match_engine *engine, uint64_t *cursor,
                     struct match_row *row);

#endif
