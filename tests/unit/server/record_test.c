#define _DEFAULT_SOURCE 1 /* MADV_DONTNEED */

#include "server/record.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_history.h"
#include "record_replay.h"

#define PATH   "record_test.rec"
#define NOW_MS ((uint64_t)1786000000000) /* in 2026, not at midnight */
#define DAY_MS ((uint64_t)86400000)

enum { SEEDS = 12, FILE_MAX = 1 << 24 };

static struct server_record record;
static struct match_room room;
static uint8_t file[FILE_MAX];
static uint64_t bytes_max;

static size_t read_back(void)
{
    FILE *in = fopen(PATH, "rb");
    size_t size = 0;

    CHECK(in != NULL);
    if (in) {
        size = fread(file, 1, sizeof file, in);
        (void)fclose(in);
    }
    CHECK(size < sizeof file);
    return size;
}

/* --- a world whose engine is recorded --- */

static void step(struct world *w, struct match_event *event)
{
    static const uint8_t nothing[SEAL_VEIL_KEY];
    struct match_event before = *event;

    if (event->kind == EVENT_BEGIN) {
        const struct match_record_about about = {.sizes = w->sizes,
                                                 .limits = w->limits,
                                                 .effects_cap = w->effects.cap};

        CHECK(server_record_open(&record, PATH, bytes_max, &about, w->now_ms) ==
              ERR_NONE);
        CHECK(memcmp(record.veil.key, nothing, sizeof nothing) != 0);
    }
    server_record_step(&record, w->engine, event, &w->effects);
    CHECK(memcmp(&before, event, sizeof before) == 0);
    if (w->fresh % 5 == 0)
        server_record_flush(&record);
}

static uint64_t due(const struct world *w)
{
    return server_record_deadline_ms(&record, w->engine);
}

static void lift(struct world *w, struct match_row *row)
{
    struct match_fields f = {
        .mode = FIELDS_VEIL, .veil = &record.port, .lift = true, .room = &room};

    (void)w;
    match_fields_row(&f, row);
}

static struct world *open_world(void)
{
    struct world *w = calloc(1, sizeof *w);
    struct match_limits limits;

    CHECK(w != NULL);
    match_limits_init(&limits);
    limits.fresh_ms = limits.lost_ms = 600000;
    limits.settle_ms = 0;
    w->now_ms = NOW_MS;
    w->stepper = step;
    w->due = due;
    w->lift = lift;
    (void)unlink(PATH);
    world_open(w, &limits);
    world_live(w);
    return w;
}

/* Law 1: random histories agree with their store (history() looks), so that
 * whatever the engine is told and asks for means what it meant; and the file
 * replays to the same effects. */
static void nothing_changes_outside(void)
{
    bytes_max = FILE_MAX;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world *w = open_world();
        struct replayed out;
        uint64_t written;

        history(w, seed * 6700417);
        written = record.writer.events;
        CHECK(record.writing && written > 100);
        server_record_close(&record);
        server_record_close(&record);
        out = replay(file, read_back());
        CHECK(out.err == ERR_NONE && out.differs == 0 && !out.cut);
        CHECK(out.events == written && out.ended && out.end == RECORD_STOPPED);
        world_free(w);
    }
}

/* --- what is in the file --- */

static bool holds(size_t size, uint64_t x)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(x >> 8 * i);
    for (size_t at = 0; at + 8 <= size; at++)
        if (memcmp(file + at, bytes, 8) == 0)
            return true;
    return false;
}

enum { TOKENS = 6, NAMES = 40 };

static uint64_t names[NAMES];
static uint32_t named;

static uint64_t a_name(void)
{
    uint64_t x;

    randombytes_buf(&x, sizeof x);
    CHECK(named < NAMES);
    names[named++] = x;
    return x;
}

/* Law 2: an ask and an attend with names of chance, and a result of the store;
 * none of them is in the file, the epoch beside them is. */
static void no_name_is_written(void)
{
    struct world *w = open_world();
    struct match_card card = {
        .version = 1, .role = MATCH_PEER, .haves = TOKENS};
    struct match_event event = {.kind = EVENT_ATTEND, .now_ms = w->now_ms};
    struct match_row row = {.kind = ROW_TALK};
    struct match_result result = {.op = 77, .rows = 1, .row = &row};
    struct match_event stored = {.kind = EVENT_STORED, .now_ms = w->now_ms};
    const uint64_t plain = (uint64_t)0x7766554433221100;
    size_t size;

    for (uint32_t i = 0; i < TOKENS; i++)
        card.have[i] = a_name();
    event.member = a_name();
    event.call = a_name();
    event.key = (struct match_key){{a_name(), a_name()}, a_name()};
    for (uint32_t i = 0; i < MATCH_FRESH_MAX; i++)
        event.fresh[i] = a_name();
    event.attend.card = &card;
    event.attend.capacity = 1;
    event.attend.rest_ms = plain; /* a length of time is no name */
    server_record_step(&record, w->engine, &event, &w->effects);
    row.talk.id = a_name();
    row.talk.ticket = a_name();
    row.talk.offer = a_name();
    row.talk.seeker = a_name();
    row.talk.peer = a_name();
    row.talk.started_ms = w->now_ms;
    row.talk.shown[0] = a_name();
    row.talk.showns = 1;
    result.reference = a_name();
    stored.stored.result = &result;
    server_record_step(&record, w->engine, &stored, &w->effects);
    server_record_close(&record);
    size = read_back();
    CHECK(replay(file, size).err == ERR_NONE);
    CHECK(holds(size, plain)); /* it would be found */
    for (uint32_t i = 0; i < named; i++)
        CHECK(!holds(size, names[i]));
    CHECK(!holds(size, w->now_ms));
    CHECK(!holds(size, w->now_ms % DAY_MS)); /* the day is there too … */
    CHECK(holds(size, 100000 * DAY_MS + w->now_ms % DAY_MS)); /* … moved */
    world_free(w);
}

/* Law 3: made anew, for its owner alone. */
static void is_its_owners(void)
{
    const struct match_record_about about = {.effects_cap = 32};
    struct server_record other;
    struct stat what;

    CHECK(stat(PATH, &what) == 0 && (what.st_mode & 0777) == 0600);
    CHECK(server_record_open(&other, PATH, 1 << 20, &about, NOW_MS) ==
          ERR_KEY_FILE_EXISTS);
    CHECK(!other.veiled && !other.writing);
    CHECK(server_record_open(&other, "no/such/place", 1 << 20, &about,
                             NOW_MS) == ERR_KEY_FILE);
    CHECK(unlink(PATH) == 0);
    CHECK(symlink("record_test.other", PATH) == 0);
    CHECK(server_record_open(&other, PATH, 1 << 20, &about, NOW_MS) !=
          ERR_NONE);
    CHECK(access("record_test.other", F_OK) != 0);
    CHECK(unlink(PATH) == 0);
    CHECK(server_record_open(&other, PATH, RECORD_BYTES_LEAST - 1, &about,
                             NOW_MS) == ERR_FULL);
    CHECK(access(PATH, F_OK) != 0);
}

/* Laws 3 and 4: at its bound it stops, whole and with its end said; the world
 * goes on. */
static void stops_at_its_bound(void)
{
    for (bytes_max = RECORD_BYTES_LEAST; bytes_max < 9000; bytes_max += 77) {
        struct world *w = open_world();
        struct replayed out;
        size_t size;

        history(w, bytes_max);
        CHECK(!record.writing && record.veiled);
        server_record_close(&record);
        size = read_back();
        CHECK(size <= bytes_max);
        out = replay(file, size);
        CHECK(out.err == ERR_NONE && out.differs == 0 && !out.cut);
        CHECK(out.ended && out.end == RECORD_SIZE && out.events > 2);
        world_free(w);
    }
}

/* Law 4: the disk is full (a limit of the process stands in for it). */
static void stops_when_the_disk_is_full(void)
{
    struct rlimit was, few = {.rlim_cur = 20000};
    struct replayed out;
    struct world *w;
    size_t size;

    CHECK(getrlimit(RLIMIT_FSIZE, &was) == 0);
    few.rlim_max = was.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    bytes_max = FILE_MAX;
    w = open_world();
    CHECK(setrlimit(RLIMIT_FSIZE, &few) == 0);
    history(w, 11);
    CHECK(!record.writing && record.veiled);
    CHECK(setrlimit(RLIMIT_FSIZE, &was) == 0);
    server_record_close(&record);
    size = read_back();
    CHECK(size <= 20000);
    out = replay(file, size);
    CHECK(out.err == ERR_NONE && out.differs == 0 && !out.cut && !out.ended);
    CHECK(out.events > 2);
    world_free(w);
}

/* Not open, it is not there. */
static void idle(void)
{
    struct server_record none = {.fd = -1};

    server_record_flush(NULL);
    server_record_flush(&none);
    server_record_close(&none);
    CHECK(!none.veiled);
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    nothing_changes_outside();
    no_name_is_written();
    is_its_owners();
    stops_at_its_bound();
    stops_when_the_disk_is_full();
    idle();
    (void)unlink(PATH);
    return check_report("server/record");
}
