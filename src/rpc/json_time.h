/* rpc/json_time -- points and lengths of time as JSON has them.
 *
 * Internal to rpc/json: google.protobuf.Timestamp as RFC 3339, Duration as
 * seconds with an s, both to the nanosecond.
 *
 * Laws
 *   1. What is outside of the bounds of the two types (years 1 to 9999; ten
 *      thousand years, one sign) has no text and is not read.
 *   2. What is printed is read back the same. */
#ifndef RPC_JSON_TIME_H
#define RPC_JSON_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rpc_json_time {
    int64_t seconds;
    int32_t nanos;
};

bool rpc_json_time_point(const char *text, size_t size,
                         struct rpc_json_time *time);
bool rpc_json_time_length(const char *text, size_t size,
                          struct rpc_json_time *time);

/* How long the text is; 0: Law 1. */
enum { RPC_JSON_TIME = 48 };
size_t rpc_json_time_print_point(struct rpc_json_time time,
                                 char text[RPC_JSON_TIME]);
size_t rpc_json_time_print_length(struct rpc_json_time time,
                                  char text[RPC_JSON_TIME]);

#endif
