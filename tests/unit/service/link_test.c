#include "service/link.h"

#include <sodium.h>
#include <string.h>

#include "check.h"
#include "seal/row.h"

static struct seal_keys keys;
static uint8_t blob[SEAL_ROW_LINK_SIZE];

/* What the store gives for talk 77 between two sides of known bytes. */
static struct store_result found_talk(void)
{
    static const uint8_t nonce[SEAL_ROW_NONCE] = {3};
    struct seal_row_side side[2];
    struct store_result found = {0};

    for (int i = 0; i < 2; i++) {
        memset(side[i].talk_key, 10 + i, sizeof side[i].talk_key);
        memset(side[i].send_capability, 20 + i, sizeof side[i].send_capability);
        memset(side[i].receive_hash, 30 + i, sizeof side[i].receive_hash);
        memset(side[i].send_hash, 40 + i, sizeof side[i].send_hash);
    }
    seal_row_seal_link(blob, 77, side, keys.row, nonce);
    found.talk.row = (struct match_talk_row){.id = 77,
                                             .offer = 5,
                                             .state = TALK_OPEN,
                                             .showns = 2,
                                             .shown = {100, 200}};
    seal_row_mask_shown(found.talk.row.shown, 2, 5, keys.row);
    found.talk.link = (struct store_bytes){.data = blob, .size = sizeof blob};
    return found;
}

/* Each sees the other's key and the way into the other's mailbox, never its
 * own; the names are the same two, crossed. */
static void both_sides(void)
{
    struct service service = {.keys = &keys};
    struct store_result found = found_talk();
    struct service_link link[2];

    for (int i = 0; i < 2; i++) {
        const Kindred__V1__Talk *talk = &link[i].talk;

        CHECK(service_link_open(&service, &found,
                                i == 0 ? MATCH_SEEKER : MATCH_PEER,
                                &link[i]) == ERR_NONE);
        CHECK(talk->talk_id == 77);
        CHECK(talk->side == (i == 0 ? KINDRED__V1__TALK_SIDE__TALK_SIDE_SEEKER
                                    : KINDRED__V1__TALK_SIDE__TALK_SIDE_PEER));
        CHECK(talk->their_key.len == 32 && talk->their_key.data[31] == 11 - i);
        CHECK(talk->send_capability.len == 32);
        CHECK(talk->send_capability.data[0] == 21 - i);
        CHECK(talk->n_shown == 2 && talk->shown[0] == 100);
        CHECK(talk->shown[1] == 200);
        CHECK(talk->state->phase == KINDRED__V1__TALK_PHASE__TALK_PHASE_OPEN);
    }
    CHECK(strcmp(link[0].talk.your_name, link[1].talk.their_name) == 0);
    CHECK(strcmp(link[1].talk.your_name, link[0].talk.their_name) == 0);
    CHECK(strcmp(link[0].talk.your_name, link[0].talk.their_name) != 0);
}

static void not_ours(void)
{
    struct service service = {.keys = &keys};
    struct store_result found = found_talk();
    struct service_link link;

    found.talk.row.id = 78;
    CHECK(service_link_open(&service, &found, MATCH_PEER, &link) ==
          ERR_INTERNAL);
    found.talk.row.id = 77;
    for (uint32_t size = 0; size < sizeof blob; size += 7) {
        found.talk.link.size = size;
        CHECK(service_link_open(&service, &found, MATCH_PEER, &link) ==
              ERR_INTERNAL);
    }
    found.talk.link.size = sizeof blob;
    for (size_t i = 0; i < sizeof blob; i++) {
        blob[i] ^= 0x10;
        CHECK(service_link_open(&service, &found, MATCH_PEER, &link) ==
              ERR_INTERNAL);
        blob[i] ^= 0x10;
    }
}

/* A reason is told only at the end, and never who or why it was. */
static void states(void)
{
    Kindred__V1__TalkState out, closed;

    service_link_state(TALK_ENDED, TALK_WHY_ENDED, true, &closed);
    CHECK(closed.bond);
    for (int why = 0; why < TALK_WHYS; why++) {
        for (int state = 0; state < TALK_ENDED; state++) {
            service_link_state((enum match_talk_state)state,
                               (enum match_talk_why)why, state == TALK_OPEN,
                               &out);
            CHECK(out.reason == 0);
            CHECK((int)out.phase == state + 1);
        }
        service_link_state(TALK_ENDED, (enum match_talk_why)why, false, &out);
        CHECK(out.phase == KINDRED__V1__TALK_PHASE__TALK_PHASE_ENDED);
        CHECK((out.reason != 0) == (why != TALK_WHY_NONE));
        if (why == TALK_WHY_BLOCK || why == TALK_WHY_HELD ||
            why == TALK_WHY_ERASED)
            CHECK(out.reason == closed.reason);
    }
}

int main(void)
{
    const uint8_t master[SEAL_KEY] = {4};

    CHECK(sodium_init() >= 0);
    seal_keys_init(&keys, master);
    both_sides();
    not_ours();
    states();
    seal_keys_close(&keys);
    return check_report("service/link");
}
