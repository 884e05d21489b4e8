#include "store/decide.h"

#include "store/move.h"

struct match_pair_row store_decide_pair_of(enum match_pair_kind kind,
                                           uint64_t x, uint64_t y)
{
    return (struct match_pair_row){
        .kind = kind, .a = x < y ? x : y, .b = x < y ? y : x};
}

/* Is it there?  Then it decided, and is reported. */
static bool stands(struct store_work *work, struct match_pair_row pair)
{
    if (!work->keeper->ops->pair(work->keeper, &pair))
        return false;
    store_work_show_pair(work, &pair);
    return true;
}

/* Did both say, after any talk, that they would meet again, and no block come
 * after it? */
static bool bonded(struct store_work *work, uint64_t x, uint64_t y)
{
    struct match_pair_row bond = store_decide_pair_of(PAIR_BOND, x, y);

    return work->keeper->ops->pair(work->keeper, &bond);
}

bool store_decide_pair_excluded(struct store_work *work, uint64_t seeker,
                                uint64_t peer, uint64_t ticket)
{
    struct match_pair_row block = {.kind = PAIR_BLOCK, .a = seeker, .b = peer};
    struct match_pair_row back = {.kind = PAIR_BLOCK, .a = peer, .b = seeker};
    struct match_pair_row once = {
        .kind = PAIR_TICKET, .a = seeker, .b = peer, .ticket = ticket};
    struct match_pair_row rests =
        store_decide_pair_of(PAIR_RESTS, seeker, peer);

    if (stands(work, block) || stands(work, back))
        return true;
    if (ticket != 0 && stands(work, once))
        return true;
    if (!work->keeper->ops->pair(work->keeper, &rests) ||
        rests.until_ms <= work->now_ms)
        return false;
    return !bonded(work, seeker, peer) && stands(work, rests);
}

void store_decide_pair_rest(struct store_work *work,
                            struct match_pair_row *rests, uint64_t until_ms)
{
    if (until_ms == 0)
        return;
    if (work->keeper->ops->pair(work->keeper, rests) &&
        rests->until_ms >= until_ms)
        until_ms = rests->until_ms; /* the later one holds */
    rests->until_ms = until_ms;
    store_work_change_pair(work, rests);
}

enum err store_decide_pair_known(struct store_work *work, uint64_t member,
                                 uint64_t via, uint64_t *other,
                                 enum store_known *known)
{
    const struct match_talk_row *talk = store_work_talk(work, via);
    const struct match_offer_row *offer =
        talk ? NULL : store_work_offer(work, via);
    struct store_block block = {.member = member, .via = via};
    uint64_t seeker = 0, peer = 0;

    if (work->keeper->ops->block(work->keeper, &block)) {
        *other = block.other; /* known by its entry, as long as that stands */
        *known = block.known;
        return ERR_NONE;
    }
    if (talk) {
        seeker = talk->seeker;
        peer = talk->peer;
    } else if (offer && offer->peer == member && /* its seeker never saw it */
               offer->made_ms + STORE_OFFER_KNOWN_MS > work->now_ms) {
        seeker = offer->seeker;
        peer = offer->peer;
    }
    *other = peer == member ? seeker : seeker == member ? peer : 0;
    *known = !talk            ? KNOWN_BY_OFFER
             : peer == member ? KNOWN_AS_SEEKER
                              : KNOWN_AS_PEER;
    if (*other != 0)
        return ERR_NONE;
    work->entries = 0; /* someone else's: not even a row */
    return ERR_NO_RELATION;
}

/* Whom a block is about; by a via it needs room on the list. */
static enum err related(struct store_work *work, uint64_t *other)
{
    uint64_t member = work->command->block.member;
    uint64_t named = work->command->block.other;
    enum store_known known;
    enum err err;

    *other = named;
    if (work->command->block.via == 0)
        return member == named || named == 0 ? ERR_INVALID : ERR_NONE;
    err = store_decide_pair_known(work, member, work->command->block.via, other,
                                  &known);
    if (err == ERR_NONE && named != 0 && named != *other) {
        work->entries = 0;
        err = ERR_NO_RELATION;
    }
    return err == ERR_NONE ? store_decide_block_room(work) : err;
}

/* All, or those with `other`. */
static void end_talks(struct store_work *work, enum store_find find,
                      uint64_t member, uint64_t other, enum match_talk_why why)
{
    uint64_t id[STORE_FOUND_MAX];
    uint32_t n = store_work_find(work, find, member, id);

    for (uint32_t i = 0; i < n; i++) {
        struct match_talk_row *talk = store_work_talk(work, id[i]);

        if (!talk || talk->state == TALK_ENDED ||
            (other != 0 && talk->seeker != other && talk->peer != other))
            continue;
        store_move_talk_end(work, talk, why,
                            store_move_rest_until_ms(work, talk->peer));
    }
}

static void revoke_between(struct store_work *work, uint64_t seeker,
                           uint64_t peer)
{
    uint64_t id[STORE_FOUND_MAX];
    uint32_t n = store_work_find(work, FIND_OFFERS_OF_PEER, peer, id);

    for (uint32_t i = 0; i < n; i++) {
        struct match_offer_row offer, *found;
        struct store_row row;

        /* Looked at apart: offers of others are none of this. */
        if (!work->keeper->ops->row(work->keeper, ROW_OFFER, id[i], &row))
            continue;
        offer = row.row.offer;
        found = offer.seeker == seeker ? store_work_offer(work, id[i]) : NULL;
        if (found && found->state == OFFER_OPEN)
            (void)store_move_offer_close(work, found, OFFER_REVOKED);
    }
}

enum err store_decide_pair_block(struct store_work *work)
{
    uint64_t member = work->command->block.member, other;
    struct match_pair_row bond;
    enum err err = related(work, &other);

    if (err != ERR_NONE)
        return err;
    store_work_change_pair(
        work,
        &(struct match_pair_row){.kind = PAIR_BLOCK, .a = member, .b = other});
    bond = store_decide_pair_of(PAIR_BOND, member, other);
    if (work->keeper->ops->pair(work->keeper, &bond)) {
        bond.gone = true;
        store_work_change_pair(work, &bond);
    }
    end_talks(work, FIND_TALKS_OF_SEEKER, member, other, TALK_WHY_BLOCK);
    end_talks(work, FIND_TALKS_OF_PEER, member, other, TALK_WHY_BLOCK);
    revoke_between(work, member, other);
    revoke_between(work, other, member);
    work->reference = other;
    return ERR_NONE;
}

/* A pair stays blocked while another entry of it stands: which entries are of
 * one person is not for the list to tell. */
enum err store_decide_pair_unblock(struct store_work *work)
{
    uint64_t member = work->command->block.member;
    uint64_t other = work->command->block.other;
    struct match_pair_row block = {.kind = PAIR_BLOCK, .a = member};
    enum err err = ERR_NONE;
    bool last = true;

    if (work->command->block.via != 0)
        err = store_decide_block_find(work, &other, &last);
    if (err != ERR_NONE)
        return err;
    block.b = other;
    if (!work->keeper->ops->pair(work->keeper, &block))
        return ERR_NO_RELATION;
    block.gone = last;
    if (last)
        store_work_change_pair(work, &block);
    else
        store_work_show_pair(work, &block);
    work->reference = other;
    return ERR_NONE;
}

static void end_ticket(struct store_work *work, uint64_t member,
                       enum match_ticket_why why)
{
    uint64_t id[STORE_FOUND_MAX], open[STORE_FOUND_MAX];
    struct match_ticket_row *ticket = NULL;
    struct match_offer_row *offer = NULL;

    if (store_work_find(work, FIND_TICKET_OF_MEMBER, member, id) > 0)
        ticket = store_work_ticket(work, id[0]);
    if (!ticket)
        return;
    if (store_work_find(work, FIND_OFFER_OF_TICKET, ticket->id, open) > 0)
        offer = store_work_offer(work, open[0]);
    if (offer && offer->state == OFFER_OPEN)
        (void)store_move_offer_close(work, offer, OFFER_REVOKED);
    store_move_ticket(ticket, TICKET_ENDED, why);
}

enum err store_decide_pair_hold(struct store_work *work)
{
    bool erased = work->command->hold.erased;
    enum match_talk_why why = erased ? TALK_WHY_ERASED : TALK_WHY_HELD;
    struct store_keeper *keeper = work->keeper;
    struct store_member member;
    struct match_duty_row *duty;

    if (!keeper->ops->member(keeper, work->command->hold.member, &member))
        return ERR_NOT_ENROLLED;
    work->reference = member.id;
    if (!work->command->hold.held)
        return ERR_NONE;
    end_ticket(work, member.id, erased ? TICKET_WHY_ERASED : TICKET_WHY_HELD);
    duty = store_work_duty(work, member.id);
    if (duty && duty->state != DUTY_OFF)
        store_move_duty(duty, DUTY_OFF,
                        erased ? DUTY_WHY_ERASED : DUTY_WHY_HELD);
    store_move_revoke_all(work, member.id);
    end_talks(work, FIND_TALKS_OF_SEEKER, member.id, 0, why);
    end_talks(work, FIND_TALKS_OF_PEER, member.id, 0, why);
    return ERR_NONE;
}

void store_decide_pair_hold_write(struct store_work *work)
{
    struct store_keeper *keeper = work->keeper;
    struct store_member member;

    if (!keeper->ops->member(keeper, work->reference, &member))
        return; /* a keeper that failed says so itself */
    member.held = work->command->hold.held;
    keeper->ops->put_member(keeper, &member);
}
