/* Short words of the parts. */
#ifndef EXPECT_H
#define EXPECT_H

#include <string.h>

#include "check.h"
#include "world.h"

/* Run the command at hand; check how it ends, and that the laws hold. */
#define EXPECT(world, outcome_, err_)                                          \
    do {                                                                       \
        (void)world_run(world);                                                \
        EXPECTED(world, outcome_, err_);                                       \
    } while (0)

#define EXPECTED(world, outcome_, err_)                                        \
    do {                                                                       \
        CHECK((world)->job.result.outcome == (outcome_));                      \
        CHECK((world)->job.result.err == (err_));                              \
        CHECK(world_broken(world) == 0);                                       \
    } while (0)

#define REFUSED(world, err) EXPECT(world, OUTCOME_REFUSED, err)
#define OK(world)           EXPECT(world, OUTCOME_OK, ERR_NONE)

/* A field of a row of the last result; 0 rows of it fail the check. */
#define ROW(world, kind, id, field, wanted)                                    \
    do {                                                                       \
        const struct match_row *row_ = world_row(world, kind, id);             \
                                                                               \
        CHECK(row_ != NULL);                                                   \
        CHECK(row_ && row_->field == (wanted));                                \
    } while (0)

#endif
