/* Each law broken once, and the two directions of Hard. */
#include "match/card.h"

#include <string.h>

#include "check.h"

static struct match_card plain(enum match_role role)
{
    struct match_card card = {.version = 1, .role = role};

    card.haves = 3;
    card.have[0] = 10;
    card.have[1] = 11;
    card.have[2] = 12;
    card.seeks = 1;
    card.seek[0] = (struct match_group){.count = 2, .importance = 3};
    card.seek_tokens = 2;
    card.seek_token[0] = 20;
    card.seek_token[1] = 21;
    card.musts = 1;
    card.must[0] = (struct match_group){.count = 1};
    card.must_tokens = 1;
    card.must_token[0] = 10;
    card.must_nots = 1;
    card.must_not[0] = 30;
    return card;
}

static void laws(void)
{
    struct match_card good = plain(MATCH_SEEKER), card = good;

    CHECK(match_card_check(&good) == ERR_NONE);
    card.haves = MATCH_HAVE_MAX + 1; /* Law 1 */
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.seek[0].first = 1; /* Law 1: its run ends outside */
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.have[1] = 10; /* Law 2 */
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.have[2] = 0; /* Law 2 */
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.seek_token[1] = 20; /* Law 2, in a group */
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.seek[0].importance = 4; /* Law 3 */
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.must[0].count = 0; /* Law 3 */
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.must[0].relax_after_ms = 5; /* Law 4: a seeker's may */
    CHECK(match_card_check(&card) == ERR_NONE);
    card.role = MATCH_PEER;
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.must_not[0] = 10; /* Law 5: the only token of a must */
    CHECK(match_card_check(&card) == ERR_CARD);
    card = good;
    card.version = 0;
    CHECK(match_card_check(&card) == ERR_CARD);
}

static void hard(void)
{
    struct match_card seeker = plain(MATCH_SEEKER), peer = plain(MATCH_PEER);

    CHECK(match_card_compatible(&seeker, &peer, 0));
    peer.must_token[0] = 99; /* the seeker has none of it */
    CHECK(!match_card_compatible(&seeker, &peer, 1000000));
    peer = plain(MATCH_PEER);
    peer.must_not[0] = 12;
    CHECK(!match_card_compatible(&seeker, &peer, 0));
    peer = plain(MATCH_PEER);
    seeker.must_token[0] = 99;
    seeker.must[0].relax_after_ms = 500;
    CHECK(!match_card_compatible(&seeker, &peer, 499));
    CHECK(match_card_compatible(&seeker, &peer, 500)); /* w < relax_after */
    CHECK(match_card_has(&peer, 11) && !match_card_has(&peer, 13));
}

int main(void)
{
    laws();
    hard();
    return check_report("match/card");
}
