/* cli/look -- what the server counts, in lines. */
#ifndef CLI_LOOK_H
#define CLI_LOOK_H

#include "pb/kindred/v1/operations.pb-c.h"

void cli_look_print_stats(const Kindred__V1__StatsResponse *stats);

#endif
