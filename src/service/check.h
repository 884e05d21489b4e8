/* service/check -- what every handler checks before it believes a request. */
#ifndef SERVICE_CHECK_H
#define SERVICE_CHECK_H

#include <protobuf-c/protobuf-c.h>

#include "seal/token.h"
#include "service/service.h"

/* Who calls, by the access token in the metadata, of at least this grade; a
 * token bound to a proof key, with the proof of this very request.  In the
 * handler, before it answers.
 * ERR_UNAUTHENTICATED, ERR_TOKEN_EXPIRED, ERR_PROOF, ERR_GRADE. */
MUST_USE enum err service_check_caller(struct rpc_call *call,
                                       enum match_grade least,
                                       struct seal_token *who);

/* Empty, or two upper-case letters (ISO 3166-1 alpha-2). */
bool service_check_country(const char *country);

/* Empty, or shaped like a BCP 47 tag of at most 35 bytes. */
bool service_check_language(const char *language);

/* A talk key and a receive capability, 32 bytes each, made into what the
 * order carries.  ERR_INVALID. */
MUST_USE enum err service_check_secrets(const struct service *service,
                                        ProtobufCBinaryData talk_key,
                                        ProtobufCBinaryData mailbox,
                                        struct seal_row_side *secrets);

#endif
