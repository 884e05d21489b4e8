/* cli/crisis -- who helps at once, on a terminal: first, whole, plain. */
#ifndef CLI_CRISIS_H
#define CLI_CRISIS_H

#include "pb/kindred/v1/support.pb-c.h"

/* NULL says that nothing is known. */
void cli_crisis_print(const Kindred__V1__CrisisResources *resources);

/* The same, as it is told of an ask (kindred/client.h). */
void cli_crisis_tell(void *arg, const uint8_t *bytes, size_t size);

/* Two letters in upper case, as the server takes them; of "" nothing. */
void cli_crisis_country(char country[static 3], const char *text);

#endif
