#define _DEFAULT_SOURCE 1 /* MADV_DONTNEED */

#include "server/turn.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "pb/kindred/v1/cards.pb-c.h"
#include "record_replay.h"
#include "server/recover.h"
#include "store/memory.h"

enum { ORDERS = 8, HEARD = 4096, PATIENCE_MS = 5000 };

/* A turn on a memory store, and all that its loops would hear. */
static struct world {
    struct seal_keys keys;
    struct service_config service;
    struct net_clock clock;
    struct store *store;
    struct server_storage storage;
    struct server_hub hub;
    struct server_turn turn;
    struct server_record record;
    bool recorded;
    pthread_mutex_t lock;
    struct service_signal heard[HEARD];
    bool reserved[HEARD];
    uint32_t n, told; /* of n, as many are told */
    uint32_t flights; /* commands under way when the last was heard */
    bool late;        /* a reply waited for a step that went to the store */
    atomic_uint fenced, back;
    struct server_origin origin;
} w = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void hear(void *arg, const struct service_signal *signal, bool reserved)
{
    (void)arg;
    (void)pthread_mutex_lock(&w.lock);
    if (w.n < HEARD) {
        w.heard[w.n] = *signal;
        w.reserved[w.n++] = reserved;
    }
    if (w.told + 1 < w.n && w.turn.in_flight > w.flights)
        w.late = true;
    w.flights = w.turn.in_flight; /* on the engine's thread */
    if (!reserved)
        w.told = w.n;
    (void)pthread_mutex_unlock(&w.lock);
}

/* Law 6: nobody hears a reply before this. */
static void tell_all(void *arg)
{
    (void)arg;
    (void)pthread_mutex_lock(&w.lock);
    w.told = w.n;
    (void)pthread_mutex_unlock(&w.lock);
}

static void hear_fenced(void *arg)
{
    (void)arg;
    w.fenced++;
}

static void job_back(void *arg, struct store_job *job)
{
    (void)arg;
    server_join_free(job);
    w.back++;
}

static void nap(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* The nth signal of this kind to this call. */
static bool waited(uint64_t call, enum service_signal_kind kind, uint32_t nth,
                   struct service_signal *out)
{
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        uint32_t seen = 0;

        (void)pthread_mutex_lock(&w.lock);
        for (uint32_t i = 0; i < w.told; i++)
            if (w.heard[i].call == call && w.heard[i].kind == kind &&
                seen++ == nth) {
                *out = w.heard[i];
                (void)pthread_mutex_unlock(&w.lock);
                return true;
            }
        (void)pthread_mutex_unlock(&w.lock);
        nap();
    }
    return false;
}

static uint32_t reserved_of(uint64_t call)
{
    uint32_t n = 0;

    (void)pthread_mutex_lock(&w.lock);
    for (uint32_t i = 0; i < w.n; i++)
        n += w.heard[i].call == call && w.reserved[i];
    (void)pthread_mutex_unlock(&w.lock);
    return n;
}

static void open_turn(void)
{
    struct server_turn_config config = {.keys = &w.keys,
                                        .service = &w.service,
                                        .clock = &w.clock,
                                        .sizes = {.pools = 1,
                                                  .tickets = 64,
                                                  .duties = 64,
                                                  .talks = 64,
                                                  .pairs = 256,
                                                  .terms = 256},
                                        .orders_max = ORDERS,
                                        .storage = &w.storage,
                                        .hub = &w.hub,
                                        .record = w.recorded ? &w.record : NULL,
                                        .signal = hear,
                                        .told = tell_all,
                                        .fenced = hear_fenced};

    w.n = w.told = 0;
    CHECK(server_storage_init(&w.storage, w.store, 16,
                              server_turn_flights(&config.sizes)) == ERR_NONE);
    CHECK(server_hub_init(&w.hub, 64) == ERR_NONE);
    CHECK(server_turn_init(&w.turn, &config) == ERR_NONE);
}

static void start(void)
{
    open_turn();
    CHECK(server_recover_turn(&w.turn, w.store) == ERR_NONE);
    CHECK(server_storage_start(&w.storage) == ERR_NONE);
    CHECK(server_turn_start(&w.turn) == ERR_NONE);
}

static void stop(void)
{
    server_turn_stop(&w.turn);
    server_storage_stop(&w.storage);
    server_turn_close(&w.turn);
    server_turn_close(&w.turn);
    server_storage_close(&w.storage);
    server_hub_close(&w.hub);
}

static struct service_order *order_of(enum match_event_kind kind, uint64_t call,
                                      uint64_t member)
{
    struct service_order *order =
        calloc(1, sizeof *order + sizeof *order->card);

    CHECK(order != NULL);
    order->event.kind = kind;
    order->event.call = call;
    order->event.member = member;
    order->event.now_ms = net_clock_now_ms(&w.clock);
    order->event.key =
        (struct match_key){.word = {member, call}, .request_hash = 1};
    randombytes_buf(order->event.fresh, sizeof order->event.fresh);
    memset(&order->secrets, (int)call, sizeof order->secrets);
    order->card->version = order->card->vocabulary_version = 1;
    order->card->haves = 1;
    order->card->have[0] = 5;
    return order;
}

static struct service_order *ask_of(uint64_t call, uint64_t member)
{
    struct service_order *order = order_of(EVENT_ASK, call, member);

    order->event.ask.card = order->card;
    order->card->role = MATCH_SEEKER;
    return order;
}

/* A member with a card, through the store as a loop would. */
static void enrol(uint64_t member, enum match_role role)
{
    struct store_job *job = server_join_job(STORE_ENROL, 1);
    struct store_job *card = server_join_job(STORE_PUT_CARD, 1);
    const struct seal_row row = {
        .kind = SEAL_ROW_CARD, .id = member, .sub = role};
    Kindred__V1__Card message = KINDRED__V1__CARD__INIT;
    uint8_t plain[64], nonce[SEAL_ROW_NONCE] = {1};
    size_t size;
    uint32_t back = w.back;

    job->command.enrol.member = member;
    memcpy(job->command.enrol.handle, &member, sizeof member);
    job->command.enrol.grade = GRADE_PEER;
    card->command.put_card.member = member;
    card->command.put_card.role = role;
    card->command.put_card.version = 1;
    card->command.put_card.vocabulary_version = 1;
    message.role = role == MATCH_SEEKER ? KINDRED__V1__ROLE__ROLE_SEEKER
                                        : KINDRED__V1__ROLE__ROLE_PEER;
    message.version = message.vocabulary_version = 1;
    size = kindred__v1__card__pack(&message, plain);
    card->command.put_card.sealed.data =
        arena_alloc(&card->arena, size + SEAL_ROW_OVERHEAD);
    card->command.put_card.sealed.size = (uint32_t)size + SEAL_ROW_OVERHEAD;
    seal_row_seal(card->command.put_card.sealed.data, &row, plain, size,
                  w.keys.row, nonce);
    CHECK(server_storage_put(&w.storage, job, &w.origin) == ERR_NONE);
    CHECK(server_storage_put(&w.storage, card, &w.origin) == ERR_NONE);
    while (w.back < back + 2)
        nap();
}

static void give(struct service_order *order)
{
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        enum err err = server_turn_reserve(&w.turn);

        if (err == ERR_NONE) {
            server_turn_order_reserved(&w.turn, &order, 1);
            return;
        }
        CHECK(err == ERR_FULL);
        nap();
    }
    CHECK(!"an order is taken in the end");
}

/* Law 3: closed before the start and after the drain, and it says why. */
static void door(void)
{
    open_turn();
    CHECK(server_recover_turn(&w.turn, w.store) == ERR_NONE);
    CHECK(server_turn_reserve(&w.turn) == ERR_STARTING);
    CHECK(server_storage_start(&w.storage) == ERR_NONE);
    CHECK(server_turn_start(&w.turn) == ERR_NONE);
    for (int i = 0; i < ORDERS; i++) /* Law 4 */
        CHECK(server_turn_reserve(&w.turn) == ERR_NONE);
    CHECK(server_turn_reserve(&w.turn) == ERR_FULL);
    for (int i = 0; i < ORDERS; i++)
        server_turn_release(&w.turn);
    server_turn_drain(&w.turn);
    server_turn_drain(&w.turn);
    CHECK(server_turn_reserve(&w.turn) == ERR_DRAINING);
    CHECK(w.n == 0);
    stop();
}

/* From an ask to a talk: Laws 1, 2 and 5. */
static void talk(uint64_t ask, uint64_t seeker, uint64_t peer, uint32_t live)
{
    uint64_t attend = ask + 100, answer = ask + 101;
    struct service_signal signal;
    struct service_order *order;
    struct match_engine_count count;

    start();
    enrol(seeker, MATCH_SEEKER);
    enrol(peer, MATCH_PEER);
    order = order_of(EVENT_ATTEND, attend, peer);
    order->card->role = MATCH_PEER;
    order->event.attend.card = order->card;
    order->event.attend.grade = GRADE_PEER;
    order->event.attend.capacity = 1;
    give(order);
    CHECK(waited(attend, SIGNAL_REPLY, 0, &signal));
    CHECK(signal.reply.err == ERR_NONE);
    give(ask_of(ask, seeker));
    CHECK(waited(ask, SIGNAL_REPLY, 0, &signal));
    CHECK(signal.reply.err == ERR_NONE);
    for (uint32_t i = 0; waited(attend, SIGNAL_DUTY, i, &signal); i++)
        if (signal.duty.offers > 0)
            break;
    CHECK(signal.duty.offers == 1);
    order = order_of(EVENT_ANSWER, answer, peer);
    order->event.answer.offer = signal.duty.offer[0].id;
    order->event.answer.accept = true;
    give(order);
    CHECK(waited(answer, SIGNAL_REPLY, 0, &signal));
    CHECK(signal.reply.err == ERR_NONE && signal.reply.reference != 0);
    for (uint32_t i = 0; waited(ask, SIGNAL_TICKET, i, &signal); i++)
        if (signal.ticket.state == TICKET_MATCHED)
            break;
    CHECK(signal.ticket.state == TICKET_MATCHED);
    for (uint64_t call = ask; call <= answer; call++)
        CHECK(reserved_of(call) ==
              (call == ask || call == attend || call == answer));
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        server_turn_count(&w.turn, &count);
        if (count.talks_live == live)
            break;
        nap();
    }
    CHECK(count.talks_live == live && count.duties_on == 1);
    stop();
}

/* server/record law 1, on the threads that serve: the same, recorded; and what
 * was recorded gives the same again. */
static void recorded(void)
{
    static const char path[] = "turn_test.rec";
    struct match_record_about about = {.sizes = {1, 64, 64, 64, 256, 256},
                                       .limits = w.service.limits,
                                       .effects_cap = TURN_EFFECTS};
    static uint8_t file[1 << 20];
    struct replayed out;
    uint64_t events;
    size_t size;
    FILE *in;

    (void)unlink(path);
    CHECK(server_record_open(&w.record, path, 1 << 20, &about,
                             net_clock_now_ms(&w.clock)) == ERR_NONE);
    w.recorded = true;
    talk(1101, 11, 21, 2);
    events = w.record.writer.events;
    server_record_close(&w.record);
    in = fopen(path, "rb");
    size = in ? fread(file, 1, sizeof file, in) : 0;
    out = replay(file, size);
    CHECK(out.err == ERR_NONE && out.differs == 0 && out.ended);
    CHECK(out.events == events && events > 5);
    CHECK(in && fclose(in) == 0 && unlink(path) == 0);
    w.recorded = false;
}

/* Law 5 (service/port law 1): of many asks with one key each call hears one end: a reply, or that a
 * newer took its place. */
static void one_end_each(void)
{
    struct service_signal signal;
    struct service_order *order;

    start();
    enrol(30, MATCH_SEEKER);
    for (uint64_t call = 301; call <= 340; call++) {
        order = ask_of(call, 30);
        order->event.key.word[1] = 9;
        give(order);
    }
    CHECK(waited(340, SIGNAL_TICKET, 0, &signal));
    order = order_of(EVENT_WITHDRAW, 399, 30);
    order->event.withdraw.ticket = signal.ticket.ticket;
    give(order);
    CHECK(waited(399, SIGNAL_REPLY, 0, &signal));
    CHECK(signal.reply.err == ERR_NONE);
    for (uint64_t call = 301; call <= 340; call++)
        CHECK(reserved_of(call) == 1);
    CHECK(reserved_of(399) == 1);
    stop();
}

/* A store that another took: streams and callers hear it, once it is said. */
static void fenced(void)
{
    struct service_signal signal;
    uint32_t back = w.back;

    start();
    enrol(40, MATCH_SEEKER);
    enrol(41, MATCH_SEEKER);
    give(ask_of(401, 40));
    CHECK(waited(401, SIGNAL_TICKET, 0, &signal));
    back = w.back;
    CHECK(server_storage_put(&w.storage, server_join_job(STORE_CLAIM, 1),
                             &w.origin) == ERR_NONE);
    while (w.back == back)
        nap();
    give(ask_of(402, 41));
    CHECK(waited(402, SIGNAL_DROP, 0, &signal));
    CHECK(waited(401, SIGNAL_DROP, 0, &signal) && signal.drop == ERR_FENCED);
    for (int ms = 0; ms < PATIENCE_MS && w.fenced == 0; ms++)
        nap();
    CHECK(w.fenced == 1);
    CHECK(reserved_of(402) == 1);
    CHECK(server_turn_reserve(&w.turn) == ERR_DRAINING);
    stop();
    CHECK(w.fenced == 1);
}

/* The wall clock is set back an hour between two runs: time goes on. */
static void clock_set_back(void)
{
    uint64_t wall_ms = net_clock_wall_ms(), hour_ms = 3600000;
    struct service_signal signal;

    net_clock_init(&w.clock, wall_ms + hour_ms);
    start();
    enrol(50, MATCH_SEEKER);
    give(ask_of(501, 50));
    CHECK(waited(501, SIGNAL_TICKET, 0, &signal));
    stop();
    net_clock_init(&w.clock, 0);
    CHECK(net_clock_now_ms(&w.clock) < wall_ms + hour_ms);
    start();
    CHECK(net_clock_now_ms(&w.clock) >= wall_ms + hour_ms);
    give(ask_of(501, 50)); /* the same key: the same ticket */
    CHECK(waited(501, SIGNAL_TICKET, 0, &signal));
    CHECK(signal.ticket.state == TICKET_WAITING);
    CHECK(signal.ticket.waited_ms < PATIENCE_MS);
    stop();
}

/* Law 6: beats before and behind an Ask, all in one round. */
static void replies_leave(void)
{
    enum { BEATS = ORDERS, ASK = ORDERS / 2 };
    struct service_order *order[BEATS];
    struct service_signal signal;

    start();
    w.late = false;
    enrol(60, MATCH_SEEKER);
    for (int i = 0; i < BEATS; i++) {
        order[i] = i == ASK ? ask_of(600 + ASK, 60)
                            : order_of(EVENT_SEEN, 600 + (uint64_t)i, 61);
        CHECK(server_turn_reserve(&w.turn) == ERR_NONE);
    }
    server_turn_order_reserved(&w.turn, order, BEATS);
    for (uint64_t i = 0; i < BEATS; i++) {
        CHECK(waited(600 + i, SIGNAL_REPLY, 0, &signal));
        CHECK((signal.reply.err == ERR_NONE) == (i == ASK));
    }
    CHECK(!w.late);
    stop();
}

int main(void)
{
    const uint8_t master[SEAL_KEY] = {4};

    CHECK(sodium_init() >= 0);
    seal_keys_init(&w.keys, master);
    match_limits_init(&w.service.limits);
    w.service.limits.settle_ms = 0;
    net_clock_init(&w.clock, 0);
    w.store = store_memory_new(10000);
    w.origin = (struct server_origin){.back = job_back};
    CHECK(w.store != NULL);
    door();
    talk(101, 10, 20, 1);
    recorded();
    one_end_each();
    clock_set_back();
    replies_leave();
    fenced();
    store_close(w.store);
    seal_keys_close(&w.keys);
    return check_report("server/turn");
}
