/* cli/crisis -- who helps at once, on a terminal: first, whole, plain. */
#ifndef CLI_CRISIS_H
#define CLI_CRISIS_H

#include "pb/kindred/v1/support.pb-c.h"

/* NULL says that nothing is known. */
void cli_crisis_print(const Kindred__V1__CrisisResources *resources);

#endif
