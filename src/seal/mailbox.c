#include "seal/mailbox.h"

#include <sodium.h>

#include "base/require.h"

static const char label[] = "kindred.v1.mailbox.send";

/* Law 1 */
void seal_mailbox_send(uint8_t send[static SEAL_MAILBOX_CAPABILITY],
                       const uint8_t receive[static SEAL_MAILBOX_CAPABILITY])
{
    REQUIRE(crypto_generichash(send, SEAL_MAILBOX_CAPABILITY,
                               (const uint8_t *)label, sizeof label - 1,
                               receive, SEAL_MAILBOX_CAPABILITY) == 0);
}

/* Law 2 */
void seal_mailbox_hash(uint8_t hash[static SEAL_MAILBOX_HASH],
                       const uint8_t key[static SEAL_KEY],
                       const uint8_t capability[static SEAL_MAILBOX_CAPABILITY])
{
    REQUIRE(crypto_generichash(hash, SEAL_MAILBOX_HASH, capability,
                               SEAL_MAILBOX_CAPABILITY, key, SEAL_KEY) == 0);
}
