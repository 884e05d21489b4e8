#include "seal/row.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

static uint8_t key[SEAL_KEY], nonce[SEAL_ROW_NONCE];

/* Laws 1, 2 at every size that matters. */
static void round_trip(size_t size)
{
    static uint8_t plain[SEAL_ROW_PLAIN_MAX], got[SEAL_ROW_PLAIN_MAX];
    static uint8_t out[SEAL_ROW_PLAIN_MAX + SEAL_ROW_OVERHEAD + 1];
    struct seal_row row = {.kind = SEAL_ROW_CARD, .id = 17, .sub = 1};

    fill(plain, size, size + 1);
    out[size + SEAL_ROW_OVERHEAD] = 0xa5;
    seal_row_seal(out, &row, plain, size, key, nonce);
    CHECK(out[size + SEAL_ROW_OVERHEAD] == 0xa5); /* Law 2 */
    CHECK(seal_row_open(got, &row, out, size + SEAL_ROW_OVERHEAD, key) ==
          ERR_NONE);
    CHECK(memcmp(plain, got, size) == 0);
}

/* Law 1: no other bit, size, key, kind, id or sub. */
static void tampered(void)
{
    static uint8_t big[SEAL_ROW_PLAIN_MAX + SEAL_ROW_OVERHEAD + 1];
    uint8_t plain[48], got[48], out[48 + SEAL_ROW_OVERHEAD], other[SEAL_KEY];
    struct seal_row row = {.kind = SEAL_ROW_CARD, .id = 17, .sub = 1}, wrong;

    fill(plain, sizeof plain, 3);
    seal_row_seal(out, &row, plain, sizeof plain, key, nonce);
    EACH_BIT(
        out, sizeof out,
        CHECK(seal_row_open(got, &row, out, sizeof out, key) == ERR_INTERNAL));
    for (size_t size = 0; size < sizeof out; size++)
        CHECK(seal_row_open(got, &row, out, size, key) == ERR_INTERNAL);
    CHECK(sodium_is_zero(got, sizeof got - 1));
    big[0] = 1;
    CHECK(seal_row_open(big, &row, big, sizeof big, key) == ERR_INTERNAL);
    for (enum seal_row_kind kind = SEAL_ROW_TICKET; kind < SEAL_ROW_CARD;
         kind++) {
        wrong = row;
        wrong.kind = kind;
        CHECK(seal_row_open(got, &wrong, out, sizeof out, key) == ERR_INTERNAL);
    }
    wrong = row;
    EACH_BIT(&wrong.id, sizeof wrong.id,
             CHECK(seal_row_open(got, &wrong, out, sizeof out, key) ==
                   ERR_INTERNAL));
    EACH_BIT(&wrong.sub, sizeof wrong.sub,
             CHECK(seal_row_open(got, &wrong, out, sizeof out, key) ==
                   ERR_INTERNAL));
    wrong = (struct seal_row){.kind = SEAL_ROW_CARD, .id = 1, .sub = 17};
    CHECK(seal_row_open(got, &wrong, out, sizeof out, key) == ERR_INTERNAL);
    fill(other, sizeof other, 42);
    CHECK(seal_row_open(got, &row, out, sizeof out, other) == ERR_INTERNAL);
    CHECK(seal_row_open(got, &row, out, sizeof out, key) == ERR_NONE);
}

static void ticket_and_link(void)
{
    struct seal_row_side side[2], got[2];
    uint8_t ticket[SEAL_ROW_TICKET_SIZE], link[SEAL_ROW_LINK_SIZE];

    fill(side, sizeof side, 4);
    seal_row_seal_ticket(ticket, 8, side, key, nonce);
    CHECK(seal_row_open_ticket(got, 8, ticket, sizeof ticket, key) == ERR_NONE);
    CHECK(memcmp(side, got, sizeof side[0]) == 0);
    CHECK(seal_row_open_ticket(got, 9, ticket, sizeof ticket, key) ==
          ERR_INTERNAL);
    CHECK(seal_row_open_ticket(got, 8, ticket, sizeof ticket - 1, key) ==
          ERR_INTERNAL);
    seal_row_seal_link(link, 8, side, key, nonce);
    CHECK(seal_row_open_link(got, 8, link, sizeof link, key) == ERR_NONE);
    CHECK(memcmp(side, got, sizeof side) == 0);
    CHECK(seal_row_open_link(got, 9, link, sizeof link, key) == ERR_INTERNAL);
    CHECK(seal_row_open_link(got, 8, ticket, sizeof ticket, key) ==
          ERR_INTERNAL);
    CHECK(seal_row_open_ticket(got, 8, link, sizeof link, key) == ERR_INTERNAL);
    EACH_BIT(link, sizeof link,
             CHECK(seal_row_open_link(got, 8, link, sizeof link, key) ==
                   ERR_INTERNAL));
}

/* A blob of the right row but of another size is not written beyond *side. */
static void wrong_size(void)
{
    struct seal_row ticket = {.kind = SEAL_ROW_TICKET, .id = 8};
    struct seal_row link = {.kind = SEAL_ROW_LINK, .id = 8};
    uint8_t plain[300] = {0}, out[300 + SEAL_ROW_OVERHEAD];
    struct seal_row_side one, two[2];

    for (size_t size = 100; size < sizeof plain; size++) {
        size_t sealed = size + SEAL_ROW_OVERHEAD;

        seal_row_seal(out, &ticket, plain, size, key, nonce);
        CHECK((seal_row_open_ticket(&one, 8, out, sealed, key) == ERR_NONE) ==
              (size == sizeof one));
        seal_row_seal(out, &link, plain, size, key, nonce);
        CHECK((seal_row_open_link(two, 8, out, sealed, key) == ERR_NONE) ==
              (size == sizeof two));
    }
}

static void mailbox(void)
{
    struct seal_row_mailbox box = {.talk = 0x0123456789abcdef, .side = 1}, got;
    uint8_t hash[SEAL_MAILBOX_HASH], out[SEAL_ROW_MAILBOX_SIZE], bad[9] = {0};
    struct seal_row row = {.kind = SEAL_ROW_MAILBOX};

    fill(hash, sizeof hash, 6);
    seal_row_seal_mailbox(out, hash, &box, key, nonce);
    CHECK(seal_row_open_mailbox(&got, hash, out, sizeof out, key) == ERR_NONE);
    CHECK(got.talk == box.talk && got.side == box.side);
    EACH_BIT(hash, 16,
             CHECK(seal_row_open_mailbox(&got, hash, out, sizeof out, key) ==
                   ERR_INTERNAL));
    EACH_BIT(out, sizeof out,
             CHECK(seal_row_open_mailbox(&got, hash, out, sizeof out, key) ==
                   ERR_INTERNAL));
    CHECK(seal_row_open_mailbox(&got, hash, out, sizeof out + 1, key) ==
          ERR_INTERNAL);
    memset(hash, 0, sizeof hash);
    bad[8] = 2; /* ours, but no side */
    seal_row_seal(out, &row, bad, sizeof bad, key, nonce);
    CHECK(seal_row_open_mailbox(&got, hash, out, sizeof out, key) ==
          ERR_INTERNAL);
}

/* Law 3. */
static void mask(void)
{
    uint64_t token[3] = {1, 2, UINT64_MAX}, was[3];

    memcpy(was, token, sizeof was);
    seal_row_mask_shown(token, 3, 77, key);
    for (int i = 0; i < 3; i++)
        CHECK(token[i] != was[i]);
    CHECK((token[0] ^ token[1]) != (was[0] ^ was[1]));
    seal_row_mask_shown(token, 3, 78, key); /* another offer */
    CHECK(memcmp(token, was, sizeof was) != 0);
    seal_row_mask_shown(token, 3, 78, key);
    key[0] ^= 1;
    seal_row_mask_shown(token, 3, 77, key); /* another key */
    CHECK(memcmp(token, was, sizeof was) != 0);
    seal_row_mask_shown(token, 3, 77, key);
    key[0] ^= 1;
    seal_row_mask_shown(token, 3, 77, key);
    CHECK(memcmp(token, was, sizeof was) == 0);
}

/* Law 3: a term of the rarity table, with one key, is one other number. */
static void mask_term(void)
{
    uint64_t last = 0;

    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t was = i * 0x9e3779b97f4a7c15u, token = was, again = was;

        seal_row_mask_term(&token, key);
        seal_row_mask_term(&again, key);
        CHECK(token != was);
        CHECK(token == again);
        CHECK(i == 0 || token != last);
        last = token;
        key[31] ^= 1;
        seal_row_unmask_term(&token, key);
        CHECK(token != was);
        seal_row_mask_term(&token, key);
        key[31] ^= 1;
        seal_row_unmask_term(&token, key);
        CHECK(token == was);
    }
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    fill(key, sizeof key, 1);
    fill(nonce, sizeof nonce, 2);
    for (size_t size = 0; size < 70; size++)
        round_trip(size);
    round_trip(SEAL_ROW_PLAIN_MAX);
    tampered();
    ticket_and_link();
    wrong_size();
    mailbox();
    mask();
    mask_term();
    return check_report("seal/row");
}
