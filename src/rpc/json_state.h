/* rpc/json_state -- what reading and printing JSON look up in the tables.
 *
 * Internal to rpc/json; it owns nothing. */
#ifndef RPC_JSON_STATE_H
#define RPC_JSON_STATE_H

#include "rpc/json.h"
#include "rpc/json_text.h"

/* The message of that name ("kindred.v1.AskRequest"), or NULL. */
const struct api_message *rpc_json_state_find(const struct api_set *set,
                                              const char *name, size_t size);

/* The same of an Any's type URL: after the last slash, which must be there. */
const struct api_message *rpc_json_state_any(const struct api_set *set,
                                             const char *url, size_t size);

/* The index of the field of that name, or API_NONE; `likely` is tried first. */
size_t rpc_json_state_field(const struct api_message *message,
                            const struct rpc_json_string *name, size_t likely);

/* Is this key that word? */
bool rpc_json_state_is(const struct rpc_json_string *key, const char *word);

/* Memory that is taken back when the text is read or printed; NULL past
 * RPC_JSON_BYTES. */
void *rpc_json_state_alloc(struct rpc_json *json, size_t size);

#endif
