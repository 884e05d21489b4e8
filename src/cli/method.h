/* cli/method -- the calls of the API, by the names that people type.
 *
 * "Support/Ask" is /kindred.v1.Support/Ask; with a dot in it a name is whole:
 * "grpc.health.v1.Health/Check". */
#ifndef CLI_METHOD_H
#define CLI_METHOD_H

#include "pb/api.h"

/* NULL: there is no such call. */
const struct api_method *cli_method_find(const char *name);

/* Is this path one of the names, which have blanks between? */
bool cli_method_listed(const char *names, const char *path);

/* An answer of this call, as a line of JSON on standard output; false: it has
 * no JSON form. */
bool cli_method_print(const struct api_method *method, const uint8_t *bytes,
                      size_t size);

#endif
