#include "seal/mailbox.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

enum { SIZE = SEAL_MAILBOX_CAPABILITY };

/* Law 1 */
static void send_follows_from_receive(void)
{
    uint8_t receive[SIZE], a[SIZE], b[SIZE];

    fill(receive, sizeof receive, 1);
    seal_mailbox_send(a, receive);
    seal_mailbox_send(b, receive);
    CHECK(memcmp(a, b, SIZE) == 0);
    CHECK(memcmp(a, receive, SIZE) != 0);
    EACH_BIT(receive, SIZE, {
        seal_mailbox_send(b, receive);
        CHECK(memcmp(a, b, SIZE) != 0);
    });
}

/* Law 2 */
static void hash_depends_on_all(void)
{
    uint8_t capability[SIZE], key[SEAL_KEY], a[SIZE], b[SIZE];

    fill(capability, sizeof capability, 2);
    fill(key, sizeof key, 3);
    seal_mailbox_hash(a, key, capability);
    EACH_BIT(capability, SIZE, {
        seal_mailbox_hash(b, key, capability);
        CHECK(memcmp(a, b, SIZE) != 0);
    });
    EACH_BIT(key, SEAL_KEY, {
        seal_mailbox_hash(b, key, capability);
        CHECK(memcmp(a, b, SIZE) != 0);
    });
    seal_mailbox_hash(b, key, capability);
    CHECK(memcmp(a, b, SIZE) == 0);
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    send_follows_from_receive();
    hash_depends_on_all();
    return check_report("seal/mailbox");
}
