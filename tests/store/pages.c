/* Loading by pages in recovery order, counting, sweeping what is over, the
 * rarity table. */
#include "expect.h"

static struct world w;

enum { MANY = 150, PAGES = 70 };

struct seen {
    uint32_t rarity, pairs, tickets, offers, talks, pages, wrong;
    uint64_t last_since_ms, last_id;
    enum match_row_kind last;
};

static void rarity(void)
{
    struct match_rarity_row row[100];
    struct match_command *c;

    for (uint32_t i = 0; i < 100; i++)
        row[i] = (struct match_rarity_row){
            .token = i == 0 ? 0 : i * 0x9e3779b97f4a7c15u,
            .count_q8 = 256 * i,
            .pool = WORLD_POOL};
    for (int page = 0; page < 2; page++) {
        c = world_match(&w, COMMAND_RARITY);
        c->rarity.row = row + page * 50;
        c->rarity.rows = 50;
        c->rarity.pool = WORLD_POOL;
        c->rarity.first = page == 0;
        OK(&w);
    }
    c = world_match(&w, COMMAND_RARITY); /* a new table clears the old */
    c->rarity.row = row;
    c->rarity.rows = 70;
    c->rarity.pool = WORLD_POOL;
    c->rarity.first = true;
    OK(&w);
    row[0].pool = WORLD_POOL + 1; /* and only its own pool's */
    c = world_match(&w, COMMAND_RARITY);
    c->rarity.row = row;
    c->rarity.rows = 1;
    c->rarity.pool = WORLD_POOL + 1;
    c->rarity.first = true;
    OK(&w);
}

/* 150 waiting, some since the same ms; one offered; one in a talk. */
static void people(struct couple *talking, struct couple *offered)
{
    for (int i = 0; i < MANY; i++) {
        (void)world_ticket(&w, world_member(&w, GRADE_MEMBER));
        w.now_ms += i % 3 == 0;
    }
    world_talking(&w, talking);
    world_offered(&w, offered);
}

static void see(struct seen *seen, const struct store_loaded *loaded)
{
    static const uint8_t place[ROW_KINDS] = {[ROW_RARITY] = 0,
                                             [ROW_PAIR] = 1,
                                             [ROW_TICKET] = 2,
                                             [ROW_OFFER] = 3,
                                             [ROW_TALK] = 4};
    const struct match_row *row = &loaded->row;

    seen->wrong += place[row->kind] < place[seen->last];
    seen->last = row->kind;
    seen->rarity += row->kind == ROW_RARITY;
    seen->pairs += row->kind == ROW_PAIR;
    seen->offers += row->kind == ROW_OFFER;
    seen->talks += row->kind == ROW_TALK;
    if (row->kind == ROW_TALK)
        seen->wrong += loaded->sealed.size != 16;
    if (row->kind != ROW_TICKET)
        return;
    seen->tickets++;
    seen->wrong +=
        row->ticket.since_ms < seen->last_since_ms ||
        (row->ticket.since_ms == seen->last_since_ms &&
         row->ticket.id <= seen->last_id) ||
        loaded->card_version != 1 || loaded->card.size != 40 ||
        loaded->sealed.size != sizeof row->ticket.id ||
        memcmp(loaded->sealed.data, &row->ticket.id, sizeof(uint64_t)) != 0;
    seen->last_since_ms = row->ticket.since_ms;
    seen->last_id = row->ticket.id;
}

static struct seen load(size_t arena)
{
    struct store_job *one = &w.job;
    struct seen seen = {.last = ROW_RARITY};
    struct store_cursor from = {0};
    bool more;

    do {
        struct store_command *c = world_command(&w, STORE_LOAD);

        c->load.from = from;
        arena_init(&w.job.arena, arena);
        store_execute(w.store, &one, 1);
        CHECK(w.job.result.outcome == OUTCOME_OK);
        if (w.job.result.outcome != OUTCOME_OK)
            break;
        CHECK(w.job.result.load.rows <= STORE_PAGE_MAX);
        for (uint32_t i = 0; i < w.job.result.load.rows; i++)
            see(&seen, &w.job.result.load.row[i]);
        from = w.job.result.load.next;
        more = w.job.result.load.more;
        seen.pages++;
    } while (more && seen.pages < 1000);
    return seen;
}

static void loads(void)
{
    struct couple talking, offered;
    struct match_command *c;
    struct seen seen;

    seen = load(1 << 20);
    CHECK(seen.pages == 1);
    CHECK(seen.tickets + seen.pairs + seen.offers + seen.talks == 0);
    rarity();
    people(&talking, &offered);
    c = world_match(&w, COMMAND_BLOCK); /* between two who are engaged */
    c->block.member = offered.seeker;
    c->block.other = talking.peer;
    OK(&w);
    c = world_match(&w, COMMAND_BLOCK); /* and with one who is not */
    c->block.member = offered.seeker;
    c->block.other = world_id(&w);
    OK(&w);
    world_reopen(&w);
    world_claim(&w);
    seen = load(1 << 20);
    CHECK(seen.rarity == 71);
    CHECK(seen.pairs == 1);
    CHECK(seen.tickets == MANY + 1);
    CHECK(seen.offers == 1);
    CHECK(seen.talks == 1);
    CHECK(seen.wrong == 0);
    CHECK(seen.pages == (71 + 1 + MANY + 3 + 63) / 64);
    seen = load(32768); /* shorter pages where the arena is small */
    CHECK(seen.tickets == MANY + 1);
    CHECK(seen.wrong == 0);
    (void)world_command(&w, STORE_COUNT);
    OK(&w);
    CHECK(w.job.result.count.tickets_live == MANY + 1);
    CHECK(w.job.result.count.offers_open == 1);
    CHECK(w.job.result.count.talks_live == 1);
    CHECK(w.job.result.count.matches == 1);
    CHECK(w.job.result.count.duties_on == 0); /* claimed */
    CHECK(w.job.result.count.members == MANY + 4);
    CHECK(w.job.result.count.cards == 2 * (MANY + 4));
    CHECK(w.job.result.count.messages_waiting == 0);
}

/* Every offer and talk comes once, by pages, whatever their ids and however
 * many talks a peer has; and each comes again to who starts again. */
static void loads_many(void)
{
    struct couple couple = {0};
    struct seen seen;

    for (int i = 0; i < PAGES; i++) {
        if (i % 2 == 0) {
            world_talking(&w, &couple);
        } else { /* a second one of the same peer */
            couple.seeker = world_member(&w, GRADE_MEMBER);
            couple.ticket = world_ticket(&w, couple.seeker);
            couple.offer =
                world_offer(&w, couple.ticket, couple.seeker, couple.peer);
            (void)world_accept(&w, couple.offer, couple.ticket, couple.peer);
        }
    }
    for (int i = 0; i < PAGES; i++)
        world_offered(&w, &couple);
    (void)world_ticket(&w, world_member(&w, GRADE_MEMBER));
    world_claim(&w);
    for (int again = 0; again < 2; again++) {
        seen = load(again ? 32768 : 1 << 20);
        CHECK(seen.tickets == PAGES + 1); /* odd: a page ends within a peer's */
        CHECK(seen.offers == PAGES);
        CHECK(seen.talks == PAGES);
        CHECK(seen.wrong == 0);
    }
}

static uint64_t latest_ms(void)
{
    world_claim(&w);
    return w.job.result.latest_ms;
}

/* A claim tells when the last of what lives began. */
static void latest(void)
{
    struct couple couple;

    CHECK(latest_ms() == 0);
    world_couple(&w, &couple);
    CHECK(latest_ms() == w.now_ms);
    w.now_ms += 10;
    CHECK(latest_ms() == w.now_ms - 10);
    world_duty(&w, couple.peer, 2); /* which the claims ended */
    couple.offer = world_offer(&w, couple.ticket, couple.seeker, couple.peer);
    CHECK(latest_ms() == w.now_ms);
    w.now_ms += 10;
    couple.talk = world_accept(&w, couple.offer, couple.ticket, couple.peer);
    CHECK(latest_ms() == w.now_ms);
    w.now_ms += 10;
    world_end(&w, couple.talk, 0);
    CHECK(latest_ms() == 0);
}

static uint64_t swept(uint32_t most)
{
    struct store_command *c = world_command(&w, STORE_SWEEP);

    c->sweep.idle_ms = c->sweep.message_ms = UINT64_MAX / 4;
    c->sweep.mailbox_ms = 86400000;
    c->sweep.link_ms = (uint64_t)30 * 86400000;
    c->sweep.key_ms = 86400000;
    c->sweep.most = most;
    OK(&w);
    return w.job.result.swept.deleted;
}

/* What ended is purged in its time, and not before. */
static void sweeps(void)
{
    struct couple a;
    struct match_command *c;
    struct store_command *f;

    world_talking(&w, &a);
    world_end(&w, a.talk, w.now_ms + 1000);
    CHECK(swept(64) == 0);
    w.now_ms += 1000;
    CHECK(swept(64) == 1); /* the pair's rest */
    w.now_ms += 86400000;
    CHECK(swept(0) == 0);
    CHECK(swept(1) == 2); /* a mailbox, the offer; one of each kind */
    CHECK(w.job.result.swept.more);
    CHECK(swept(64) == 1); /* the other mailbox */
    w.now_ms += 1800000;
    CHECK(swept(64) == 1); /* the ticket: a day after its lifetime */
    f = world_command(&w, STORE_FIND_TALK);
    f->find_talk.talk = a.talk;
    OK(&w);
    w.now_ms += (uint64_t)29 * 86400000;
    CHECK(swept(64) == 1); /* the link */
    f = world_command(&w, STORE_FIND_TALK);
    f->find_talk.talk = a.talk;
    REFUSED(&w, ERR_NO_TALK);
    c = world_match(&w, COMMAND_BLOCK); /* no later block */
    c->block.member = a.seeker;
    c->block.via = a.talk;
    REFUSED(&w, ERR_NO_RELATION);
}

static void sweeps_keys(void)
{
    /* a day later it is forgotten */
    const enum match_outcome outcome[] = {OUTCOME_OK, OUTCOME_REPLAY,
                                          OUTCOME_REFUSED};
    uint64_t member = world_member(&w, GRADE_MEMBER);
    struct store_command *c;

    for (int day = 0; day < 3; day++) {
        c = world_command(&w, STORE_PUT_CARD);
        c->key = world_key(4, 40);
        c->put_card.member = member;
        c->put_card.version = 2;
        EXPECT(&w, outcome[day], day < 2 ? ERR_NONE : ERR_CARD_VERSION);
        w.now_ms += day ? 86400000 : 86399999;
        CHECK(swept(64) == (day == 1));
    }
}

int part_pages(const char *kind, const char *path)
{
    world_open(&w, kind, path);
    loads();
    world_close(&w);
    world_open(&w, kind, path);
    loads_many();
    world_close(&w);
    world_open(&w, kind, path);
    latest();
    world_close(&w);
    world_open(&w, kind, path);
    sweeps();
    sweeps_keys();
    world_close(&w);
    return check_report("store pages");
}
