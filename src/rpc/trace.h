/* rpc/trace -- the id that a caller's trace has, out of its traceparent.
 *
 * W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/), section
 * 3.2: "00-" 32 hex "-" 16 hex "-" 2 hex, in lower case.  Of a version that is
 * not known the same four fields are read, whatever follows behind a dash.
 * Only the trace id is kept, as a number: the ids of spans are of no use to
 * who makes none.
 *
 * Laws
 *   1. What is not valid to the letter, or is there more than once, is no
 *      trace.
 *   2. An id is kept only where the caller says that the trace is sampled: an
 *      id that nobody records would find nothing, and only mark the caller. */
#ifndef RPC_TRACE_H
#define RPC_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_exchange;

/* The id in a traceparent; false and 0: there is none. */
bool rpc_trace_read(const char *text, size_t size, uint64_t id[static 2]);

/* The same of a request; 0: none. */
void rpc_trace_of(const struct http_exchange *exchange, uint64_t id[static 2]);

#endif
