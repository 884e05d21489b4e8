#include "base/buf.h"

#include <stdbool.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { MAX = 3000, STEPS = 4000, SEEDS = 12 };

/* The bytes of the stream are a function of their place in it, so that the
 * model is two numbers: what was written and what was read. */
struct model {
    uint64_t written, read;
};

static uint8_t byte_at(uint64_t place)
{
    return (uint8_t)chance_mix(place);
}

static void fill(uint8_t *bytes, uint64_t place, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(place + i);
}

static void agree(const struct buf *buf, const struct model *model)
{
    size_t size = buf_size(buf);
    bool same = true;

    CHECK(size == model->written - model->read);
    CHECK(size <= MAX); /* Law 1 */
    for (size_t i = 0; i < size; i++)
        same = same && buf_head(buf)[i] == byte_at(model->read + i);
    CHECK(same); /* Law 2 */
}

static void append(struct buf *buf, struct model *model, size_t size)
{
    uint8_t bytes[MAX + 64];
    enum err err;

    fill(bytes, model->written, size);
    err = buf_append(buf, bytes, size);
    CHECK((err == ERR_FULL) == (model->written - model->read + size > MAX));
    if (err == ERR_NONE)
        model->written += size;
}

static void reserve(struct buf *buf, struct model *model, size_t size,
                    size_t used)
{
    uint8_t *room = buf_reserve(buf, size);

    if (size == 0 || model->written - model->read + size > MAX)
        CHECK(room == NULL); /* Law 1 */
    if (!room)
        return;
    fill(room, model->written, size);
    buf_commit(buf, used);
    model->written += used;
}

/* Laws 1 and 2 after every step, with the fail_at-th allocation failing (0:
 * none): a failed append changed nothing.  True if it did fail. */
static bool laws_hold_for(uint64_t seed, size_t fail_at)
{
    struct model model = {0};
    struct buf buf;
    bool failed;

    buf_init(&buf, MAX);
    fail_malloc_start(fail_at);
    for (int step = 0; step < STEPS; step++) {
        size_t size =
            chance_below(&seed, chance_below(&seed, 8) ? 200 : MAX + 64);

        switch (chance_below(&seed, 5)) {
        case 0:
            append(&buf, &model, size);
            break;
        case 1:
            reserve(&buf, &model, size, chance_below(&seed, size + 1));
            break;
        case 2:
            if (size > buf_size(&buf))
                size = buf_size(&buf);
            buf_consume(&buf, size);
            model.read += size;
            break;
        case 3:
            if (size > buf_size(&buf))
                size = buf_size(&buf);
            buf_truncate(&buf, size);
            model.written = model.read + size;
            break;
        default:
            if (chance_below(&seed, 100) == 0) {
                buf_close(&buf);
                model.read = model.written;
            }
            break;
        }
        agree(&buf, &model);
    }
    failed = fail_malloc_stop();
    buf_close(&buf);
    buf_close(&buf);
    return failed;
}

static bool zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Law 3, in memory that was all zero. */
static void what_is_gone_is_wiped(void)
{
    enum { SIZE = 200, FRONT = 50, LEFT = 100 };
    uint8_t text[SIZE], *data;
    struct buf buf;

    memset(text, 'x', sizeof text);
    buf_init(&buf, MAX);
    data = buf_reserve(&buf, SIZE);
    CHECK(data != NULL);
    memset(data, 0, buf.cap);
    CHECK(buf_append(&buf, text, SIZE) == ERR_NONE);
    buf_consume(&buf, FRONT);
    CHECK(zero(data, FRONT) && data[FRONT] == 'x');
    buf_truncate(&buf, LEFT);
    CHECK(data[FRONT + LEFT - 1] == 'x');
    CHECK(zero(data + FRONT + LEFT, buf.cap - FRONT - LEFT));
    CHECK(buf_append(&buf, text, buf.cap - LEFT) == ERR_NONE); /* moves */
    CHECK(buf.data == data && buf_size(&buf) == buf.cap);
    buf_consume(&buf, FRONT);
    buf_truncate(&buf, 0);
    CHECK(zero(data, buf.cap));
    buf_close(&buf);
}

static void zero_holds_nothing(void)
{
    struct buf buf = {0};

    CHECK(buf_append(&buf, "", 0) == ERR_NONE);
    CHECK(buf_append(&buf, "x", 1) == ERR_FULL); /* Law 1 */
    CHECK(buf_reserve(&buf, 1) == NULL);
    CHECK(buf_head(&buf) == NULL);
    buf_consume(&buf, 0);
    buf_close(&buf);
}

/* Law 1 at its ends: exactly max fits, sizes near SIZE_MAX do not wrap. */
static void bounds_are_exact(void)
{
    static const uint8_t bytes[MAX];
    struct buf buf;

    buf_init(&buf, MAX);
    CHECK(buf_append(&buf, bytes, MAX) == ERR_NONE);
    CHECK(buf_append(&buf, bytes, 1) == ERR_FULL);
    CHECK(buf_reserve(&buf, SIZE_MAX) == NULL);
    CHECK(buf_reserve(&buf, SIZE_MAX - MAX + 1) == NULL);
    CHECK(buf_size(&buf) == MAX);
    buf_close(&buf);
    CHECK(buf_append(&buf, bytes, MAX) == ERR_NONE); /* max is kept */
    buf_close(&buf);
    buf_init(&buf, SIZE_MAX);
    CHECK(buf_append(&buf, bytes, 1) == ERR_NONE);
    CHECK(buf_reserve(&buf, SIZE_MAX - 1) == NULL);
    CHECK(buf_reserve(&buf, SIZE_MAX / 2 + 2) == NULL);
    CHECK(buf_size(&buf) == 1);
    buf_close(&buf);
}

int main(void)
{
    size_t fail_at = 1;

    zero_holds_nothing();
    what_is_gone_is_wiped();
    bounds_are_exact();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        (void)laws_hold_for(seed, 0);
    while (laws_hold_for(3, fail_at))
        fail_at++;
    CHECK(fail_at > 3);
    return check_report("base/buf");
}
