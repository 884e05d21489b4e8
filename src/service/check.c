#include "service/check.h"

#include <string.h>

#include "base/wipe.h"
#include "pb/api.h"
#include "seal/known.h"
#include "seal/mailbox.h"
#include "seal/proof.h"
#include "seal/talk.h"

enum { LANGUAGE_MAX = 35 };

static enum err check_proof(const struct rpc_call *call, struct seal_token *who)
{
    struct seal_proof_call asked = {.method = rpc_call_method(call)->path};
    enum err err;

    if (!seal_token_bound(who))
        return ERR_NONE;
    asked.message = rpc_call_message(call, &asked.size);
    err = seal_proof_check(rpc_call_metadata(call, "kindred-proof"), &asked,
                           who->proof_key);
    wipe(who->proof_key, sizeof who->proof_key); /* nobody needs it further */
    return err;
}

enum err service_check_caller(struct rpc_call *call, enum match_grade least,
                              struct seal_token *who)
{
    static const char scheme[] = "Bearer ";
    const struct service *service = service_of(call);
    const char *text = rpc_call_metadata(call, "authorization");
    uint64_t now_ms = service_now_ms(service);
    struct seal_known *known;
    enum err err;

    if (!text || strncmp(text, scheme, sizeof scheme - 1) != 0)
        return ERR_UNAUTHENTICATED;
    known = rpc_call_memo(call, sizeof *known);
    if (!known)
        return ERR_NOMEM;
    text += sizeof scheme - 1;
    err = seal_known_open(known, who, text, strlen(text), service->keys->token,
                          now_ms);
    if (err == ERR_NONE && service->port.revoked(service->port.arg, who)) {
        wipe(known, sizeof *known);
        err = ERR_TOKEN_EXPIRED;
    }
    if (err == ERR_NONE)
        err = check_proof(call, who);
    if (err != ERR_NONE)
        return err;
    if (who->grade < (uint8_t)least ||
        (who->grade_until_ms != 0 && who->grade_until_ms <= now_ms))
        return ERR_GRADE;
    return ERR_NONE;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool service_check_country(const char *country)
{
    return country[0] == '\0' ||
           (is_upper(country[0]) && is_upper(country[1]) && country[2] == '\0');
}

/* RFC 5646 by shape: subtags of 1 to 8 letters and digits between hyphens,
 * the first of letters. */
bool service_check_language(const char *language)
{
    size_t size = strlen(language), run = 0;
    bool first = true;

    if (size > LANGUAGE_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = language[i];
        bool letter = is_upper(c) || (c >= 'a' && c <= 'z');
        bool digit = c >= '0' && c <= '9';

        if (c == '-' && run > 0) {
            first = false;
            run = 0;
        } else if ((letter || (digit && !first)) && run < 8) {
            run++;
        } else {
            return false;
        }
    }
    return size == 0 || run > 0;
}

enum err service_check_secrets(const struct service *service,
                               ProtobufCBinaryData talk_key,
                               ProtobufCBinaryData mailbox,
                               struct seal_row_side *secrets)
{
    if (talk_key.len != sizeof secrets->talk_key ||
        mailbox.len != SEAL_MAILBOX_CAPABILITY ||
        !seal_talk_key_good(talk_key.data))
        return ERR_INVALID;
    memcpy(secrets->talk_key, talk_key.data, sizeof secrets->talk_key);
    seal_mailbox_send(secrets->send_capability, mailbox.data);
    seal_mailbox_hash(secrets->receive_hash, service->keys->mailbox,
                      mailbox.data);
    seal_mailbox_hash(secrets->send_hash, service->keys->mailbox,
                      secrets->send_capability);
    return ERR_NONE;
}
