/* Lists of blocks: what a member is shown of those they never meet again. */
#include "expect.h"

static struct world w;

static struct match_command *command(enum match_command_kind kind,
                                     uint64_t member, uint64_t via)
{
    struct match_command *c = world_match(&w, kind);

    c->block.member = member;
    c->block.via = via;
    return c;
}

static void block(uint64_t member, uint64_t via)
{
    (void)command(COMMAND_BLOCK, member, via);
    OK(&w);
}

static void list(uint64_t member, uint64_t after_via, uint32_t most)
{
    struct store_command *c = world_command(&w, STORE_LIST_BLOCKS);

    c->list_blocks.member = member;
    c->list_blocks.after_via = after_via;
    c->list_blocks.most = most;
    OK(&w);
}

static uint32_t listed(uint64_t member)
{
    list(member, 0, 0);
    return w.job.result.listed.blocks;
}

static const struct store_block *entry(uint64_t via)
{
    for (uint32_t i = 0; i < w.job.result.listed.blocks; i++)
        if (w.job.result.listed.block[i].via == via)
            return &w.job.result.listed.block[i];
    return NULL;
}

static struct store_command *find(uint64_t member, uint64_t via)
{
    struct store_command *c = world_command(&w, STORE_FIND_OTHER);

    c->find_other.member = member;
    c->find_other.via = via;
    return c;
}

/* Whom one knows by a talk or an offer, and for how long; nobody else does. */
static void others(void)
{
    uint64_t stranger;
    struct couple a, b;

    world_talking(&w, &a);
    world_offered(&w, &b);
    stranger = world_member(&w, GRADE_MEMBER);
    (void)find(a.seeker, a.talk);
    OK(&w);
    CHECK(w.job.result.other == a.peer);
    (void)find(a.peer, a.talk);
    OK(&w);
    CHECK(w.job.result.other == a.seeker);
    (void)find(b.peer, b.offer);
    OK(&w);
    CHECK(w.job.result.other == b.seeker);
    (void)find(stranger, a.talk);
    REFUSED(&w, ERR_NO_RELATION);
    (void)find(stranger, b.offer);
    REFUSED(&w, ERR_NO_RELATION);
    (void)find(a.seeker, world_id(&w));
    REFUSED(&w, ERR_NO_RELATION);
    w.now_ms += 86400000;
    (void)find(b.peer, b.offer);
    REFUSED(&w, ERR_NO_RELATION);
}

/* A block that was made is known by its key when what it was by is gone. */
static void found_by_key(void)
{
    struct match_key key = world_key(71, 5);
    struct couple b;

    world_offered(&w, &b);
    command(COMMAND_BLOCK, b.peer, b.offer)->key = key;
    OK(&w);
    w.now_ms += 86400000;
    find(b.peer, b.offer)->key = key;
    OK(&w);
    CHECK(w.job.result.other == b.seeker);
    key.request_hash++;
    find(b.peer, b.offer)->key = key;
    REFUSED(&w, ERR_KEY_REUSED);
    command(COMMAND_BLOCK, b.peer, b.offer)->key = world_key(71, 5);
    EXPECT(&w, OUTCOME_REPLAY, ERR_NONE);
    CHECK(listed(b.peer) == 1);
}

/* By the same offer or talk again, with a new key, when what it was by is gone:
 * the same block.  Taken back, it is one no more. */
static void found_by_entry(void)
{
    struct couple b;

    world_offered(&w, &b);
    block(b.peer, b.offer);
    w.now_ms += 86400000;
    (void)find(b.peer, b.offer);
    OK(&w);
    CHECK(w.job.result.other == b.seeker);
    command(COMMAND_BLOCK, b.peer, b.offer)->key = world_key(71, 6);
    OK(&w);
    command(COMMAND_BLOCK, b.peer, b.offer)->block.other = b.peer;
    REFUSED(&w, ERR_NO_RELATION); /* it is of who it was of */
    (void)find(b.seeker, b.offer);
    REFUSED(&w, ERR_NO_RELATION); /* the list of another */
    CHECK(listed(b.peer) == 1 && entry(b.offer)->known == KNOWN_BY_OFFER);
    (void)command(COMMAND_UNBLOCK, b.peer, b.offer);
    OK(&w);
    (void)find(b.peer, b.offer);
    REFUSED(&w, ERR_NO_RELATION);
    (void)command(COMMAND_BLOCK, b.peer, b.offer);
    REFUSED(&w, ERR_NO_RELATION);
}

/* An entry per name: taken back one by one, the pair is free after the last. */
static void entries(void)
{
    struct couple a;
    uint64_t first;

    world_talking(&w, &a);
    first = a.talk;
    world_end(&w, a.talk, 0);
    a.ticket = world_ticket(&w, a.seeker);
    a.offer = world_offer(&w, a.ticket, a.seeker, a.peer);
    a.talk = world_accept(&w, a.offer, a.ticket, a.peer);
    block(a.seeker, first);
    ROW(&w, ROW_TALK, a.talk, talk.state, TALK_ENDED);
    block(a.seeker, first); /* again is well, and is one */
    CHECK(listed(a.seeker) == 1);
    block(a.seeker, a.talk);
    block(a.peer, a.talk);
    CHECK(listed(a.peer) == 1);
    CHECK(entry(a.talk)->known == KNOWN_AS_SEEKER);
    CHECK(listed(a.seeker) == 2);
    CHECK(entry(first)->known == KNOWN_AS_PEER);
    CHECK(entry(first)->day == w.now_ms / 86400000);
    CHECK(entry(first)->other == a.peer);
    world_reopen(&w);
    CHECK(listed(a.seeker) == 2);
    (void)command(COMMAND_UNBLOCK, a.seeker, world_id(&w));
    REFUSED(&w, ERR_NO_RELATION);
    (void)command(COMMAND_UNBLOCK, a.seeker, first);
    OK(&w);
    CHECK(!world_pair(&w, PAIR_BLOCK, a.seeker, a.peer)->gone);
    (void)command(COMMAND_UNBLOCK, a.seeker, first);
    REFUSED(&w, ERR_NO_RELATION);
    command(COMMAND_UNBLOCK, a.seeker, a.talk)->block.other = a.seeker;
    REFUSED(&w, ERR_NO_RELATION);
    (void)command(COMMAND_UNBLOCK, a.seeker, a.talk);
    OK(&w);
    CHECK(world_pair(&w, PAIR_BLOCK, a.seeker, a.peer)->gone);
    CHECK(listed(a.seeker) == 0);
    CHECK(listed(a.peer) == 1); /* one does not undo the other's */
}

/* By whom alone, all entries of that pair go, and no other's. */
static void all_of_a_pair(void)
{
    struct couple a, b;

    world_talking(&w, &a);
    world_couple(&w, &b);
    b.offer = world_offer(&w, b.ticket, b.seeker, a.peer);
    block(a.peer, a.talk);
    block(a.peer, b.offer);
    CHECK(listed(a.peer) == 2);
    CHECK(entry(b.offer)->known == KNOWN_BY_OFFER);
    command(COMMAND_UNBLOCK, a.peer, 0)->block.other = a.seeker;
    OK(&w);
    CHECK(listed(a.peer) == 1 && entry(b.offer));
}

/* A block shuts both mailboxes of its talk in the same commit. */
static void mailboxes(void)
{
    struct store_command *c;
    struct couple a;

    world_talking(&w, &a);
    (void)command(COMMAND_BLOCK, a.seeker, a.talk);
    world_close_boxes(&w, a.talk);
    OK(&w);
    for (int side = 0; side < MATCH_ROLES; side++) {
        c = world_command(&w, STORE_FIND_MAILBOX);
        memcpy(c->find_mailbox.hash, w.close[side], STORE_HASH);
        OK(&w);
        CHECK(w.job.result.mailbox.closed_ms == w.now_ms);
    }
}

/* An offer of somebody new to this peer, and a block by it at hand. */
static uint64_t by_offer(uint64_t peer)
{
    uint64_t seeker = world_member(&w, GRADE_MEMBER);
    uint64_t ticket = world_ticket(&w, seeker);
    uint64_t offer = world_offer(&w, ticket, seeker, peer);

    (void)command(COMMAND_BLOCK, peer, offer);
    return offer;
}

/* Every entry, page by page, in order. */
static uint32_t paged(uint64_t member, uint32_t most)
{
    uint64_t last = 0;
    uint32_t seen = 0;

    do {
        list(member, last, most);
        for (uint32_t i = 0; i < w.job.result.listed.blocks; i++) {
            CHECK(w.job.result.listed.block[i].via > last);
            last = w.job.result.listed.block[i].via;
            seen++;
        }
    } while (w.job.result.listed.more);
    return seen;
}

/* 256; then none more, and none is dropped. */
static void full(void)
{
    uint64_t peer = world_member(&w, GRADE_PEER), first = 0, one_more;

    world_duty(&w, peer, 1);
    for (uint32_t i = 0; i < STORE_BLOCKS_MAX; i++) {
        uint64_t offer = by_offer(peer);

        first = i == 0 ? offer : first;
        OK(&w);
    }
    one_more = by_offer(peer);
    REFUSED(&w, ERR_BLOCKS_FULL);
    for (uint32_t i = 0; i < w.job.result.match.rows; i++)
        CHECK(w.job.result.match.row[i].kind != ROW_PAIR);
    block(peer, first); /* it stands: no more room */
    CHECK(paged(peer, 50) == STORE_BLOCKS_MAX);
    (void)command(COMMAND_UNBLOCK, peer, first);
    OK(&w);
    block(peer, one_more);
    CHECK(paged(peer, 50) == STORE_BLOCKS_MAX);
    CHECK(paged(peer, 64) == STORE_BLOCKS_MAX);
}

int part_blocks(const char *kind, const char *path)
{
    world_open(&w, kind, path);
    others();
    found_by_key();
    found_by_entry();
    entries();
    all_of_a_pair();
    mailboxes();
    full();
    world_close(&w);
    return check_report("store blocks");
}
