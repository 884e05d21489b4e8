/* client/talk_end -- what the secrets of a talk are enough for, be it open here
 * or not: the words to compare, its end, what one thought of it. */
#include "seal/talk.h"

#include "base/wipe.h"
#include "client/client.h"
#include "client/op.h"
#include "pb/kindred/v1/talks.pb-c.h"

void kindred_talk_words(const struct kindred_talk_start *start,
                        char words[KINDRED_WORDS])
{
    uint8_t public_key[SEAL_TALK_KEY], secret_key[SEAL_TALK_KEY];

    seal_talk_keypair(public_key, secret_key, start->seed);
    wipe(secret_key, sizeof secret_key);
    if (start->side == 0)
        seal_talk_words(words, public_key, start->their_key);
    else
        seal_talk_words(words, start->their_key, public_key);
}

bool kindred_talk_end(struct kindred_client *client,
                      const struct kindred_talk_start *start,
                      kindred_done *done, void *arg)
{
    Kindred__V1__EndRequest request = KINDRED__V1__END_REQUEST__INIT;
    const struct client_op op = {.client = client,
                                 .path = "/kindred.v1.Talks/End",
                                 .request = &request,
                                 .key = &request.idempotency_key,
                                 .answer =
                                     &kindred__v1__end_response__descriptor,
                                 .done = done,
                                 .arg = arg};

    request.capability = client_op_bytes(start->mailbox, KINDRED_KEY);
    return client_op_start(&op);
}

bool kindred_talk_reflect(struct kindred_client *client,
                          const struct kindred_talk_start *start,
                          int understood, bool again, kindred_done *done,
                          void *arg)
{
    Kindred__V1__ReflectRequest request = KINDRED__V1__REFLECT_REQUEST__INIT;
    const struct client_op op = {.client = client,
                                 .path = "/kindred.v1.Talks/Reflect",
                                 .request = &request,
                                 .key = &request.idempotency_key,
                                 .answer =
                                     &kindred__v1__reflect_response__descriptor,
                                 .done = done,
                                 .arg = arg};

    request.capability = client_op_bytes(start->mailbox, KINDRED_KEY);
    request.understood = (Kindred__V1__Understood)understood;
    request.again = again;
    return client_op_start(&op);
}
