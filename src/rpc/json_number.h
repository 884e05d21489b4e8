/* rpc/json_number -- numbers as JSON has them, to what fields hold and back.
 *
 * Internal to rpc/json.  The texts it reads are numbers of RFC 8259 already
 * (rpc_json_text_number()).
 *
 * Laws
 *   1. An integer is exact, however it is written (1e3, 10.0), or refused.
 *   2. A floating-point number is the nearest to its text, or refused as too
 *      large; what is printed is read back to the same bits. */
#ifndef RPC_JSON_NUMBER_H
#define RPC_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* False: not integral, or the magnitude needs more than 64 bits. */
bool rpc_json_number_integer(const uint8_t *text, size_t size, bool *negative,
                             uint64_t *magnitude);

/* False: too large. */
bool rpc_json_number_double(const uint8_t *text, size_t size, double *value);

/* The float nearest to it.  False: too large. */
bool rpc_json_number_float(double value, float *narrow);

/* How long the text is.  The value is finite; if `single` it is a float. */
enum { RPC_JSON_NUMBER = 32 };
size_t rpc_json_number_print(double value, bool single,
                             char text[RPC_JSON_NUMBER]);
size_t rpc_json_number_print_integer(bool negative, uint64_t magnitude,
                                     char text[RPC_JSON_NUMBER]);

#endif
